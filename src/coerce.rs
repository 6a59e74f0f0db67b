//! [`coerce!`](crate::coerce): unsizing on stable Rust.

/// Unsizes a handle, as the compiler does unasked for std's: an `Arc<Circle>` becomes an
/// `Arc<dyn Shape>`, an `Arc<[T; N]>` an `Arc<[T]>`, an `Arc` of a closure an `Arc<dyn Fn()>`.
///
/// It takes an [`Arc`](crate::Arc), a [`Weak`](crate::Weak) (one
/// [without an allocation](crate::Weak::new) too), a [`UniqueArc`](crate::UniqueArc) or a
/// `Pin<Arc<T>>`, and gives one of the same kind: the same handle, with other metadata. No atomic
/// operation is done.
///
/// The type to become comes from the context, so that has to say it: the type of a `let` or a
/// field, the parameter of a function, the type that a function returns. Where it says the type
/// that the handle has already, nothing is changed. Where it says none (in front of a `?`, in a
/// closure for `map`, before a `collect`), or in the place of a cast with `as`, name it:
/// `coerce!(square => Arc<dyn Shape>)`.
///
/// A closure that is written in `Arc::new` takes the types of its parameters and of what it returns
/// from there, as with std's. One that is written elsewhere has to be told, with std's too: by a
/// function that it goes through, `fn handler<F: Fn(&str) -> &str>(f: F) -> F { f }`.
///
/// ```
/// use proven_arc::{Arc, Weak, coerce};
///
/// trait Shape {
///     fn area(&self) -> f64;
/// }
/// struct Square(f64);
/// impl Shape for Square {
///     fn area(&self) -> f64 {
///         self.0 * self.0
///     }
/// }
///
/// fn largest(shapes: &[Arc<dyn Shape>]) -> f64 {
///     shapes.iter().map(|shape| shape.area()).fold(0.0, f64::max)
/// }
///
/// let square = Arc::new(Square(2.0));
/// let weak: Weak<dyn Shape> = coerce!(Arc::downgrade(&square));
/// assert_eq!(largest(&[coerce!(square), coerce!(Arc::new(Square(1.0)))]), 4.0);
/// assert!(weak.upgrade().is_none());
///
/// let slice: Arc<[u8]> = coerce!(Arc::new([1, 2, 3]));
/// assert_eq!(slice.len(), 3);
///
/// let twice: Arc<dyn Fn(i32) -> i32 + Send + Sync> = coerce!(Arc::new(|n: i32| n * 2));
/// assert_eq!(twice(4), 8);
///
/// let trim: Arc<dyn Fn(&str) -> &str> = coerce!(Arc::new(|text| text.trim()));
/// assert_eq!(trim(" a "), "a");
///
/// let shape = Some(Arc::new(Square(3.0))).map(|square| coerce!(square => Arc<dyn Shape>));
/// assert_eq!(shape.unwrap().area(), 9.0);
/// ```
///
/// From Rust 1.86 on, also an `Arc<dyn Sub>` to an `Arc<dyn Super>`: trait upcasting, which is the
/// compiler's.
///
/// It can do nothing but this. What the compiler would not let std's `Arc` become is an error, and
/// the expression is not put into an `unsafe` block:
///
/// ```compile_fail
/// use proven_arc::{Arc, coerce};
///
/// let signed: Arc<i32> = coerce!(Arc::new(1_u32));
/// ```
// Why this is sound. The expression is evaluated outside of the `unsafe` block, by a function that
// is safe: at worst it leaks a handle. What comes out of it is a raw pointer, whatever the
// expression was: `Coerce` is sealed, and `new_into_raw` is about `Arc` only. As the argument of
// `restore` or of `Restore::arc`, whose parameter is a `*const U` or `*mut U` for the `U` of the
// context, it can become another one by a coercion or by subtyping only, and for raw pointers of
// equal mutability these are: unsizing (which keeps the address, and asks of the types, lifetimes
// included, what it asks for a reference), and for `*const`, less long lives, as the covariant
// handles allow them. A `*mut` is invariant, as `UniqueArc` is.
//
// `__pointer` and `__token` are the macro's own: variables of the user's with these names are
// others. A constant of the user's is not: in a pattern, its name means the constant. That does not
// compile, since the pattern has to match every pointer, and every token, and no constant does: a
// pointer's has one value, and a token has no `PartialEq`.
//
// The first rule is for closures. The compiler takes their signature from the type that is expected
// of `Arc::new`'s argument, and it expects one only where the pointer of that very call is unsized.
// (`Arc` is what the user calls so: if it is not this crate's, `new_into_raw` refuses it.)
#[macro_export]
macro_rules! coerce {
    (Arc::new($value:expr $(,)?) $(,)?) => {
        // SAFETY: the pointer of a new handle, at most unsized.
        (unsafe { $crate::__coerce::Restore::new() })
            .arc($crate::__coerce::new_into_raw(Arc::new, $value))
    };
    (Arc::new($value:expr $(,)?) => $type:ty $(,)?) => {{
        let __coerced: $type = $crate::coerce!(Arc::new($value));
        __coerced
    }};
    ($handle:expr $(,)?) => {
        match $crate::__coerce::Coerce::into_parts($handle) {
            // SAFETY: the parts of one handle, the pointer at most unsized.
            (__token, __pointer) => unsafe { __token.restore(__pointer) },
        }
    };
    ($handle:expr => $type:ty $(,)?) => {{
        let __coerced: $type = $crate::coerce!($handle);
        __coerced
    }};
}

/// What [`coerce!`](crate::coerce) expands to. Nothing here is public API.
pub mod parts {
    use crate::{Arc, UniqueArc, Weak};
    use core::mem::ManuallyDrop;
    use core::pin::Pin;
    use core::ptr::NonNull;

    mod sealed {
        pub trait Sealed {}
    }

    /// A handle that can be taken apart, into its kind and its pointer.
    #[diagnostic::on_unimplemented(
        message = "`coerce!` takes an `Arc`, `Weak`, `UniqueArc` or `Pin<Arc<_>>`, not a `{Self}`"
    )]
    pub trait Coerce: sealed::Sealed + Sized {
        /// A token of its kind, and its pointer.
        type Parts;
        /// Takes it apart: lost, unless the token [restores](ArcToken::restore) it.
        fn into_parts(self) -> Self::Parts;
    }

    macro_rules! handles {
        ($($token:ident: $handle:ty, *$mutability:tt T, $into_raw:path, $from_raw:path;)*) => {$(
            /// What is left of the handle without its pointer: which kind it was.
            #[must_use = "the handle is lost if its parts are"]
            #[derive(Debug)]
            pub struct $token(());

            impl<T: ?Sized> sealed::Sealed for $handle {}

            impl<T: ?Sized> Coerce for $handle {
                type Parts = ($token, *$mutability T);

                #[inline]
                fn into_parts(self) -> Self::Parts {
                    ($token(()), $into_raw(self))
                }
            }

            impl $token {
                /// # Safety
                ///
                /// `pointer` came with this token from `into_parts`, or is what that one became by
                /// coercion.
                #[inline]
                pub unsafe fn restore<T: ?Sized>(self, pointer: *$mutability T) -> $handle {
                    // SAFETY: the pointer of a handle of this kind, which was given up for it.
                    // Unsizing keeps the address, so also a dangling `Weak`'s.
                    unsafe { $from_raw(pointer) }
                }
            }
        )*};
    }
    handles! {
        ArcToken: Arc<T>, *const T, Arc::into_raw, Arc::from_raw;
        WeakToken: Weak<T>, *const T, Weak::into_raw, Weak::from_raw;
        UniqueArcToken: UniqueArc<T>, *mut T, unique_into_raw, unique_from_raw;
        PinnedToken: Pin<Arc<T>>, *const T, pinned_into_raw, pinned_from_raw;
    }

    /// Turns the pointer of [`new_into_raw`] into the handle that it was.
    #[derive(Debug)]
    pub struct Restore(());

    impl Restore {
        /// # Safety
        ///
        /// It is used once, and its `pointer` is what `new_into_raw` returned, or what that became
        /// by coercion.
        #[inline]
        #[must_use]
        pub const unsafe fn new() -> Self {
            Self(())
        }

        /// The handle of `pointer`.
        #[inline]
        #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "`new` has the contract")]
        pub fn arc<T: ?Sized>(self, pointer: *const T) -> Arc<T> {
            // SAFETY: by the contract of `new`, from `into_raw` and given up for it; unsizing keeps
            // the address.
            unsafe { Arc::from_raw(pointer) }
        }
    }

    /// `Arc::into_raw(new(value))`, where `new` is `Arc::new`. Its result says the type of the
    /// value: what a closure in that place is expected to be.
    #[inline]
    pub fn new_into_raw<T>(new: impl FnOnce(T) -> Arc<T>, value: T) -> *const T {
        Arc::into_raw(new(value))
    }

    fn unique_into_raw<T: ?Sized>(this: UniqueArc<T>) -> *mut T {
        ManuallyDrop::new(this).value.as_ptr()
    }

    /// # Safety
    ///
    /// `pointer` came from `unique_into_raw`, or is what that one became by unsizing.
    unsafe fn unique_from_raw<T: ?Sized>(pointer: *mut T) -> UniqueArc<T> {
        // SAFETY: a handle's pointer is not null.
        let value = unsafe { NonNull::new_unchecked(pointer) };
        // SAFETY: the handle, and what it owned, were given up for it.
        unsafe { UniqueArc::from_value(value) }
    }

    fn pinned_into_raw<T: ?Sized>(this: Pin<Arc<T>>) -> *const T {
        // SAFETY: the value is not moved: all that is made of the pointer is a pinned handle again.
        Arc::into_raw(unsafe { Pin::into_inner_unchecked(this) })
    }

    /// # Safety
    ///
    /// `pointer` came from `pinned_into_raw`, or is what that one became by unsizing.
    unsafe fn pinned_from_raw<T: ?Sized>(pointer: *const T) -> Pin<Arc<T>> {
        // SAFETY: the handle was given up for it.
        let arc = unsafe { Arc::from_raw(pointer) };
        // SAFETY: it was pinned.
        unsafe { Pin::new_unchecked(arc) }
    }
}
