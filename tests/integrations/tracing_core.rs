//! `tracing-core`.

use proven_arc::{Arc, coerce};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Metadata, Subscriber};

/// Numbers its spans.
#[derive(Default)]
struct Numbers(AtomicU64);

impl Subscriber for Numbers {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.load(SeqCst))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {
        self.0.fetch_add(1, SeqCst);
    }

    fn exit(&self, _: &Id) {
        self.0.fetch_add(10, SeqCst);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.fetch_add(100, SeqCst);
        id.clone()
    }

    fn try_close(&self, _: Id) -> bool {
        self.0.fetch_add(1_000, SeqCst);
        true
    }
}

#[test]
fn a_subscriber_that_is_shared() {
    let numbers = Arc::new(Numbers::default());
    let dispatch = Dispatch::new(numbers.clone());
    let id = Id::from_u64(1);
    dispatch.enter(&id);
    dispatch.exit(&id);
    assert_eq!(dispatch.clone_span(&id), id);
    assert!(dispatch.try_close(id));
    assert_eq!(numbers.0.load(SeqCst), 1_111);
    // Both the handle and the subscriber inside it can be found by a downcast.
    assert!(Arc::ptr_eq(dispatch.downcast_ref::<Arc<Numbers>>().unwrap(), &numbers));
    assert!(std::ptr::eq(dispatch.downcast_ref::<Numbers>().unwrap(), &*numbers));
    assert!(dispatch.downcast_ref::<Arc<u8>>().is_none());

    let object: Arc<dyn Subscriber + Send + Sync> = coerce!(numbers.clone());
    assert!(Dispatch::new(object).downcast_ref::<Numbers>().is_some());
}
