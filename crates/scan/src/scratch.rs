//! Where a worker unpacks its largest members: windows of a file without a name, which the pool opens and a worker maps.
//!
//! A mapped page of a file is none of the worker's memory: the kernel writes it out and takes it back as it must. So a member of
//! gigabytes can be read as one run of bytes by a worker that may have a few hundred megabytes.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use census_artifact::Block;
use rustix::fs::{Mode, OFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};

/// The length of the file. It has no pages but those that are written.
const LENGTH: u64 = 64 << 30;
/// Smaller blocks are ordinary memory.
const SMALL: usize = 8 << 20;
/// What the place of a window is a multiple of.
const PAGE: u64 = 64 << 10;

/// A file without a name among the temporary ones.
pub(crate) fn create() -> io::Result<File> {
    let directory = std::env::temp_dir();
    let file = match rustix::fs::open(&directory, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR) {
        Ok(file) => File::from(file),
        Err(_) => named(&directory)?,
    };
    file.set_len(LENGTH)?;
    Ok(file)
}

/// Not every file system has files without names: one with a name that it loses at once.
fn named(directory: &std::path::Path) -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("census-scratch-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = directory.join(name);
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// The file in the worker's hands.
#[derive(Debug)]
pub(crate) struct Scratch {
    file: OwnedFd,
    next: Cell<u64>,
}

impl Scratch {
    pub(crate) fn new(file: OwnedFd) -> Self {
        Self { file, next: Cell::new(0) }
    }

    /// Begins anew, for the next artifact: no block of the last one is left.
    pub(crate) fn rewind(&self) {
        self.next.set(0);
    }

    /// A block of so many bytes: a window of the file, or memory where it is small or the file is used up.
    pub(crate) fn block(&self, length: usize) -> Block {
        if length < SMALL {
            return Box::new(vec![0; length]);
        }
        match self.window(length) {
            Some(window) => Box::new(window),
            None => Box::new(vec![0; length]),
        }
    }

    fn window(&self, length: usize) -> Option<Window> {
        let offset = self.next.get();
        let next = offset.checked_add(u64::try_from(length).ok()?)?.checked_next_multiple_of(PAGE).filter(|next| *next <= LENGTH)?;
        #[expect(unsafe_code, reason = "the standard library maps no files")]
        // SAFETY: the kernel chooses the place, so no other memory is touched. No two windows share a byte of the file, which only this
        // process has mapped and which nobody cuts. Where the disk is full, the worker dies of SIGBUS, which costs one artifact.
        let start = unsafe {
            rustix::mm::mmap(std::ptr::null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, self.file.as_fd(), offset)
        }
        .ok()?;
        self.next.set(next);
        Some(Window { start: NonNull::new(start.cast())?, length })
    }
}

/// A part of the file, mapped.
struct Window {
    start: NonNull<u8>,
    length: usize,
}

impl Deref for Window {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        #[expect(unsafe_code, reason = "a mapping is memory that the compiler does not know")]
        // SAFETY: `start` is the beginning of `length` mapped, readable bytes that live as long as `self`.
        unsafe {
            std::slice::from_raw_parts(self.start.as_ptr(), self.length)
        }
    }
}

impl DerefMut for Window {
    fn deref_mut(&mut self) -> &mut [u8] {
        #[expect(unsafe_code, reason = "a mapping is memory that the compiler does not know")]
        // SAFETY: as above, and writable; `self` is borrowed for as long, and no other window shares a byte.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length)
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let start = self.start.as_ptr().cast();
        #[expect(unsafe_code, reason = "the standard library maps no files")]
        // SAFETY: exactly what was mapped; no slice of it outlives `self`. That the pages are given back is a favour to the disk: where
        // the file system cannot, they are written over.
        unsafe {
            let _ = rustix::mm::madvise(start, self.length, Advice::LinuxRemove);
            let _ = rustix::mm::munmap(start, self.length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_apart_and_give_their_pages_back() {
        let file = create().unwrap();
        let scratch = Scratch::new(file.try_clone().unwrap().into());
        let (mut one, mut two) = (scratch.block(SMALL), scratch.block(SMALL + 1));
        one.fill(1);
        two.fill(2);
        assert!(one.iter().all(|byte| *byte == 1) && two.iter().all(|byte| *byte == 2));
        assert_eq!((one.len(), two.len(), scratch.block(5).len()), (SMALL, SMALL + 1, 5));
        let used = || rustix::fs::fstat(&file).unwrap().st_blocks;
        let before = used();
        drop((one, two));
        assert!(used() < before);
        scratch.rewind();
        scratch.block(SMALL).fill(3);
        assert_eq!(scratch.next.get(), SMALL as u64);
    }
}
