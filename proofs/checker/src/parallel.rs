//! Work that is shared between threads, and the display of its progress.

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::sync::Mutex;
use std::thread;

/// Lets the workers take the items one after the other. Returns the results in the order of the
/// items.
pub fn in_parallel<W: Send, I: Send, R: Send>(
    workers: &mut [W],
    items: Vec<I>,
    work: impl Fn(&mut W, I) -> R + Sync,
) -> Vec<R> {
    let items = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for worker in workers {
            scope.spawn(|| {
                loop {
                    let item = items.lock().expect("no worker panics here").next();
                    let Some((n, item)) = item else { break };
                    let result = work(worker, item);
                    results.lock().expect("no worker panics here").push((n, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no worker panics here");
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A progress bar on a terminal, and a line for each step elsewhere.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(what: &'static str, steps: usize) -> Self {
        let style = "{prefix} {wide_bar} {pos}/{len} {elapsed} {msg}";
        let style = ProgressStyle::with_template(style).expect("a template that is constant");
        Self(ProgressBar::new(steps as u64).with_style(style).with_prefix(what))
    }

    pub fn step<R: Display>(&self, name: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
        self.0.set_message(name.to_owned());
        let result = work()?;
        self.0.inc(1);
        self.0.suspend(|| println!("{name}: {result}"));
        Ok(result)
    }
}
