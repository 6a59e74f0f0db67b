//! `tracing-subscriber`: writers and filters in an [`Arc`], as in std's.

use crate::Arc;
use std::io;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Event, LevelFilter, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Filter};

/// For a `File`, or any other `W` with `Write for &W`. Requires the feature `tracing-subscriber`.
impl<'a, W> MakeWriter<'a> for Arc<W>
where
    &'a W: io::Write + 'a,
{
    type Writer = &'a W;

    fn make_writer(&'a self) -> &'a W {
        self
    }
}

/// For an `Arc<dyn Filter<S> + Send + Sync>`, and for sized filters. Requires the feature
/// `tracing-subscriber`.
impl<S, F: ?Sized + Filter<S>> Filter<S> for Arc<F> {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        (**self).enabled(metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        (**self).callsite_enabled(metadata)
    }

    fn event_enabled(&self, event: &Event<'_>, context: &Context<'_, S>) -> bool {
        (**self).event_enabled(event, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        (**self).max_level_hint()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        (**self).on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        (**self).on_record(id, values, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        (**self).on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        (**self).on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        (**self).on_close(id, context);
    }
}
