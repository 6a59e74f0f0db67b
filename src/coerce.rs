//! [`coerce!`](crate::coerce): unsizing on stable Rust.

/// Unsizes a handle, as the compiler does implicitly for std's handles. An `Arc<Circle>` becomes an
/// `Arc<dyn Shape>`, an `Arc<[T; N]>` becomes an `Arc<[T]>`, and an `Arc` of a closure becomes an
/// `Arc<dyn Fn()>`.
///
/// It takes an [`Arc`](crate::Arc), a [`Weak`](crate::Weak), a [`UniqueArc`](crate::UniqueArc) or a
/// `Pin<Arc<T>>`, and returns the same handle with other metadata. It performs no atomic operation.
///
/// The context has to name the new type. That can be the type of a `let` or a field, the parameter
/// of a function, or a function's return type. If the context names the type that the handle
/// already has, nothing changes. Some contexts name no type, for example in front of a `?`, in a
/// closure for `map`, or before a `collect`. In these, and instead of a cast with `as`, write the
/// type: `coerce!(square => Arc<dyn Shape>)`.
///
/// A closure written inside `Arc::new` gets the types of its parameters and its result from the
/// context, as with std's `Arc`. A closure written elsewhere needs a function that names these
/// types, also with std's: `fn handler<F: Fn(&str) -> &str>(f: F) -> F { f }`.
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
/// From Rust 1.86 on, it also turns an `Arc<dyn Sub>` into an `Arc<dyn Super>`, by the compiler's
/// trait upcasting.
///
/// It can do nothing else. A conversion that the compiler does not allow for std's `Arc` is an
/// error here too. The expression is not inside an `unsafe` block.
///
/// ```compile_fail
/// use proven_arc::{Arc, coerce};
///
/// let signed: Arc<i32> = coerce!(Arc::new(1_u32));
/// ```
// Why this is sound. The expression is evaluated outside of the `unsafe` block, and passed to a
// safe function, which at worst leaks a handle. That function returns the raw pointer of a handle,
// whatever the expression is: `Coerce` is sealed, and `new_into_raw` takes only an `Arc`. The
// pointer becomes the argument of `restore` or `Restore::arc`, whose parameter is a `*const U` or
// `*mut U` for the `U` of the context. There the compiler can only coerce or subtype it. Between
// raw pointers of equal mutability, the only coercion is unsizing. Unsizing keeps the address. Its
// conditions on types and lifetimes are the same as for references. Subtyping can only shorten
// lifetimes behind a `*const`, as the covariant handles allow. A `*mut` is invariant, as
// `UniqueArc` is.
//
// `__pointer` and `__token` are hygienic, so a user's variables with these names are different
// variables. A user's constant with such a name is not hygienic: the pattern would mean the
// constant. In that case the macro does not compile. The pattern has to match every pointer and
// every token. A constant matches only one pointer, and it matches no token, since a token has no
// `PartialEq`.
//
// The rules with `Arc::new` are for closures. The compiler takes a closure's signature from the
// type that it expects for `Arc::new`'s argument. It expects one only if the result of the same
// call is unsized. `Arc` is the user's name, with up to two modules in front: `new_into_raw`
// rejects an `Arc` of another crate.
#[macro_export]
macro_rules! coerce {
    (@new $new:path, $value:expr) => {
        // SAFETY: the argument is the pointer of `new_into_raw`, or its coercion.
        (unsafe { $crate::__coerce::Restore::new() })
            .arc($crate::__coerce::new_into_raw($new, $value))
    };
    (Arc::new($value:expr $(,)?) $(,)?) => { $crate::coerce!(@new Arc::new, $value) };
    ($a:ident::Arc::new($value:expr $(,)?) $(,)?) => { $crate::coerce!(@new $a::Arc::new, $value) };
    ($a:ident::$b:ident::Arc::new($value:expr $(,)?) $(,)?) => {
        $crate::coerce!(@new $a::$b::Arc::new, $value)
    };
    (Arc::new($value:expr $(,)?) => $type:ty $(,)?) => {{
        let __coerced: $type = $crate::coerce!(Arc::new($value));
        __coerced
    }};
    ($a:ident::Arc::new($value:expr $(,)?) => $type:ty $(,)?) => {{
        let __coerced: $type = $crate::coerce!($a::Arc::new($value));
        __coerced
    }};
    ($a:ident::$b:ident::Arc::new($value:expr $(,)?) => $type:ty $(,)?) => {{
        let __coerced: $type = $crate::coerce!($a::$b::Arc::new($value));
        __coerced
    }};
    ($handle:expr $(,)?) => {
        match $crate::__coerce::Coerce::into_parts($handle) {
            // SAFETY: both came from one `into_parts`. The argument is its pointer, or a coercion
            // of it.
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

    /// A handle that can be taken apart into a token of its kind and a pointer.
    #[diagnostic::on_unimplemented(
        message = "`coerce!` takes an `Arc`, `Weak`, `UniqueArc` or `Pin<Arc<_>>`, not a `{Self}`"
    )]
    pub trait Coerce: sealed::Sealed + Sized {
        /// The token and the pointer.
        type Parts;
        /// Takes the handle apart. The handle is leaked unless the token
        /// [restores](ArcToken::restore) it.
        fn into_parts(self) -> Self::Parts;
    }

    macro_rules! handles {
        ($($token:ident: $handle:ty, *$mutability:tt T, $into_raw:path, $from_raw:path;)*) => {$(
            /// The kind of a handle that was taken apart.
            #[must_use = "the handle is leaked if its parts are lost"]
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
                /// `pointer` came with this token from `into_parts`, or is a coercion of that
                /// pointer.
                #[inline]
                pub unsafe fn restore<T: ?Sized>(self, pointer: *$mutability T) -> $handle {
                    // SAFETY: by the contract, the pointer owns a handle of this kind. It may have
                    // been unsized, which `from_raw` allows. Unsizing keeps the address, so a
                    // dangling `Weak` stays dangling.
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

    /// Turns the pointer of [`new_into_raw`] back into the handle.
    #[derive(Debug)]
    pub struct Restore(());

    impl Restore {
        /// # Safety
        ///
        /// The result is used for one `pointer`, which `new_into_raw` returned, or a coercion of
        /// that pointer.
        #[inline]
        #[must_use]
        pub const unsafe fn new() -> Self {
            Self(())
        }

        /// Returns the handle of `pointer`.
        #[inline]
        #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "`new` has the contract")]
        pub fn arc<T: ?Sized>(self, pointer: *const T) -> Arc<T> {
            // SAFETY: by the contract of `new`, the pointer owns the handle of `into_raw`. It may
            // have been unsized, which `from_raw` allows.
            unsafe { Arc::from_raw(pointer) }
        }
    }

    /// Returns `Arc::into_raw(new(value))`, where `new` is `Arc::new`. From the type that is
    /// expected of the result, the compiler infers the type of `value`, which may be a closure.
    #[inline]
    pub fn new_into_raw<T>(new: impl FnOnce(T) -> Arc<T>, value: T) -> *const T {
        Arc::into_raw(new(value))
    }

    fn unique_into_raw<T: ?Sized>(this: UniqueArc<T>) -> *mut T {
        ManuallyDrop::new(this).value.as_ptr()
    }

    /// # Safety
    ///
    /// `pointer` came from `unique_into_raw`, or is the unsized form of such a pointer. It is used
    /// once.
    unsafe fn unique_from_raw<T: ?Sized>(pointer: *mut T) -> UniqueArc<T> {
        // SAFETY: the pointer of a handle is not null, and unsizing keeps the address.
        let value = unsafe { NonNull::new_unchecked(pointer) };
        // SAFETY: `unique_into_raw` forgot the handle, which becomes this one.
        unsafe { UniqueArc::from_value(value) }
    }

    fn pinned_into_raw<T: ?Sized>(this: Pin<Arc<T>>) -> *const T {
        // SAFETY: nothing moves the value: only `pinned_from_raw` uses the pointer.
        Arc::into_raw(unsafe { Pin::into_inner_unchecked(this) })
    }

    /// # Safety
    ///
    /// `pointer` came from `pinned_into_raw`, or is the unsized form of such a pointer. It is used
    /// once.
    unsafe fn pinned_from_raw<T: ?Sized>(pointer: *const T) -> Pin<Arc<T>> {
        // SAFETY: by the contract, the pointer owns the handle of `into_raw`. It may have been
        // unsized, which `from_raw` allows.
        let arc = unsafe { Arc::from_raw(pointer) };
        // SAFETY: the value was pinned, and has not moved since.
        unsafe { Pin::new_unchecked(arc) }
    }
}
