//! The state of a reading: what was visited, what is missing, and how much may still be unpacked.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use census_model::{Gap, What};

use crate::container::{self, Container, Inside};
use crate::stream::Memory;
use crate::{Error, Limits, Member, Summary, path};

/// Why reading an archive ends before its last member.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Nothing in this archive can be read; none of its members was visited.
    Unreadable(Error),
    /// A bound of the whole artifact was reached, and noted as a gap.
    Bound,
}

/// The result of a step of the reading.
pub(crate) type Step<T = ()> = Result<T, Halt>;

/// Where in the artifact an archive is: the artifact itself, or a member of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'p> {
    member: Option<&'p Named>,
    depth: u8,
}

impl Place<'_> {
    pub(crate) const OUTERMOST: Self = Self { member: None, depth: 0 };

    /// Whether it is the artifact itself, whose bytes are no member.
    pub(crate) fn is_outermost(&self) -> bool {
        self.member.is_none()
    }

    /// The name of the archive, without its directory.
    pub(crate) fn name(&self) -> &str {
        self.member.map_or("", |named| named.path.rsplit('/').next().unwrap_or_default())
    }
}

/// A member that has its number and path.
#[derive(Debug)]
pub(crate) struct Named {
    number: i32,
    path: String,
}

/// How many bytes a member may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) bytes: u64,
    what: What,
    /// Whether the bound is that of the whole artifact.
    pub(crate) whole: bool,
}

impl Room {
    fn or(self, other: Self) -> Self {
        if other.bytes < self.bytes { other } else { self }
    }
}

pub(crate) struct Walk<'w> {
    limits: &'w Limits,
    memory: Memory<'w>,
    visit: &'w mut dyn FnMut(Member<'_>),
    /// What may still be unpacked, and the bound that sets it.
    left: u64,
    whole: What,
    entries: u32,
    next: i32,
    members: i32,
    unpacked: u64,
    gaps: Vec<Gap>,
    /// Hashes of the paths so far: paths themselves could take gigabytes, and a collision costs no more than a needless doubt.
    paths: HashSet<u64>,
}

impl<'w> Walk<'w> {
    pub(crate) fn new(limits: &'w Limits, memory: Memory<'w>, packed: usize, visit: &'w mut dyn FnMut(Member<'_>)) -> Self {
        let ratio = limits.unpacked(packed as u64);
        let (left, whole) = if ratio < limits.total_bytes { (ratio, What::Ratio) } else { (limits.total_bytes, What::Size) };
        Self { limits, memory, visit, left, whole, entries: 0, next: 0, members: 0, unpacked: 0, gaps: Vec::new(), paths: HashSet::new() }
    }

    pub(crate) fn finish(self, container: Container) -> Summary {
        Summary { container, members: self.members, bytes_unpacked: self.unpacked, gaps: self.gaps }
    }

    /// Where members are unpacked.
    pub(crate) fn memory(&self) -> Memory<'w> {
        self.memory
    }

    /// How many more entries may come.
    pub(crate) fn entries_left(&self) -> usize {
        self.limits.members.saturating_sub(self.entries) as usize
    }

    /// Counts an entry, whatever it is.
    pub(crate) fn entry(&mut self) -> Step {
        if self.entries_left() == 0 {
            self.gaps.push(Gap { member: None, path: String::new(), what: What::Members, bytes: 0 });
            return Err(Halt::Bound);
        }
        self.entries += 1;
        Ok(())
    }

    /// Gives a member its number and its path, noting what is wrong with either.
    pub(crate) fn name(&mut self, place: &Place<'_>, raw: Cow<'_, str>, plain: bool) -> Named {
        let (inner, fits) = path::bounded(raw, self.limits.path_bytes);
        let path = match place.member {
            Some(outer) => format!("{}!/{inner}", outer.path),
            None => inner.clone().into_owned(),
        };
        let named = Named { number: self.next, path };
        self.next = self.next.saturating_add(1);
        if !plain || !fits || !path::stays_inside(&inner) {
            self.gap(&named, What::Name, inner.len() as u64);
        }
        let mut hasher = DefaultHasher::new();
        named.path.hash(&mut hasher);
        if !self.paths.insert(hasher.finish()) {
            self.gap(&named, What::Ambiguous, 0);
        }
        named
    }

    /// Notes a gap of a member.
    pub(crate) fn gap(&mut self, named: &Named, what: What, bytes: u64) {
        self.gaps.push(Gap { member: Some(named.number), path: named.path.clone(), what, bytes: clamp(bytes) });
    }

    /// Notes a gap of an archive as a whole.
    pub(crate) fn gap_of_archive(&mut self, place: &Place<'_>, what: What, bytes: u64) {
        let (member, path) = place.member.map_or_else(|| (None, String::new()), |outer| (Some(outer.number), outer.path.clone()));
        self.gaps.push(Gap { member, path, what, bytes: clamp(bytes) });
    }

    /// How many bytes may still be unpacked in all.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// Counts unpacked bytes, whether or not they come to be visited.
    pub(crate) fn spend(&mut self, bytes: u64) {
        self.left = self.left.saturating_sub(bytes);
    }

    /// How many bytes the next member may have, given its packed size where it has one.
    pub(crate) fn room(&self, packed: Option<u64>) -> Room {
        let room = Room { bytes: self.limits.member_bytes, what: What::Size, whole: false };
        let room = match packed {
            Some(packed) => room.or(Room { bytes: self.limits.unpacked(packed), what: What::Ratio, whole: false }),
            None => room,
        };
        room.or(Room { bytes: self.left, what: self.whole, whole: true })
    }

    /// Notes that a member of so many bytes did not fit, and ends the reading where the bound is that of the artifact.
    pub(crate) fn over(&mut self, named: &Named, room: Room, bytes: u64) -> Step {
        if room.whole {
            return Err(self.exhausted());
        }
        self.gap(named, room.what, bytes);
        Ok(())
    }

    /// Notes that nothing more may be unpacked.
    pub(crate) fn exhausted(&mut self) -> Halt {
        self.gaps.push(Gap { member: None, path: String::new(), what: self.whole, bytes: 0 });
        Halt::Bound
    }

    /// Visits a member, and what is inside it.
    pub(crate) fn member(&mut self, place: &Place<'_>, named: &Named, bytes: &[u8], executable: bool) -> Step {
        self.members = self.members.saturating_add(1);
        self.unpacked = self.unpacked.saturating_add(bytes.len() as u64);
        (self.visit)(Member { number: named.number, path: &named.path, bytes, executable });
        let container = match container::nested(&named.path, bytes) {
            Inside::Archive(container) => container,
            Inside::Nothing => return Ok(()),
            Inside::Sealed => {
                self.gap(named, What::Unsupported, bytes.len() as u64);
                return Ok(());
            }
        };
        if place.depth >= self.limits.nesting {
            self.gap(named, What::Nesting, bytes.len() as u64);
            return Ok(());
        }
        match container.read(self, &Place { member: Some(named), depth: place.depth + 1 }, bytes) {
            Err(Halt::Unreadable(_)) => {
                self.gap(named, What::Damaged, bytes.len() as u64);
                Ok(())
            }
            step => step,
        }
    }
}

fn clamp(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
