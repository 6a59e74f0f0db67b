//! `log`.

use log::{Level, Log, Metadata, Record};
use proven_arc::{Arc, coerce};
use std::sync::Mutex;

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.level() <= Level::Info
    }

    fn log(&self, record: &Record) {
        self.0.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {
        self.0.lock().unwrap().push("flushed".to_owned());
    }
}

#[test]
fn a_logger_that_is_shared() {
    let lines = Arc::new(Lines::default());
    let logger: Arc<dyn Log> = coerce!(lines.clone());
    // The type that `set_boxed_logger` takes.
    let boxed: Box<dyn Log> = Box::new(logger);
    assert!(boxed.enabled(&Metadata::builder().level(Level::Warn).build()));
    assert!(!boxed.enabled(&Metadata::builder().level(Level::Debug).build()));
    boxed.log(&Record::builder().args(format_args!("one {}", "line")).build());
    boxed.flush();
    assert_eq!(*lines.0.lock().unwrap(), ["one line", "flushed"]);
}
