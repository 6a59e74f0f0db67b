//! [`AllocError`]: the error of `try_new` and similar functions.

use core::alloc::Layout;
use core::fmt;

/// The error of a failed allocation. [`Arc::try_new`] and similar functions return it where
/// [`Arc::new`] would end the process.
///
/// ```
/// use proven_arc::{AllocError, Arc};
///
/// fn five() -> Result<Arc<i32>, AllocError> {
///     Arc::try_new(5)
/// }
/// assert_eq!(*five()?, 5);
/// # Ok::<(), AllocError>(())
/// ```
///
/// [`Arc::try_new`]: crate::Arc::try_new
/// [`Arc::new`]: crate::Arc::new
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError {
    layout: Layout,
}

impl AllocError {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { layout }
    }

    /// Returns the layout that was requested, for the word and the value together.
    ///
    /// ```
    /// # use proven_arc::AllocError;
    /// fn report(error: AllocError) {
    ///     eprintln!("no memory for {} bytes", error.layout().size());
    /// }
    /// ```
    pub fn layout(&self) -> Layout {
        self.layout
    }
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory allocation of {} bytes failed", self.layout.size())
    }
}

impl core::error::Error for AllocError {}
