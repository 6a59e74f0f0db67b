//! [`proven_arc::sync`] is `std::sync` with this crate's handles.
#![cfg(feature = "std")]

use proven_arc::sync;

/// Each name exists under both paths, and is the same type.
macro_rules! same_as_std {
    ($($($item:ident)::+ $(<$($arg:ty),*>)?;)*) => {$(
        const _: fn(std::sync::$($item)::+ $(<$($arg),*>)?) -> sync::$($item)::+ $(<$($arg),*>)? =
            |same| same;
    )*};
}
// Every name that is stable in Rust 1.85.
same_as_std! {
    Barrier;
    BarrierWaitResult;
    Condvar;
    LazyLock<u8>;
    LockResult<u8>;
    Mutex<u8>;
    MutexGuard<u8>;
    Once;
    OnceLock<u8>;
    OnceState;
    PoisonError<u8>;
    RwLock<u8>;
    RwLockReadGuard<u8>;
    RwLockWriteGuard<u8>;
    TryLockError<u8>;
    TryLockResult<u8>;
    WaitTimeoutResult;
    atomic::AtomicBool;
    atomic::AtomicPtr<u8>;
    atomic::AtomicUsize;
    atomic::Ordering;
    mpsc::Receiver<u8>;
    mpsc::Sender<u8>;
    mpsc::SyncSender<u8>;
    mpsc::RecvError;
}

const _: fn(proven_arc::Arc<u8>) -> sync::Arc<u8> = |same| same;
const _: fn(proven_arc::Weak<u8>) -> sync::Weak<u8> = |same| same;
const _: fn(proven_arc::UniqueArc<u8>) -> sync::UniqueArc<u8> = |same| same;

/// The same text, on std's handles and after the replacement.
macro_rules! on_both {
    ($($name:ident: $krate:ident;)*) => {$(
        #[test]
        fn $name() {
            use $krate::sync::*;
            use $krate::sync::atomic::{AtomicUsize, Ordering::Relaxed};

            let total = Arc::new(AtomicUsize::new(0));
            let seen = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
            let (sender, receiver) = mpsc::channel();
            let watcher: Weak<AtomicUsize> = Arc::downgrade(&total);
            let threads = [1, 2, 3].map(|n| {
                let (total, seen, sender) = (total.clone(), seen.clone(), sender.clone());
                std::thread::spawn(move || {
                    total.fetch_add(n, Relaxed);
                    seen.0.lock().unwrap().push(n);
                    seen.1.notify_one();
                    sender.send(n).unwrap();
                })
            });
            drop(sender);
            let (list, changed) = &*seen;
            let list = changed.wait_while(list.lock().unwrap(), |list| list.len() < 3).unwrap();
            assert_eq!(list.iter().sum::<usize>(), 6);
            assert_eq!(receiver.iter().sum::<usize>(), 6);
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(Arc::into_inner(total).unwrap().into_inner(), 6);
            assert!(watcher.upgrade().is_none());
        }
    )*};
}
on_both! {
    on_std: std;
    on_ours: proven_arc;
}
