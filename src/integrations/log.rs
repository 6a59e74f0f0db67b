//! `log`: a logger in an [`Arc`] is one, as in std's.

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
