//! The random programs on many threads, under shuttle's schedules: random ones, and those of PCT,
//! which follows priorities and changes them at a few places.
//!
//! Run them with `cargo shuttle`. shuttle may switch threads at each access to the count word, so
//! there are far more schedules than the machine has. shuttle's atomics are sequentially
//! consistent: this tests the protocol, and the models (`cargo loom`) test its orderings. A failure
//! prints its schedule.

#[cfg(not(proven_arc_shuttle))]
compile_error!(
    "the schedules need a build with `--cfg proven_arc_shuttle`: run `cargo shuttle` \
     (and not with RUSTFLAGS set, which would take the place of its flags)"
);

#[allow(dead_code, reason = "other test files use the rest")]
#[path = "../common/mod.rs"]
mod common;
use common::heap;
#[path = "../common/programs.rs"]
mod programs;

#[cfg(proven_arc_shuttle)]
mod schedules {
    use super::programs;
    use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
    use shuttle::{Config, Runner};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::sync::{Mutex, PoisonError};

    /// The tests share the count of allocations, so they run one at a time.
    static TURN: Mutex<()> = Mutex::new(());

    /// Each execution runs another program.
    fn explore(threads: usize, scheduler: impl Scheduler + 'static) {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let next = AtomicUsize::new(0);
        Runner::new(scheduler, Config::new())
            .run(move || programs::run(next.fetch_add(1, Relaxed), threads, || {}));
    }

    macro_rules! schedules {
        ($($name:ident: $executions:literal with $threads:literal threads;)*) => {$(
            mod $name {
                use super::*;

                #[test]
                fn at_random() {
                    explore($threads, RandomScheduler::new_from_seed($threads, $executions));
                }

                #[test]
                fn by_priorities() {
                    explore($threads, PctScheduler::new_from_seed($threads, 5, $executions));
                }
            }
        )*};
    }
    schedules! {
        two: 20_000 with 2 threads;
        five: 10_000 with 5 threads;
        sixteen: 2_000 with 16 threads;
    }
}
