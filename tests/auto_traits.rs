//! The types of the handles: `Send`, `Sync` and the like exactly where std's handles have them,
//! variance, and size. The compiler checks all of it, except the last test.
//!
//! `src/docs/compile_fail.rs` has what must *not* compile and is not about traits.
#![cfg_attr(feature = "nightly", feature(unique_rc_arc))]

use static_assertions::{assert_eq_size, assert_impl_all, assert_not_impl_any};
use std::any::Any;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::error::Error;
use std::fmt::{Debug, Display, Pointer};
use std::hash::Hash;
use std::marker::{PhantomData, PhantomPinned};
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::atomic::AtomicU8;
use std::sync::{Mutex, MutexGuard};

/// Asserts which of the five traits the handles to each type of value have, and which they lack.
macro_rules! auto_traits {
    ($($value:ty: $($has:ident)* $(, not $($lacks:ident)*)?;)*) => {$(
        handles!($value, [$($has)*], [$($($lacks)*)?]);
    )*};
}

/// The same assertion for std's type and for this crate's, so that they cannot diverge.
macro_rules! handles {
    ($value:ty, $has:tt, $lacks:tt) => {
        one_handle!(std::sync::Arc<$value>, $has, $lacks);
        one_handle!(proven_arc::Arc<$value>, $has, $lacks);
        one_handle!(std::sync::Weak<$value>, $has, $lacks);
        one_handle!(proven_arc::Weak<$value>, $has, $lacks);
        // `Clones` holds several `Arc`s.
        one_handle!(proven_arc::Clones<$value>, $has, $lacks);
        // `ArcBorrow` is like a reference to an `Arc`.
        one_handle!(&'static std::sync::Arc<$value>, $has, $lacks);
        one_handle!(proven_arc::ArcBorrow<'static, $value>, $has, $lacks);
        // For a handle to a part, the type of the part decides.
        one_handle!(proven_arc::ArcRef<$value>, $has, $lacks);
        one_handle!(proven_arc::WeakRef<$value>, $has, $lacks);
    };
}

macro_rules! one_handle {
    ($handle:ty, [$($has:ident)*], [$($lacks:ident)*]) => {
        $(assert_impl_all!($handle: $has);)*
        $(assert_not_impl_any!($handle: $lacks);)*
        const _: () = assert!([$(stringify!($has),)* $(stringify!($lacks),)*].len() == 5);
    };
}

/// Shared by reference only.
struct SyncOnly(PhantomData<MutexGuard<'static, ()>>);
/// Both, and with a destructor.
struct Droppable(#[expect(dead_code, reason = "only its drop matters")] Box<u8>);
impl Drop for Droppable {
    fn drop(&mut self) {}
}

auto_traits! {
    // Send and Sync
    i32: Send Sync Unpin UnwindSafe RefUnwindSafe;
    str: Send Sync Unpin UnwindSafe RefUnwindSafe;
    [String]: Send Sync Unpin UnwindSafe RefUnwindSafe;
    Droppable: Send Sync Unpin UnwindSafe RefUnwindSafe;
    AtomicU8: Send Sync Unpin UnwindSafe RefUnwindSafe;
    Mutex<Cell<u8>>: Send Sync Unpin UnwindSafe RefUnwindSafe;
    fn(Rc<u8>) -> Rc<u8>: Send Sync Unpin UnwindSafe RefUnwindSafe;
    PhantomPinned: Send Sync Unpin UnwindSafe RefUnwindSafe;
    &'static i32: Send Sync Unpin UnwindSafe RefUnwindSafe;
    &'static mut i32: Send Sync Unpin UnwindSafe RefUnwindSafe;
    dyn Any + Send + Sync + UnwindSafe + RefUnwindSafe: Send Sync Unpin UnwindSafe RefUnwindSafe;
    dyn Any + Send + Sync + RefUnwindSafe: Send Sync Unpin UnwindSafe RefUnwindSafe;
    dyn Any + Send + Sync + UnwindSafe: Send Sync Unpin, not UnwindSafe RefUnwindSafe;
    dyn Any + Send + Sync: Send Sync Unpin, not UnwindSafe RefUnwindSafe;
    dyn Fn() + Send + Sync: Send Sync Unpin, not UnwindSafe RefUnwindSafe;
    // Send, not Sync
    Cell<i32>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    RefCell<i32>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    UnsafeCell<i32>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    [Cell<i32>]: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    dyn Any + Send: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    // Sync, not Send
    SyncOnly: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
    MutexGuard<'static, i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
    dyn Any + Sync: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    // neither
    *const i32: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
    *mut i32: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
    Rc<i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
    Rc<Cell<i32>>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    dyn Any: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    // a handle in a handle
    std::sync::Arc<i32>: Send Sync Unpin UnwindSafe RefUnwindSafe;
    proven_arc::Arc<i32>: Send Sync Unpin UnwindSafe RefUnwindSafe;
    std::sync::Arc<Cell<i32>>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    proven_arc::Arc<Cell<i32>>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    proven_arc::Weak<Cell<i32>>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
}

/// `UniqueArc`. std's is unstable. It owns the value, so it is also `UnwindSafe` where the value
/// is.
mod unique {
    use super::*;

    macro_rules! handles {
        ($value:ty, $has:tt, $lacks:tt) => {
            #[cfg(feature = "nightly")]
            one_handle!(std::sync::UniqueArc<$value>, $has, $lacks);
            one_handle!(proven_arc::UniqueArc<$value>, $has, $lacks);
        };
    }

    auto_traits! {
        i32: Send Sync Unpin UnwindSafe RefUnwindSafe;
        [String]: Send Sync Unpin UnwindSafe RefUnwindSafe;
        PhantomPinned: Send Sync Unpin UnwindSafe RefUnwindSafe;
        &'static mut i32: Send Sync Unpin RefUnwindSafe, not UnwindSafe;
        Cell<i32>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
        SyncOnly: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        MutexGuard<'static, i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        *const i32: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        Rc<i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        dyn Any: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
        dyn Any + Send: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
        dyn Any + Sync: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
        dyn Any + Send + Sync: Send Sync Unpin, not UnwindSafe RefUnwindSafe;
    }

    assert_impl_all!(proven_arc::UniqueArc<i32>: DerefMut, AsMut<i32>, From<i32>);
    assert_not_impl_any!(proven_arc::UniqueArc<i32>: Clone, Copy);
}

/// Handles to slices and headers: the type of the elements, or that of the header, decides.
mod thin {
    use super::*;
    use proven_arc::{HeaderSlice, ThinArc, ThinWeak};

    macro_rules! handles {
        ($value:ty, $has:tt, $lacks:tt) => {
            one_handle!(std::sync::Arc<[$value]>, $has, $lacks);
            one_handle!(ThinArc<[$value]>, $has, $lacks);
            one_handle!(ThinWeak<[$value]>, $has, $lacks);
            one_handle!(ThinArc<HeaderSlice<$value, str>>, $has, $lacks);
            one_handle!(ThinWeak<HeaderSlice<$value, [u8]>>, $has, $lacks);
        };
    }

    auto_traits! {
        String: Send Sync Unpin UnwindSafe RefUnwindSafe;
        Mutex<Cell<u8>>: Send Sync Unpin UnwindSafe RefUnwindSafe;
        PhantomPinned: Send Sync Unpin UnwindSafe RefUnwindSafe;
        &'static mut i32: Send Sync Unpin UnwindSafe RefUnwindSafe;
        Cell<i32>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
        SyncOnly: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        MutexGuard<'static, i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        Rc<i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        Rc<Cell<i32>>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
    }
}

/// Other threads reach the value of a static by a reference to the `StaticArc`, which is like one
/// to the value.
mod statics {
    use super::*;
    use proven_arc::StaticArc;

    macro_rules! handles {
        ($value:ty, $has:tt, $lacks:tt) => {
            one_handle!(&'static $value, $has, $lacks);
            one_handle!(&'static StaticArc<$value>, $has, $lacks);
        };
    }

    auto_traits! {
        i32: Send Sync Unpin UnwindSafe RefUnwindSafe;
        [String]: Send Sync Unpin UnwindSafe RefUnwindSafe;
        SyncOnly: Send Sync Unpin UnwindSafe RefUnwindSafe;
        Cell<i32>: Unpin, not Send Sync UnwindSafe RefUnwindSafe;
        Rc<i32>: Unpin UnwindSafe RefUnwindSafe, not Send Sync;
        dyn Any + Sync: Send Sync Unpin, not UnwindSafe RefUnwindSafe;
    }
}

/// The same for every type, not only for those above.
macro_rules! for_all_types {
    ($($($handle:ident)::+;)*) => {$(
        const _: () = {
            fn _auto<T: Send + Sync + ?Sized, U: ?Sized, V: UnwindSafe + RefUnwindSafe + ?Sized>(
                shared: $($handle)::+<T>,
                any: $($handle)::+<U>,
                caught: $($handle)::+<V>,
            ) -> (impl Send + Sync, impl Unpin, impl UnwindSafe + RefUnwindSafe) {
                (shared, any, caught)
            }
        };
    )*};
}
for_all_types! {
    std::sync::Arc;
    std::sync::Weak;
    proven_arc::Arc;
    proven_arc::Weak;
    proven_arc::Clones;
    proven_arc::UniqueArc;
}

/// Traits that std's handles do not have, and traits that the value does not have.
macro_rules! no_more_than_std {
    ($($krate:ident)*) => {$(
        assert_not_impl_any!($krate::sync::Arc<i32>: Copy, DerefMut, AsMut<i32>);
        assert_not_impl_any!($krate::sync::Weak<i32>: Copy, AsRef<i32>, Deref, PartialEq, Hash);
        assert_impl_all!($krate::sync::Arc<f32>: PartialEq, PartialOrd, Display);
        assert_not_impl_any!($krate::sync::Arc<f32>: Eq, Ord, Hash, Error);
        assert_impl_all!($krate::sync::Arc<Droppable>: Clone, Pointer);
        assert_not_impl_any!($krate::sync::Arc<Droppable>: PartialEq, Debug, Display, Default);
        assert_not_impl_any!($krate::sync::Arc<[Droppable]>: From<&'static [Droppable]>);
    )*};
}
mod ours {
    pub(crate) use proven_arc as sync;
}
no_more_than_std!(std ours);

/// Covariance: a handle to a longer-lived value is also one to a shorter-lived value. `UniqueArc`
/// is not covariant: see `src/docs/compile_fail.rs`.
macro_rules! covariant {
    ($($($handle:ident)::+;)*) => {$(
        const _: () = {
            fn _shorten<'a>(long: $($handle)::+<&'static str>) -> $($handle)::+<&'a str> {
                long
            }
        };
    )*};
}
covariant! {
    std::sync::Arc;
    std::sync::Weak;
    proven_arc::Arc;
    proven_arc::Weak;
    proven_arc::Clones;
}

const _: () = {
    use proven_arc::{ArcBorrow, ThinWeak, WeakRef};

    fn _shorten<'b, 'a>(
        thin: ThinWeak<[&'static str]>,
        part: WeakRef<&'static str>,
        borrow: ArcBorrow<'b, &'static str>,
    ) -> (ThinWeak<[&'a str]>, WeakRef<&'a str>, ArcBorrow<'b, &'a str>) {
        (thin, part, borrow)
    }
};

/// A handle is a pointer with a niche, so its `Option` has the same size. So do handles to unsized
/// values.
macro_rules! pointer_sized {
    ($($($handle:ident)::+;)*) => {$(
        assert_eq_size!($($handle)::+<[u64; 9]>, Option<$($handle)::+<u8>>, *const u8);
        assert_eq_size!($($handle)::+<[u8]>, Option<$($handle)::+<dyn Any>>, *const [u8]);
    )*};
}
pointer_sized! {
    std::sync::Arc;
    std::sync::Weak;
    proven_arc::Arc;
    proven_arc::Weak;
    proven_arc::UniqueArc;
}

#[test]
fn none_is_no_handle() {
    use proven_arc::{Arc, Weak};
    assert!(Some(Weak::<u8>::new()).is_some());
    assert!(Some(Weak::<()>::default()).is_some());
    assert!(Some(Arc::new(())).is_some());
}
