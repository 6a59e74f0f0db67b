/// A source to copy from, in another place for each run: it starts one cache line further, and is
/// back at its first place after a page.
///
/// On the AMD machine of the figures, a loop that copies 16 KiB takes from 150 to 320 ns, depending
/// on nothing but the addresses. It is slowest if the copy is a few bytes ahead of the source in its
/// page: a load waits for an older store whose address has the same lower 12 bits. A copy directly
/// behind a source of whole pages, as an allocator places it, is there: 24 bytes ahead here, and 32
/// with std's header. With one place for all runs, a figure would tell that place, not the `Arc`.
pub struct Moving<T> {
    all: Vec<T>,
    len: usize,
    runs: usize,
}

impl<T: Clone> Moving<T> {
    const PAGE: usize = 4_096;
    const LINE: usize = 64;
    /// The number of places.
    pub const PLACES: usize = Self::PAGE / Self::LINE;

    pub fn new(element: T, len: usize) -> Self {
        Self { all: vec![element; len + Self::PAGE / size_of::<T>()], len, runs: 0 }
    }

    #[inline]
    pub fn next(&mut self) -> &[T] {
        let start = self.runs % Self::PLACES * Self::LINE / size_of::<T>();
        self.runs += 1;
        &self.all[start..start + self.len]
    }
}
