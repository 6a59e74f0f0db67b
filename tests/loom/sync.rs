//! Code that was switched over by replacing `std::sync` with `proven_arc::sync`, and nothing else.

use crate::support::{Value, both, model, saw};

/// A one-place mailbox, as it would be written for std, except for this line.
mod mailbox {
    use crate::support::Value;
    use proven_arc::sync::atomic::{AtomicUsize, Ordering};
    use proven_arc::sync::{Arc, Condvar, Mutex, PoisonError, Weak};

    #[derive(Default)]
    pub(super) struct Mailbox {
        place: Mutex<Option<Arc<Value>>>,
        filled: Condvar,
        pub(super) waits: AtomicUsize,
    }

    impl Mailbox {
        /// Returns the value if there is no reader.
        pub(super) fn put(this: &Weak<Mailbox>, value: Arc<Value>) -> Result<(), Arc<Value>> {
            let Some(mailbox) = this.upgrade() else { return Err(value) };
            *mailbox.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            mailbox.filled.notify_one();
            Ok(())
        }

        pub(super) fn take(&self) -> Arc<Value> {
            let mut place = self.place.lock().unwrap();
            loop {
                if let Some(value) = place.take() {
                    return value;
                }
                self.waits.fetch_add(1, Ordering::Relaxed);
                place = self.filled.wait(place).unwrap();
            }
        }
    }
}
use mailbox::Mailbox;
use proven_arc::sync::{Arc, Weak, atomic::Ordering};

/// The reader finds what was put in, whether it waits or comes later. It reads the value while the
/// writer still has a handle.
#[test]
fn put_during_take() {
    model(["was there", "was waited for"], || {
        let mailbox = Arc::new(Mailbox::default());
        let writer: Weak<Mailbox> = Arc::downgrade(&mailbox);
        both(
            move || {
                let value = Arc::new(Value::new(5));
                assert!(Mailbox::put(&writer, value.clone()).is_ok());
                assert_eq!(value.read(), 5);
            },
            move || {
                assert_eq!(mailbox.take().read(), 5);
                let waits = mailbox.waits.load(Ordering::Relaxed);
                saw(if waits == 0 { "was there" } else { "was waited for" });
            },
        );
    });
}

/// The reader is dropped. It drops the value that was put in, or the writer gets its value back.
#[test]
fn put_during_drop() {
    model(["no reader", "dropped unread"], || {
        let mailbox = Arc::new(Mailbox::default());
        let writer = Arc::downgrade(&mailbox);
        both(
            move || match Mailbox::put(&writer, Arc::new(Value::new(5))) {
                Ok(()) => saw("dropped unread"),
                Err(value) => {
                    saw("no reader");
                    assert_eq!(value.read(), 5);
                }
            },
            move || drop(mailbox),
        );
    });
}
