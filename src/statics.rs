//! [`StaticArc`], [`StaticStr`] and [`StaticThinStr`]: values in statics, to which handles can
//! point.

use crate::thin::WithLength;
use crate::word::Word;
use crate::{Arc, ThinArc};
use core::mem::{ManuallyDrop, offset_of};
use core::ops::Deref;
use core::ptr::NonNull;

/// A value in a static, shared by [`Arc`]s without an allocation. (Not in std.)
///
/// A `StaticArc` has the layout of an allocation, and its word counts one strong handle that is
/// never released. So handles to it need no special case. The value is never dropped, no handle is
/// ever the only one, and the strong count is one more than the number of `Arc`s.
/// [Limitations](crate::limitations#handles-to-statics) explains what that means for `get_mut`,
/// `make_mut` and others.
///
/// ```
/// use proven_arc::{Arc, StaticArc};
///
/// struct Config {
///     retries: u32,
/// }
/// static DEFAULT: StaticArc<Config> = StaticArc::new(Config { retries: 3 });
/// static TWO_PORTS: StaticArc<[u16; 2]> = StaticArc::new([80, 443]);
/// static PORTS: &StaticArc<[u16]> = &TWO_PORTS;
///
/// let config: Arc<Config> = DEFAULT.to_arc();
/// let ports: Arc<[u16]> = PORTS.to_arc();
/// assert_eq!((config.retries, &*ports), (3, &[80, 443][..]));
/// assert_eq!(DEFAULT.retries, 3); // reads the static itself, without a handle
/// ```
///
/// It does not exist in a build on loom, since loom's atomics cannot be in a static.
///
/// The alignment of the value must not exceed 8 bytes, that of the word. A larger one is a
/// compile-time error.
///
/// ```compile_fail,E0080
/// use proven_arc::StaticArc;
///
/// #[repr(align(16))]
/// struct Wide(u8);
/// static WIDE: StaticArc<Wide> = StaticArc::new(Wide(1));
/// ```
#[repr(C)]
pub struct StaticArc<T: ?Sized> {
    word: Word,
    value: T,
}

impl<T> StaticArc<T> {
    /// Makes a `StaticArc`, for a `static` item.
    ///
    /// ```
    /// use proven_arc::StaticArc;
    ///
    /// static FIVE: StaticArc<u32> = StaticArc::new(5);
    /// assert_eq!(*FIVE.to_arc(), 5);
    /// ```
    #[must_use]
    pub const fn new(value: T) -> Self {
        const {
            assert!(
                offset_of!(Self, value) == size_of::<Word>(),
                "a `StaticArc` can hold values that are aligned to 8 bytes at most"
            );
        }
        Self { word: Word::unique(), value }
    }
}

impl<T: ?Sized> StaticArc<T> {
    /// Returns a handle to the value. Like [`Arc::clone`]
    /// ([add_strong](crate::proofs::add_strong)).
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::{Arc, StaticArc};
    ///
    /// static FIVE: StaticArc<u32> = StaticArc::new(5);
    /// let five = FIVE.to_arc();
    /// assert!(Arc::ptr_eq(&five, &FIVE.to_arc()));
    /// ```
    #[inline]
    #[must_use]
    pub fn to_arc(&'static self) -> Arc<T> {
        let whole = NonNull::from(self).as_ptr();
        // SAFETY: the field is inside `self`. The pointer comes from one to all of `self`, so it
        // may be used for the word in front of the value too.
        let value = unsafe { &raw mut (*whole).value };
        // SAFETY: as above.
        let value = unsafe { NonNull::new_unchecked(value) };
        // SAFETY: `self` is a static, with the word directly in front of the value, as `new`
        // asserts. The word has counted one strong handle from the start. `ManuallyDrop` borrows
        // that handle without releasing it. So no other handle is ever the only one or the last,
        // and nothing writes, moves or frees the value.
        let held = ManuallyDrop::new(unsafe { Arc::from_value(value) });
        Arc::clone(&held)
    }
}

/// Performs no atomic operation.
impl<T: ?Sized> Deref for StaticArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> core::fmt::Debug for StaticArc<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticArc").finish_non_exhaustive()
    }
}

/// Returns the bytes of a string that has `N` of them.
const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    match text.as_bytes().first_chunk::<N>() {
        Some(bytes) if text.len() == N => *bytes,
        _ => panic!("the length of a static string is the number of its bytes"),
    }
}

/// A string of `N` bytes in a static: a [`StaticArc`] for `Arc<str>`. (Not in std.)
///
/// ```
/// use proven_arc::{Arc, StaticStr};
///
/// static GREETING: StaticStr<5> = StaticStr::new("hello");
/// let greeting: Arc<str> = GREETING.to_arc();
/// assert_eq!((&*greeting, &*GREETING), ("hello", "hello"));
/// ```
#[derive(Debug)]
pub struct StaticStr<const N: usize>(StaticArc<[u8; N]>);

impl<const N: usize> StaticStr<N> {
    /// Makes a `StaticStr`, for a `static` item.
    ///
    /// # Panics
    ///
    /// If the string does not have exactly `N` bytes. In a static, that is a compile-time error.
    ///
    /// ```
    /// use proven_arc::StaticStr;
    ///
    /// const WORD: &str = "word";
    /// static SHARED: StaticStr<{ WORD.len() }> = StaticStr::new(WORD);
    /// assert_eq!(&*SHARED.to_arc(), WORD);
    /// ```
    #[must_use]
    pub const fn new(text: &str) -> Self {
        Self(StaticArc::new(bytes(text)))
    }

    /// Returns a handle to the string. Like [`StaticArc::to_arc`].
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::{Arc, StaticStr};
    ///
    /// static WORD: StaticStr<4> = StaticStr::new("word");
    /// assert!(Arc::ptr_eq(&WORD.to_arc(), &WORD.to_arc()));
    /// ```
    #[inline]
    #[must_use]
    pub fn to_arc(&'static self) -> Arc<str> {
        let bytes: &'static StaticArc<[u8]> = &self.0;
        let bytes = Arc::into_raw(bytes.to_arc());
        // SAFETY: the pointer owns the handle of `into_raw`. The bytes came from a `str`, and
        // `from_raw` allows the cast.
        unsafe { Arc::from_raw(bytes as *const str) }
    }
}

/// Performs no atomic operation.
impl<const N: usize> Deref for StaticStr<N> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        // SAFETY: `new` copied the bytes of a `str`, all of them.
        unsafe { core::str::from_utf8_unchecked(&self.0.value) }
    }
}

/// A string of `N` bytes in a static: a [`StaticArc`] for [`ThinArc<str>`](ThinArc). (Not in std.)
///
/// ```
/// use proven_arc::{StaticThinStr, ThinArc};
///
/// static GREETING: StaticThinStr<5> = StaticThinStr::new("hello");
/// let greeting: ThinArc<str> = GREETING.to_thin();
/// assert_eq!((&*greeting, &*GREETING), ("hello", "hello"));
/// ```
#[derive(Debug)]
pub struct StaticThinStr<const N: usize>(StaticArc<WithLength<[u8; N]>>);

impl<const N: usize> StaticThinStr<N> {
    /// Makes the value of a static.
    ///
    /// # Panics
    ///
    /// If the string does not have `N` bytes. In a static, that is a compile-time error.
    ///
    /// ```
    /// use proven_arc::StaticThinStr;
    ///
    /// const WORD: &str = "word";
    /// static SHARED: StaticThinStr<{ WORD.len() }> = StaticThinStr::new(WORD);
    /// assert_eq!(&*SHARED.to_thin(), WORD);
    /// ```
    #[must_use]
    pub const fn new(text: &str) -> Self {
        Self(StaticArc::new(WithLength { length: N, value: bytes(text) }))
    }

    /// Returns a handle to the string. Like [`StaticArc::to_arc`].
    ///
    /// # Aborts
    ///
    /// If there are 2^33 strong handles.
    ///
    /// ```
    /// use proven_arc::{StaticThinStr, ThinArc};
    ///
    /// static WORD: StaticThinStr<4> = StaticThinStr::new("word");
    /// assert!(ThinArc::ptr_eq(&WORD.to_thin(), &WORD.to_thin()));
    /// ```
    #[inline]
    #[must_use]
    pub fn to_thin(&'static self) -> ThinArc<str> {
        let whole = Arc::into_raw(self.0.to_arc());
        // SAFETY: the pointer owns the handle of `into_raw`. A `WithLength<[u8; N]>` that starts
        // with `N` has the layout of a `WithLength<str>` of that length, and the bytes are those of
        // a `str`.
        unsafe { ThinArc::from_raw(whole.cast()) }
    }
}

/// Performs no atomic operation.
impl<const N: usize> Deref for StaticThinStr<N> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        // SAFETY: `new` copied the bytes of a `str`, all of them.
        unsafe { core::str::from_utf8_unchecked(&self.0.value.value) }
    }
}
