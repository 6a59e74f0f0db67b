//! One function for each operation, on std's handles and on ours, whose instructions are counted.
//! This file is compiled as a crate for each machine. The generic code of both is compiled into it,
//! as into a user's crate.

/// A trait to call through a vtable.
pub trait Shape {
    /// The call.
    fn area(&self) -> u64;
}

macro_rules! operations {
    ($(#[$meta:meta])* $name:ident: $Arc:path, $Weak:path) => {
        $(#[$meta])*
        pub mod $name {
            use super::Shape;
            use {$Arc as Arc, $Weak as Weak};

            operations! {
                new(value: u64) -> Arc<u64> { Arc::new(value) }
                clone(arc: &Arc<u64>) -> Arc<u64> { arc.clone() }
                drop_strong(arc: Arc<u64>) -> () { drop(arc) }
                drop_dyn(arc: Arc<dyn Shape>) -> () { drop(arc) }
                get_mut(arc: &mut Arc<u64>) -> Option<&mut u64> { Arc::get_mut(arc) }
                make_mut(arc: &mut Arc<u64>) -> &mut u64 { Arc::make_mut(arc) }
                into_inner(arc: Arc<u64>) -> Option<u64> { Arc::into_inner(arc) }
                strong_count(arc: &Arc<u64>) -> usize { Arc::strong_count(arc) }
                deref(arc: &Arc<u64>) -> u64 { **arc }
                virtual_call(arc: &Arc<dyn Shape>) -> u64 { arc.area() }
                downgrade(arc: &Arc<u64>) -> Weak<u64> { Arc::downgrade(arc) }
                clone_weak(weak: &Weak<u64>) -> Weak<u64> { weak.clone() }
                drop_weak(weak: Weak<u64>) -> () { drop(weak) }
                upgrade(weak: &Weak<u64>) -> Option<Arc<u64>> { weak.upgrade() }
            }
        }
    };
    ($($name:ident($argument:ident: $of:ty) -> $result:ty $body:block)*) => {
        $(
            #[doc = concat!("The operation `", stringify!($name), "`.")]
            #[inline(never)]
            pub fn $name($argument: $of) -> $result $body
        )*
    };
}

operations! {
    /// The operations on std's handles.
    theirs: std::sync::Arc, std::sync::Weak
}
operations! {
    /// The operations on ours.
    ours: proven_arc::Arc, proven_arc::Weak
}
