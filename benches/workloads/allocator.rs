//! The allocator of this program. That is the system's, except in a process that was started to
//! measure memory. There it is the one that the environment names, and it counts the requested
//! bytes.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::CStr;
use std::process::Command;
use std::sync::atomic::{AtomicIsize, AtomicU8, Ordering::Relaxed};

/// Read at the very first allocation, so reading it must not allocate.
const VARIABLE: &CStr = c"WORKLOADS_ALLOCATOR";

/// The allocators with which memory is measured.
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
    /// Makes a process use this allocator, and count.
    pub fn set(self, command: &mut Command) {
        let letter = char::from(self as u8);
        command.env(VARIABLE.to_str().expect("it is ASCII"), letter.to_string());
        // Without this, mimalloc requests whole huge pages, which would blur the resident memory.
        command.env("MIMALLOC_ALLOW_THP", "0");
    }
}

/// The number of bytes that are allocated now, as requested.
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
    // SAFETY: the name is a C string, and no thread changes the environment.
    let value = unsafe { libc::getenv(VARIABLE.as_ptr()) };
    let letter = if value.is_null() {
        UNCOUNTED_SYSTEM
    } else {
        // SAFETY: `getenv` returns a C string, so there is at least one byte.
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
            // SAFETY: by the caller's contract. All memory of a process comes from the same
            // allocator.
            unsafe { MiMalloc.$method($($argument),*) }
        } else {
            // SAFETY: as above.
            unsafe { System.$method($($argument),*) }
        }
    }};
}

// SAFETY: forwards to one of two allocators, the same one from the first allocation on.
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
