//! The traits that std implements for an `Arc` of a file, a socket or another OS object.

use crate::Arc;
use std::fs::File;
use std::io::{IoSlice, IoSliceMut, Read, Result, Seek, SeekFrom, Write};

impl Read for Arc<File> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        (&**self).read(buf)
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
        (&**self).read_vectored(bufs)
    }

    fn read_to_end(&mut self, buf: &mut Vec<u8>) -> Result<usize> {
        (&**self).read_to_end(buf)
    }

    fn read_to_string(&mut self, buf: &mut String) -> Result<usize> {
        (&**self).read_to_string(buf)
    }
}

impl Write for Arc<File> {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        (&**self).write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize> {
        (&**self).write_vectored(bufs)
    }

    #[inline]
    fn flush(&mut self) -> Result<()> {
        (&**self).flush()
    }
}

impl Seek for Arc<File> {
    fn seek(&mut self, pos: SeekFrom) -> Result<u64> {
        (&**self).seek(pos)
    }

    fn stream_position(&mut self) -> Result<u64> {
        (&**self).stream_position()
    }
}

// The targets that have `std::os::fd`.
#[cfg(any(
    unix,
    target_os = "hermit",
    target_os = "motor",
    target_os = "trusty",
    target_os = "wasi"
))]
mod fd {
    use crate::Arc;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    /// ```
    /// use proven_arc::Arc;
    /// use std::net::UdpSocket;
    /// use std::os::fd::AsFd;
    ///
    /// trait MyTrait: AsFd {}
    /// impl MyTrait for Arc<UdpSocket> {}
    /// ```
    impl<T: AsFd + ?Sized> AsFd for Arc<T> {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            (**self).as_fd()
        }
    }

    impl<T: AsRawFd> AsRawFd for Arc<T> {
        #[inline]
        fn as_raw_fd(&self) -> RawFd {
            (**self).as_raw_fd()
        }
    }
}

#[cfg(target_os = "solid_asp3")]
mod solid {
    use crate::Arc;
    use std::os::solid::io::{AsFd, BorrowedFd};

    impl<T: AsFd> AsFd for Arc<T> {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            (**self).as_fd()
        }
    }
}

#[cfg(windows)]
mod windows {
    use crate::Arc;
    use std::os::windows::io::{AsHandle, AsSocket, BorrowedHandle, BorrowedSocket};

    impl<T: AsHandle + ?Sized> AsHandle for Arc<T> {
        #[inline]
        fn as_handle(&self) -> BorrowedHandle<'_> {
            (**self).as_handle()
        }
    }

    impl<T: AsSocket> AsSocket for Arc<T> {
        #[inline]
        fn as_socket(&self) -> BorrowedSocket<'_> {
            (**self).as_socket()
        }
    }
}
