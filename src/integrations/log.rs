//! `log`: an [`Arc`] of a logger is a logger, as std's `Arc` is.

use crate::Arc;
use log::{Log, Metadata, Record};

/// Requires the feature `log`.
impl<L: ?Sized + Log> Log for Arc<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        (**self).enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        (**self).log(record);
    }

    fn flush(&self) {
        (**self).flush();
    }
}
