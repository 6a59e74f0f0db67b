//! `tracing-subscriber`: shared writers, and shared filters.

use proven_arc::{Arc, Counts, coerce};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use tracing::subscriber::{Interest, with_default};
use tracing::{Event, Metadata, info, info_span};
use tracing_core::LevelFilter;
use tracing_core::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::{Layer, fmt, registry};

#[test]
fn a_file_that_is_shared() {
    let file = Arc::new(tempfile::tempfile().unwrap());
    let layer = fmt::layer().with_writer(file.clone()).without_time().with_target(false);
    with_default(registry().with(layer), || info!("written"));
    assert_eq!(Arc::counts(&file), Counts { strong: 1, weak: 0 });
    let mut file: File = Arc::into_inner(file).unwrap();
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, " INFO written\n");
}

/// A writer of the user's own.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Write for &Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A filter that counts each call in a digit of its own.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Calls {
    fn add(&self, n: usize) {
        self.0.fetch_add(n, SeqCst);
    }
}

impl<S> Filter<S> for Calls {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.add(1);
        metadata.target() != "quiet"
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "never" { Interest::never() } else { Interest::sometimes() }
    }

    fn event_enabled(&self, _: &Event<'_>, _: &Context<'_, S>) -> bool {
        self.add(10);
        true
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.add(100);
    }

    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {
        self.add(1_000);
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.add(10_000);
    }

    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        self.add(100_000);
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.add(1_000_000);
    }
}

/// A place in the code that the filter never enables.
struct Never;
static NEVER: Metadata<'static> = tracing_core::metadata! {
    name: "never",
    target: "never",
    level: tracing_core::Level::INFO,
    fields: &[],
    callsite: &Never,
    kind: tracing_core::Kind::SPAN,
};

impl tracing_core::Callsite for Never {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &NEVER
    }
}

#[test]
fn a_filter_that_is_shared() {
    let calls = Arc::new(Calls::default());
    let lines = Arc::new(Lines::default());
    type Shared = Arc<dyn Filter<tracing_subscriber::Registry> + Send + Sync>;
    let filter: Shared = coerce!(calls.clone());
    assert_eq!(filter.max_level_hint(), Some(LevelFilter::INFO));
    assert!(filter.callsite_enabled(&NEVER).is_never());
    let layer = fmt::layer().with_writer(lines.clone()).without_time().with_ansi(false);
    with_default(registry().with(layer.with_filter(filter)), || {
        let span = info_span!("span", field = 1);
        span.record("field", 2);
        span.in_scope(|| info!("loud"));
        info!(target: "quiet", "not written");
    });
    // `enabled` thrice, and each other method once.
    assert_eq!(calls.0.load(SeqCst), 1_111_113);
    let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("loud\n"), "{lines:?}");
}

/// A filter of which the type is known.
#[test]
fn a_sized_filter() {
    let calls = Arc::new(Calls::default());
    let lines = Arc::new(Lines::default());
    let layer = fmt::layer().with_writer(lines.clone()).with_filter(calls.clone());
    with_default(registry().with(layer), || info!(target: "quiet", "not written"));
    assert!(lines.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    assert_eq!(calls.0.load(SeqCst), 1);
}
