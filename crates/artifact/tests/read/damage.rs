//! Archives that were cut or changed: never a panic, and never silence about what is missing.

use std::sync::LazyLock;

use census_artifact::{Limits, read};
use census_testkit::package::zip::{self, Method};
use census_testkit::package::{Compression, Sdist, Wheel, tar};
use proptest::prelude::*;

use crate::{Kept, gaps, try_read};

/// Small archives of every kind, with a nested one inside.
static INTACT: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let inner = Wheel::new("inner", "1").file("inner.py", "import os\n").build();
    let sdists = Compression::ALL.into_iter().map(|compression| {
        let sdist = Sdist::new("demo", "1").compression(compression).file("setup.py", "print(1)\n".repeat(50));
        sdist.file("inner.whl", &inner.bytes).build().bytes
    });
    let zip = Method::ALL.into_iter().fold(zip::Archive::new(), |archive, method| {
        archive.entry(zip::Entry::new(format!("{method:?}.py"), "import os\n".repeat(50)).method(method))
    });
    let nested = zip::Entry::new("inner.whl", &inner.bytes).method(Method::Deflate).descriptor();
    let wheel = Wheel::new("demo", "1").file("demo.py", "import sys\n".repeat(50)).build().bytes;
    sdists.chain([zip.entry(nested).build(), wheel]).collect()
});

#[test]
fn a_cut_archive_never_passes_for_a_whole_one() {
    for bytes in INTACT.iter() {
        let (whole, summary) = try_read(bytes, &Limits::default()).unwrap();
        assert_eq!(gaps(&summary), []);
        for end in (0..bytes.len()).step_by(7) {
            if let Ok((kept, summary)) = try_read(&bytes[..end], &Limits::default()) {
                // Of what fills a tar's last record only zeros are lost.
                assert!(!summary.gaps.is_empty() || kept == whole, "{} cut at {end} of {}", summary.container, bytes.len());
                assert!(kept.iter().zip(&whole).all(|(cut, whole)| cut == whole));
            }
        }
    }
}

fn limits() -> Limits {
    Limits { total_bytes: 4 << 20, member_bytes: 1 << 20, ..Limits::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(start in 0..8_usize, bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let magics: [&[u8]; 8] = [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x01\x02"];
        let _ = read(&[magics[start], &bytes].concat(), &limits(), &mut |_| ());
    }

    #[test]
    fn any_change_is_survived(which in 0..7_usize, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = INTACT[which].clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(summary) = read(&bytes, &limits(), &mut |_| ()) {
            prop_assert!(summary.bytes_unpacked <= 4 << 20);
        }
    }

    #[test]
    fn any_change_within_a_tar_is_survived(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        // Changed before it is packed, so that the change reaches the headers.
        let archive = tar::Archive::new().entry(tar::Entry::pax(&[("path", "long/name"), ("size", "5")])).entry(tar::Entry::new("a", "12345"));
        let mut bytes = archive.entry(tar::Entry::long_name(b"long")).entry(tar::Entry::new("b", "1")).build();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
            tar::reseal(&mut bytes);
        }
        let _ = read(&Compression::Gzip.pack(&bytes), &limits(), &mut |_| ());
    }

    #[test]
    fn what_is_packed_is_what_is_read(files in proptest::collection::btree_map("[a-z]{1,8}(/[a-zé]{1,8}){0,3}", proptest::collection::vec(any::<u8>(), 0..3000), 0..12), method in 0..6_usize) {
        let zip = files.iter().fold(zip::Archive::new(), |archive, (path, bytes)| {
            archive.entry(zip::Entry::new(path, bytes).method(Method::ALL[method]))
        });
        let tar = files.iter().fold(tar::Archive::new(), |archive, (path, bytes)| archive.entry(tar::Entry::new(path, bytes)));
        for bytes in [zip.build(), Compression::ALL[method % 5].pack(&tar.build())] {
            if files.is_empty() && bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            let (kept, summary) = try_read(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(gaps(&summary), vec![]);
            let expected: Vec<Kept> = (0..).zip(&files).map(|(number, (path, bytes))| {
                Kept { number, path: path.clone(), bytes: bytes.clone(), executable: false }
            }).collect();
            prop_assert_eq!(kept, expected);
        }
    }
}
