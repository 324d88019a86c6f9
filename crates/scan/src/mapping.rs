//! A file mapped for reading.

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags};

/// The bytes of a file, mapped: they are read from the page cache as they are needed and do not count as the worker's memory.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

impl Mapping {
    /// Maps a regular file; an empty one needs no mapping.
    pub(crate) fn new(file: BorrowedFd<'_>) -> io::Result<Self> {
        let length = usize::try_from(rustix::fs::fstat(file)?.st_size).map_err(|_| io::ErrorKind::InvalidData)?;
        if length == 0 {
            return Ok(Self { start: NonNull::dangling(), length });
        }
        #[expect(unsafe_code, reason = "the standard library maps no files")]
        // SAFETY: the kernel chooses the place, so no other memory is touched; the mapping is private, read-only and lives as long as
        // `self`. Files of the mirror are written elsewhere and renamed into place, never changed. Were one cut short meanwhile, the
        // worker would die of SIGBUS, which costs one artifact.
        let start = unsafe { rustix::mm::mmap(std::ptr::null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, length })
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        #[expect(unsafe_code, reason = "a mapping is memory that the compiler does not know")]
        // SAFETY: `start` is the beginning of `length` mapped, readable bytes, or dangling where there are none.
        unsafe {
            std::slice::from_raw_parts(self.start.as_ptr(), self.length)
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.length > 0 {
            #[expect(unsafe_code, reason = "the standard library maps no files")]
            // SAFETY: exactly what was mapped; no slice of it outlives `self`.
            let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.length) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;

    #[test]
    fn a_file_is_mapped_whole_and_an_empty_one_is_empty() {
        let mut file = tempfile::tempfile().unwrap();
        assert_eq!(Mapping::new(file.as_fd()).unwrap().as_ref(), b"");
        file.write_all(b"bytes").unwrap();
        assert_eq!(Mapping::new(file.as_fd()).unwrap().as_ref(), b"bytes");
    }
}
