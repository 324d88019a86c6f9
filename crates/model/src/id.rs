//! 64-bit ids: hashes of what they name, so that writers need not agree on anything.
//!
//! Each is the first eight bytes, little endian, of a SHA-256 over the parts with a NUL between; signed, since Delta Lake
//! has no unsigned types. The lake checks for collisions when it writes.

use sha2::{Digest, Sha256};

use crate::Kind;

/// How many buckets the fact tables are clustered by.
pub const BUCKETS: i16 = 64;

fn hash(parts: &[&str]) -> i64 {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let bytes = digest.finalize();
    i64::from_le_bytes(bytes[..8].try_into().expect("a SHA-256 has 32 bytes"))
}

/// The id of a project by its normalized name.
pub fn project(name: &str) -> i64 {
    hash(&["project", name])
}

/// The id of an artifact: one project's file with this SHA-256 (lower-case hex). Its top six bits are those of the project, so that
/// whatever is sorted by artifact is clustered by bucket, and the range of a file's ids tells whether it can hold one.
pub fn artifact(project: &str, sha256: &str) -> i64 {
    const BUCKET: u64 = !(u64::MAX >> 6);
    let (own, bucket) = (hash(&["artifact", project, sha256]), self::project(project));
    (own.cast_unsigned() & !BUCKET | bucket.cast_unsigned() & BUCKET).cast_signed()
}

/// The id of a term.
pub fn term(kind: Kind, value: &str) -> i64 {
    hash(&["term", kind.name(), value])
}

/// The bucket of a project: the top six bits of its id, 0 to 63.
pub fn bucket(project_id: i64) -> i16 {
    i16::try_from(project_id.cast_unsigned() >> 58).expect("six bits")
}

/// The ids, of projects and artifacts alike, that lie in these buckets: first and last.
pub fn ids_of_buckets(buckets: std::ops::RangeInclusive<i16>) -> [i64; 2] {
    // The ids are signed: buckets from 32 are the negative ones.
    let first = |bucket: i16| u64::from(bucket.cast_unsigned()) << 58;
    let last = first(*buckets.end()) | u64::MAX >> 6;
    [first(*buckets.start()).cast_signed(), last.cast_signed()]
}

/// A SHA-256 as 64 lower-case hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_what_they_are() {
        // Published tables hold these numbers: a change here orphans every row ever written.
        assert_eq!(project("six"), hash(&["project", "six"]));
        assert_ne!(project("six"), artifact("six", ""));
        assert_ne!(term(Kind::Call, "os.chmod"), term(Kind::Name, "os.chmod"));
        assert_eq!(hex(&[0x0a, 0xff]), "0aff");
    }

    #[test]
    fn an_artifact_is_in_its_projects_bucket() {
        for n in 0..200 {
            let name = format!("p{n}");
            let bucket = bucket(project(&name));
            let [first, last] = ids_of_buckets(bucket..=bucket);
            for id in [project(&name), artifact(&name, "aa"), artifact(&name, "bb")] {
                assert!(self::bucket(id) == bucket && (first..=last).contains(&id), "{name}: {id}");
            }
        }
        assert_ne!(artifact("p", "aa"), artifact("p", "bb"));
    }

    #[test]
    fn buckets_are_even() {
        let mut seen = [0u32; 64];
        for n in 0..6400 {
            seen[usize::try_from(bucket(project(&format!("p{n}")))).unwrap()] += 1;
        }
        assert_eq!(seen.len(), usize::try_from(BUCKETS).unwrap());
        assert!(seen.iter().all(|&n| (50..=160).contains(&n)), "{seen:?}");
    }
}
