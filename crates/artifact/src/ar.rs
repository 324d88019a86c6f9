//! The outer archive of a Debian package: a few members behind one another, of which two are tars.

use std::borrow::Cow;

use census_model::What;

use crate::path;
use crate::walk::{Place, Step, Walk};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// Whether the first member is the one that every Debian package begins with.
pub(crate) fn is_debian(bytes: &[u8]) -> bool {
    bytes.strip_prefix(MAGIC).is_some_and(|rest| rest.starts_with(b"debian-binary"))
}

/// Reads the members.
pub(crate) fn read(walk: &mut Walk<'_>, place: &Place<'_>, bytes: &[u8]) -> Step {
    let mut rest = bytes.get(MAGIC.len()..).unwrap_or_default();
    let mut whole = false;
    while !rest.is_empty() {
        walk.entry()?;
        let Some((header, body)) = rest.split_at_checked(HEADER).filter(|(header, _)| header.ends_with(b"`\n")) else {
            walk.gap_of_archive(place, What::Damaged, rest.len() as u64);
            return Ok(());
        };
        let name = header[..16].trim_ascii_end();
        whole |= name.starts_with(b"data.tar");
        let (name, plain) = path::utf8(name.strip_suffix(b"/").unwrap_or(name));
        let named = walk.name(place, Cow::Owned(name.into_owned()), plain);
        let size = std::str::from_utf8(&header[48..58]).ok().and_then(|size| size.trim_end().parse::<usize>().ok());
        let Some(content) = size.and_then(|size| body.get(..size)) else {
            walk.gap(&named, What::Truncated, body.len() as u64);
            return Ok(());
        };
        let room = walk.room(None);
        walk.spend(content.len() as u64);
        if content.len() as u64 > room.bytes {
            walk.over(&named, room, content.len() as u64)?;
        } else {
            walk.member(place, &named, content, false)?;
        }
        // Each begins at an even place.
        rest = body.get(content.len() + content.len() % 2..).unwrap_or_default();
    }
    // Its files come last.
    if !whole {
        walk.gap_of_archive(place, What::Truncated, 0);
    }
    Ok(())
}
