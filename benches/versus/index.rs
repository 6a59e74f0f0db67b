//! An inverted index: the places of each word. Several threads build it while others search it.
//!
//! [`Arc`] shares the maps, and [`Arc::make_mut`] copies a map before a write if a snapshot shares
//! it. A snapshot costs one `clone` per shard. Readers never wait for builders.

use super::{Arc, Weak};
use crate::text::{Contents, Found, Text, words};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::{array, thread};

/// The number of maps over which the words are spread, so that builders seldom wait.
const SHARDS: usize = 16;
/// The number of snapshots that are taken while the index is built.
const SNAPSHOTS: usize = 32;

struct Corpus {
    documents: Vec<Arc<Document>>,
}

struct Document {
    number: usize,
    name: Arc<str>,
    text: Arc<str>,
    /// Not an `Arc`, which would be a cycle.
    corpus: Weak<Corpus>,
}

/// The lines of a document that contain a word.
#[derive(Clone)]
struct Posting {
    document: Arc<Document>,
    lines: Arc<[u32]>,
}

type Shard = HashMap<Arc<str>, Arc<Vec<Posting>>>;

/// The index at one moment, which may differ from shard to shard.
struct Snapshot {
    shards: [Arc<Shard>; SHARDS],
}

/// The finished index.
pub struct Index {
    snapshot: Snapshot,
    /// Keeps the documents alive for their `Weak`s.
    _corpus: Arc<Corpus>,
}

/// Indexes `texts` with `threads` builders and as many readers.
pub fn build(texts: &[Text], threads: usize) -> Index {
    let corpus = Corpus::new(texts);
    let builders = Builders {
        corpus: &corpus,
        next: AtomicUsize::new(0),
        shards: array::from_fn(|_| Mutex::new(Arc::new(Shard::new()))),
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, snapshots) = mpsc::channel();
            scope.spawn(|| builders.run(sender));
            scope.spawn(|| read(snapshots));
        }
    });
    Index { snapshot: builders.finish(), _corpus: corpus }
}

impl Corpus {
    fn new(texts: &[Text]) -> Arc<Self> {
        Arc::new_cyclic(|corpus| {
            let document = |(number, text): (usize, &Text)| {
                let name = Arc::from(text.name.as_str());
                let text = Arc::from(text.content.as_str());
                Arc::new(Document { number, name, text, corpus: Weak::clone(corpus) })
            };
            Self { documents: texts.iter().enumerate().map(document).collect() }
        })
    }
}

/// The state that the builders share.
struct Builders<'a> {
    corpus: &'a Corpus,
    /// The next document to index.
    next: AtomicUsize,
    shards: [Mutex<Arc<Shard>>; SHARDS],
}

impl Builders<'_> {
    /// One builder: indexes documents until none is left, and sends snapshots.
    fn run(&self, readers: mpsc::Sender<(Snapshot, Arc<Document>)>) {
        let documents = &self.corpus.documents;
        let interval = documents.len().div_ceil(SNAPSHOTS);
        while let Some(document) = documents.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            self.add(document);
            if document.number % interval == 0 {
                let message = (self.snapshot(), Arc::clone(document));
                readers.send(message).expect("the reader reads until we are gone");
            }
        }
    }

    fn add(&self, document: &Arc<Document>) {
        let mut found: [HashMap<&str, Vec<u32>>; SHARDS] = Default::default();
        for (line, number) in document.text.lines().zip(1..) {
            for word in words(line) {
                let lines = found[shard_of(word)].entry(word).or_default();
                if lines.last() != Some(&number) {
                    lines.push(number);
                }
            }
        }
        for (shard, found) in self.shards.iter().zip(found) {
            let mut shard = shard.lock().expect("no builder panics");
            // Copies the map if a snapshot shares it. The words and postings stay shared.
            let shard = Arc::make_mut(&mut shard);
            for (word, lines) in found {
                let posting = Posting { document: Arc::clone(document), lines: Arc::from(lines) };
                match shard.get_mut(word) {
                    // Copies the postings if a snapshot shares them. The lines stay shared.
                    Some(postings) => Arc::make_mut(postings).push(posting),
                    None => {
                        shard.insert(Arc::from(word), Arc::new(vec![posting]));
                    }
                }
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        let shards = self.shards.each_ref();
        Snapshot { shards: shards.map(|shard| Arc::clone(&shard.lock().expect("no panics"))) }
    }

    /// Sorts the postings by document. The builders added them in any order.
    fn finish(self) -> Snapshot {
        let shards = self.shards.map(|shard| {
            let mut shard = shard.into_inner().expect("no builder panicked");
            let words = Arc::get_mut(&mut shard).expect("all snapshots are gone");
            for postings in words.values_mut() {
                let postings = Arc::get_mut(postings).expect("all snapshots are gone");
                postings.sort_unstable_by_key(|posting| posting.document.number);
            }
            shard
        });
        Snapshot { shards }
    }
}

/// One reader: searches each snapshot for the longest words of the newest document.
fn read(snapshots: mpsc::Receiver<(Snapshot, Arc<Document>)>) {
    for (snapshot, document) in snapshots {
        let mut longest: Vec<&str> = words(&document.text).collect();
        longest.sort_unstable_by_key(|word| (Reverse(word.len()), *word));
        longest.dedup();
        longest.truncate(8);
        let documents = snapshot.search(longest.iter().copied());
        let itself = documents.iter().any(|(found, ..)| Arc::ptr_eq(found, &document));
        assert!(itself || longest.is_empty(), "the snapshot has what was indexed before it");
    }
}

impl Snapshot {
    /// Returns the documents with any of the words, the best first, each with its score and the
    /// lines of the first of the words that it contains.
    fn search<'a>(
        &self,
        words: impl Iterator<Item = &'a str>,
    ) -> Vec<(Arc<Document>, f64, Arc<[u32]>)> {
        let mut found = HashMap::new();
        for word in words {
            let Some(postings) = self.shards[shard_of(word)].get(word) else { continue };
            for Posting { document, lines } in postings.iter() {
                let new = || (Arc::clone(document), 0.0, Arc::clone(lines));
                let (_, score, _) = found.entry(document.number).or_insert_with(new);
                *score += lines.len() as f64 * document.rarity(postings.len());
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_unstable_by(|(one, score, _), (other, other_score, _)| {
            other_score.total_cmp(score).then(one.number.cmp(&other.number))
        });
        found
    }
}

impl Document {
    /// The weight of a word that is in `documents` documents of the corpus.
    fn rarity(&self, documents: usize) -> f64 {
        let corpus = self.corpus.upgrade().expect("the corpus outlives its index");
        (1.0 + corpus.documents.len() as f64 / documents as f64).ln()
    }
}

impl Index {
    pub fn search<'a>(&self, words: impl Iterator<Item = &'a str>) -> Vec<Found> {
        let found = self.snapshot.search(words).into_iter();
        found
            .map(|(document, score, lines)| Found {
                name: document.name.to_string(),
                line: lines[0],
                score,
            })
            .collect()
    }

    pub fn contents(&self) -> Contents {
        let words = self.snapshot.shards.iter().flat_map(|shard| shard.iter());
        words
            .map(|(word, postings)| {
                let postings = postings.iter();
                let postings =
                    postings.map(|posting| (posting.document.number, posting.lines.to_vec()));
                (word.to_string(), postings.collect())
            })
            .collect()
    }
}

fn shard_of(word: &str) -> usize {
    let hash = word.bytes().fold(0, |hash: usize, byte| hash.wrapping_mul(31) ^ usize::from(byte));
    hash % SHARDS
}
