//! Zip: the index says what there is, as it does for installers; where the local headers disagree, that is a gap.

mod index;
mod inflate;
mod local;

use census_model::What;

use crate::path;
use crate::stream::Trouble;
use crate::walk::{Halt, Place, Step, Walk};
use index::{Entry, Index};
use inflate::Inflater;
use local::Local;

/// The bit of an entry's flags that says it is encrypted.
const ENCRYPTED: u16 = 1;
/// The bit that says that sizes and checksum follow the data.
const DESCRIPTOR: u16 = 1 << 3;
/// The bit that says that the name is UTF-8.
const UTF8: u16 = 1 << 11;

/// Whether a zip's index can be found and read.
pub(crate) fn has_index(bytes: &[u8]) -> bool {
    Index::read(bytes, 1).is_ok_and(|index| !index.entries.is_empty())
}

/// Whether the bytes end with a zip's index, with nothing after it.
pub(crate) fn ends_with_index(bytes: &[u8]) -> bool {
    Index::read(bytes, 1).is_ok_and(|index| !index.entries.is_empty() && index.trailing == 0)
}

/// Reads a zip's members, in the order of its index.
pub(crate) fn read(walk: &mut Walk<'_>, place: &Place<'_>, bytes: &[u8]) -> Step {
    // One more than may be read, so that the bound is met and noted.
    let index = Index::read(bytes, walk.entries_left().saturating_add(1)).map_err(Halt::Unreadable)?;
    for (what, count) in index.doubts() {
        walk.gap_of_archive(place, what, count);
    }
    let locals: Vec<Option<Local<'_>>> = index.entries.iter().map(|entry| Local::read(bytes, entry)).collect();
    let overlapping = local::overlapping(&locals, index.start);
    let (before, hidden) = local::unlisted(bytes, &locals, index.start);
    // What precedes a nested archive was visited with the member that it is.
    if before > 0 && place.is_outermost() {
        walk.gap_of_archive(place, What::Unsupported, before);
    }
    // Beyond the bound the index is not read, so that nothing can be said to be missing from it.
    if hidden > 0 && locals.len() <= walk.entries_left() {
        walk.gap_of_archive(place, What::Ambiguous, hidden);
    }
    let mut inflater = Inflater::new(walk.memory());
    for ((entry, local), overlaps) in index.entries.iter().zip(&locals).zip(overlapping) {
        walk.entry()?;
        if !entry.name.ends_with(b"/") {
            member(walk, place, &mut inflater, bytes, (entry, local.as_ref(), overlaps))?;
        } else if entry.size > 0 {
            // Installers make a directory of it and pass over the bytes.
            walk.gap_of_archive(place, What::Ambiguous, entry.size);
        }
    }
    Ok(())
}

fn member(
    walk: &mut Walk<'_>,
    place: &Place<'_>,
    inflater: &mut Inflater<'_>,
    bytes: &[u8],
    (entry, local, overlaps): (&Entry<'_>, Option<&Local<'_>>, bool),
) -> Step {
    let (path, plain) = if entry.flags & UTF8 == 0 { path::cp437(entry.name) } else { path::utf8(entry.name) };
    let named = walk.name(place, path, plain);
    if entry.is_link() {
        walk.gap(&named, What::Link, entry.size);
    }
    let Some(local) = local else {
        walk.gap(&named, What::Damaged, entry.size);
        return Ok(());
    };
    if overlaps || local.disagrees(entry) {
        walk.gap(&named, What::Ambiguous, entry.size);
    }
    if (entry.flags | local.flags) & ENCRYPTED != 0 {
        walk.gap(&named, What::Encrypted, entry.size);
        return Ok(());
    }
    let Some(packed) = bytes.get(local.data.clone()) else {
        walk.gap(&named, What::Truncated, entry.size);
        return Ok(());
    };
    let room = walk.room(Some(packed.len() as u64));
    match inflater.unpack(entry, packed, room.bytes) {
        Ok(content) => {
            walk.spend(content.len().max(packed.len()) as u64);
            if content.len() as u64 != entry.size {
                walk.gap(&named, What::Damaged, entry.size.abs_diff(content.len() as u64));
            }
            // The sum stands at up to three places, and readers differ in which they look at: none may disagree.
            let crc = crc32fast::hash(content);
            if crc != entry.crc || local.claims_another(bytes, crc) {
                walk.gap(&named, What::Checksum, content.len() as u64);
            }
            walk.member(place, &named, content, entry.is_executable())
        }
        Err(trouble) => {
            // Work in vain counts, and so does input that gives nothing: entries may share their data.
            walk.spend(inflater.cost().max(packed.len() as u64));
            if trouble == Trouble::Over {
                return walk.over(&named, room, entry.size);
            }
            walk.gap(&named, trouble.what(), entry.size);
            Ok(())
        }
    }
}
