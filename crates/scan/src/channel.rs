//! How the pool and a worker speak: over one Unix socket, in frames; an artifact arrives as a descriptor.
//!
//! To the worker: a frame of [`Setup`] and one byte that carries the descriptor of its scratch file, then for each artifact one byte that carries its descriptor, and a frame of [`Job`].
//! Back: a frame of [`crate::Sandbox`] once, then one frame for each artifact.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use census_artifact::Limits;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use serde::{Deserialize, Serialize};

/// The longest frame to a worker, in bytes.
pub(crate) const MAX_REQUEST: usize = 1 << 20;
/// The longest frame from a worker: an artifact with more to tell than this has no result.
pub(crate) const MAX_REPLY: usize = 256 << 20;

/// What a worker must know before its first artifact.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    #[serde(with = "crate::config::Bounds")]
    pub(crate) limits: Limits,
    pub(crate) cpu_seconds: u64,
    pub(crate) memory_bytes: u64,
}

/// An artifact to scan; its bytes come as a descriptor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) project: String,
    pub(crate) sha256: String,
    pub(crate) filename: String,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// [`Setup`], to the worker.
    Setup = b'S',
    /// [`Job`], to the worker.
    Job = b'J',
    /// [`crate::Sandbox`], from the worker.
    Hello = b'H',
    /// The rows of an artifact, from the worker.
    Rows = b'R',
    /// The message of a panic, from the worker.
    Panic = b'P',
}

impl Tag {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Setup, Self::Job, Self::Hello, Self::Rows, Self::Panic].into_iter().find(|&tag| tag as u8 == byte)
    }
}

/// Writes a frame: its tag, its length (32 bits, little endian), its bytes.
pub(crate) fn send(out: &mut impl Write, tag: Tag, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    let mut head = [tag as u8, 0, 0, 0, 0];
    head[1..].copy_from_slice(&length.to_le_bytes());
    out.write_all(&head)?;
    out.write_all(bytes)
}

/// Reads a frame of at most `most` bytes; memory grows with what arrives, never with what was announced.
pub(crate) fn receive(from: &mut impl Read, most: usize) -> io::Result<(Tag, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let tag = Tag::from_byte(head[0]).ok_or(io::ErrorKind::InvalidData)?;
    let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok((tag, bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Sends one byte with a descriptor.
pub(crate) fn send_descriptor(socket: impl AsFd, descriptor: impl AsFd) -> io::Result<()> {
    let descriptors = [descriptor.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    let sent = rustix::net::sendmsg(socket, &[IoSlice::new(b"D")], &mut control, SendFlags::NOSIGNAL)?;
    if sent == 1 { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one byte with a descriptor; none where the other end is closed.
pub(crate) fn receive_descriptor(socket: impl AsFd) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if got.bytes == 0 {
        return Ok(None);
    }
    let descriptor = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    match descriptor {
        Some(descriptor) if !got.flags.contains(ReturnFlags::CTRUNC) => Ok(Some(descriptor)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn frames_round_trip_and_are_bounded() {
        let mut wire = Vec::new();
        send(&mut wire, Tag::Rows, b"abc").unwrap();
        assert_eq!(receive(&mut wire.as_slice(), 3).unwrap(), (Tag::Rows, b"abc".to_vec()));
        assert_eq!(receive(&mut wire.as_slice(), 2).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(receive(&mut &wire[..7], 3).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        wire[0] = b'?';
        assert_eq!(receive(&mut wire.as_slice(), 3).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_descriptor_arrives_and_an_end_is_seen() {
        let (here, there) = UnixStream::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"inside").unwrap();
        send_descriptor(&here, &file).unwrap();
        let got = receive_descriptor(&there).unwrap().unwrap();
        assert_eq!(rustix::fs::fstat(&got).unwrap().st_size, 6);
        drop(here);
        assert!(receive_descriptor(&there).unwrap().is_none());
    }
}
