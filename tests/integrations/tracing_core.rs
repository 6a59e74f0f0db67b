//! `tracing-core`.

use proven_arc::{Arc, coerce};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tracing::subscriber::with_default;
use tracing::{Span, info, info_span};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Dispatch, Event, LevelFilter, Metadata, Subscriber};

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

/// Notes the name of each method that is called.
#[derive(Default)]
struct Called(Mutex<BTreeSet<&'static str>>);

macro_rules! noted {
    ($($name:ident($($ty:ty),*) $(-> $returned:ty)? { $($result:expr)? })*) => {
        const METHODS: &[&str] = &[$(stringify!($name)),*];

        impl Subscriber for Called {$(
            #[allow(deprecated, reason = "`drop_span`")]
            fn $name(&self $(, _: $ty)*) $(-> $returned)? {
                self.0.lock().unwrap().insert(stringify!($name));
                $($result)?
            }
        )*}
    };
}
noted! {
    register_callsite(&'static Metadata<'static>) -> Interest { Interest::sometimes() }
    enabled(&Metadata<'_>) -> bool { true }
    max_level_hint() -> Option<LevelFilter> { Some(LevelFilter::INFO) }
    new_span(&Attributes<'_>) -> Id { Id::from_u64(1) }
    record(&Id, &Record<'_>) {}
    record_follows_from(&Id, &Id) {}
    event_enabled(&Event<'_>) -> bool { true }
    event(&Event<'_>) {}
    enter(&Id) {}
    exit(&Id) {}
    clone_span(&Id) -> Id { Id::from_u64(1) }
    drop_span(Id) {}
    try_close(Id) -> bool { true }
    current_span() -> Current { Current::none() }
}

/// Those with a default implementation too.
#[test]
fn every_method_is_forwarded() {
    let called = Arc::new(Called::default());
    with_default(called.clone(), || {
        let span = info_span!("span", field = 1);
        span.record("field", 2);
        span.follows_from(Id::from_u64(2));
        span.clone().in_scope(|| info!("event"));
        let _ = Span::current();
    });
    #[expect(deprecated, reason = "a subscriber may still have it")]
    Subscriber::drop_span(&called, Id::from_u64(1));
    assert_eq!(*called.0.lock().unwrap(), BTreeSet::from_iter(METHODS.iter().copied()));
}
