//! A cache that keeps nothing alive. It holds a `Weak` to each picture, and each picture holds a
//! `Weak` to the cache.
//!
//! While a program uses a picture, the next `get` of its name returns the same picture. When the
//! last handle is dropped, the picture removes its own entry. There is no cycle: a `Weak` keeps the
//! memory of a value allocated, but not the value alive.

use proven_arc::{Arc, Weak};
use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;

#[derive(Default)]
struct Cache {
    pictures: Mutex<HashMap<String, Weak<Picture>>>,
}

struct Picture {
    name: String,
    pixels: Vec<u8>,
    cache: Weak<Cache>,
}

impl Cache {
    fn get(this: &Arc<Self>, name: &str) -> Arc<Picture> {
        let mut pictures = this.pictures.lock().unwrap();
        // Also `None` if another thread drops the last handle at this moment.
        if let Some(picture) = pictures.get(name).and_then(Weak::upgrade) {
            return picture;
        }
        println!("loading {name}");
        let picture = Arc::new(Picture {
            name: name.to_owned(),
            pixels: name.bytes().cycle().take(1_000).collect(),
            cache: Arc::downgrade(this),
        });
        pictures.insert(name.to_owned(), Arc::downgrade(&picture));
        picture
    }

    fn len(&self) -> usize {
        self.pictures.lock().unwrap().len()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // The cache may have been dropped first.
        let Some(cache) = self.cache.upgrade() else { return };
        let mut pictures = cache.pictures.lock().unwrap();
        // If another thread has loaded the picture again, its entry stays.
        if pictures.get(&self.name).is_some_and(|entry| entry.strong_count() == 0) {
            pictures.remove(&self.name);
        }
    }
}

fn main() {
    let cache = Arc::new(Cache::default());

    let cat = Cache::get(&cache, "cat");
    let same = Cache::get(&cache, "cat");
    assert!(Arc::ptr_eq(&cat, &same));
    assert_eq!(Arc::strong_count(&cat), 2);
    assert_eq!(cache.len(), 1);

    drop((cat, same));
    assert_eq!(cache.len(), 0);

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for name in ["cat", "dog", "cat", "bird"] {
                    assert_eq!(Cache::get(&cache, name).pixels.len(), 1_000);
                }
            });
        }
    });
    assert_eq!(cache.len(), 0);

    let last = Cache::get(&cache, "dog");
    drop(cache);
    assert!(last.cache.upgrade().is_none(), "a picture does not keep its cache alive");
    println!("nothing is left");
}
