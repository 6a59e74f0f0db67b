//! `tracing-core`: an [`Arc`] of a subscriber is a subscriber, as std's `Arc` is.

use crate::Arc;
use core::any::TypeId;
use core::ptr;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Event, LevelFilter, Metadata, Subscriber};

/// Requires the feature `tracing-core`.
impl<S: ?Sized + Subscriber> Subscriber for Arc<S> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        (**self).register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        (**self).enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        (**self).max_level_hint()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        (**self).new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        (**self).record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        (**self).record_follows_from(span, follows);
    }

    fn event_enabled(&self, event: &Event<'_>) -> bool {
        (**self).event_enabled(event)
    }

    fn event(&self, event: &Event<'_>) {
        (**self).event(event);
    }

    fn enter(&self, span: &Id) {
        (**self).enter(span);
    }

    fn exit(&self, span: &Id) {
        (**self).exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        (**self).clone_span(id)
    }

    #[expect(deprecated, reason = "a subscriber may implement `drop_span`")]
    fn drop_span(&self, id: Id) {
        (**self).drop_span(id);
    }

    fn try_close(&self, id: Id) -> bool {
        (**self).try_close(id)
    }

    fn current_span(&self) -> Current {
        (**self).current_span()
    }

    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(ptr::from_ref(self).cast());
        }
        // SAFETY: the caller upholds the contract of `downcast_raw`.
        unsafe { (**self).downcast_raw(id) }
    }
}
