//! The error of the `try_new` family.

use core::alloc::Layout;
use core::fmt;

/// An allocation failed. [`Arc::try_new`] and similar functions return this error where
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

    /// The layout that was requested, for the word and the value.
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
