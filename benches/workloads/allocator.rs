//! The allocator of this program: the system's, or, in a process that was started to measure
//! memory, the one named in the environment, with the bytes counted that are asked for.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::CStr;
use std::process::Command;
use std::sync::atomic::{AtomicIsize, AtomicU8, Ordering::Relaxed};

/// What is asked for at the first allocation of all, so not by what allocates itself.
const VARIABLE: &CStr = c"WORKLOADS_ALLOCATOR";

/// The allocators that memory is measured with.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Allocator {
    System = COUNTED_SYSTEM,
    Mimalloc = COUNTED_MIMALLOC,
}

const NOT_ASKED: u8 = 0;
const UNCOUNTED_SYSTEM: u8 = 1;
const COUNTED_SYSTEM: u8 = b's';
const COUNTED_MIMALLOC: u8 = b'm';

impl Allocator {
    /// Has a process use it, and count.
    pub fn set(self, command: &mut Command) {
        let letter = char::from(self as u8);
        command.env(VARIABLE.to_str().expect("it is ASCII"), letter.to_string());
        // Whole huge pages, which mimalloc asks for, would blur what is resident.
        command.env("MIMALLOC_ALLOW_THP", "0");
    }
}

/// How many bytes are allocated now, as they were asked for.
pub fn asked() -> isize {
    ASKED.load(Relaxed)
}

static ASKED: AtomicIsize = AtomicIsize::new(0);
static CHOICE: AtomicU8 = AtomicU8::new(NOT_ASKED);

fn choice() -> u8 {
    match CHOICE.load(Relaxed) {
        NOT_ASKED => choose(),
        choice => choice,
    }
}

#[cold]
fn choose() -> u8 {
    // SAFETY: the name is a C string, and nobody changes the environment.
    let value = unsafe { libc::getenv(VARIABLE.as_ptr()) };
    let letter = if value.is_null() {
        UNCOUNTED_SYSTEM
    } else {
        // SAFETY: what `getenv` gives is a C string, so there is one byte at least.
        unsafe { *value.cast::<u8>() }
    };
    CHOICE.store(letter, Relaxed);
    letter
}

struct Chosen;

#[global_allocator]
static HEAP: Chosen = Chosen;

macro_rules! forward {
    ($method:ident($($argument:expr),*), $bytes:expr) => {{
        let choice = choice();
        if choice != UNCOUNTED_SYSTEM {
            ASKED.fetch_add($bytes, Relaxed);
        }
        if choice == COUNTED_MIMALLOC {
            // SAFETY: the caller's contract: all memory of a process is from the same allocator.
            unsafe { MiMalloc.$method($($argument),*) }
        } else {
            // SAFETY: as above.
            unsafe { System.$method($($argument),*) }
        }
    }};
}

// SAFETY: one of two allocators, the same one from the first allocation on.
unsafe impl GlobalAlloc for Chosen {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        forward!(alloc(layout), layout.size() as isize)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        forward!(alloc_zeroed(layout), layout.size() as isize)
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        forward!(dealloc(start, layout), -(layout.size() as isize));
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        forward!(realloc(start, layout, size), size as isize - layout.size() as isize)
    }
}
