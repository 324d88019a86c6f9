//! One file, compressed: a member of the same name less the extension.

use std::borrow::Cow;

use crate::Compression;
use crate::stream::{self, Buffer, Streams, Trouble};
use crate::tar;
use crate::walk::{Place, Step, Walk};

/// Whether a compressed stream begins as a tar does.
pub(crate) fn is_tar(bytes: &[u8], compression: Compression) -> bool {
    const HEADER: u64 = 512;
    let mut buffer = Buffer::new(&|length| Box::new(vec![0; length]));
    let length = Streams::new(compression, bytes).and_then(|mut streams| buffer.fill(HEADER, |into| streams.read(into)));
    length.is_ok_and(|length| tar::is_header(buffer.first(length)))
}

/// Reads the one file.
pub(crate) fn read(walk: &mut Walk<'_>, place: &Place<'_>, bytes: &[u8], compression: Compression) -> Step {
    walk.entry()?;
    let outer = place.name();
    let inner = outer.rsplit_once('.').map_or(outer, |(stem, _)| stem).to_owned();
    let named = walk.name(place, Cow::Owned(inner), true);
    let room = walk.room(Some(bytes.len() as u64));
    let whole = if compression == Compression::Gzip { stream::gunzip(bytes, room.bytes) } else { None };
    if let Some(content) = whole {
        walk.spend(content.len() as u64);
        return walk.member(place, &named, &content, false);
    }
    let mut buffer = Buffer::new(walk.memory());
    match unpack(bytes, compression, &mut buffer, room.bytes) {
        Ok((length, trailing)) => {
            walk.spend(length as u64);
            if trailing > 0 {
                walk.gap_of_archive(place, census_model::What::Ambiguous, trailing as u64);
            }
            walk.member(place, &named, buffer.first(length), false)
        }
        Err(trouble) => {
            walk.spend(buffer.written());
            if trouble == Trouble::Over {
                return walk.over(&named, room, bytes.len() as u64);
            }
            walk.gap(&named, trouble.what(), bytes.len() as u64);
            Ok(())
        }
    }
}

/// Unpacks at most `most` bytes; says how many came, and how many followed the stream.
fn unpack(bytes: &[u8], compression: Compression, buffer: &mut Buffer<'_>, most: u64) -> Result<(usize, usize), Trouble> {
    let mut streams = Streams::new(compression, bytes)?;
    let length = buffer.fill(most.saturating_add(1), |into| streams.read(into))?;
    if length as u64 > most { Err(Trouble::Over) } else { Ok((length, streams.trailing())) }
}
