//! Tars that no honest tool writes.

use census_model::What;
use census_testkit::package::tar::{Archive, Entry};
use census_testkit::package::{Compression, zip};

use crate::{gaps, paths, read};

fn entry_of(kind: u8, name: &str) -> Entry {
    Entry::of_type(kind, name.as_bytes(), b"")
}

#[test]
fn links_and_devices_are_gaps_and_not_members() {
    let archive = Archive::new()
        .entry(Entry::new("a", "1"))
        .entry(Entry::symlink("s", "/etc/passwd"))
        .entry(Entry::hard_link("h", "a"))
        .entry(entry_of(b'3', "dev"))
        .entry(entry_of(b'6', "fifo"))
        .entry(Entry::new("z", "2"));
    let (kept, summary) = read(&archive.build());
    let expected = [(What::Link, "s", 0), (What::Link, "h", 0), (What::Unsupported, "dev", 0), (What::Unsupported, "fifo", 0)];
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "z"], expected.to_vec()));
    assert_eq!(kept[1].number, 5);
}

#[test]
fn a_link_with_a_size_hides_nothing() {
    // Who passes over as many bytes as the link claims misses the member behind it.
    let archive = Archive::new().entry(Entry::symlink("s", "t").claims_size(1024)).entry(Entry::new("seen.py", "import os\n"));
    let (kept, summary) = read(&archive.build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["seen.py"], vec![(What::Link, "s", 1024)]));
    let archive = Archive::new().entry(Entry::directory("d/").claims_size(1024)).entry(Entry::new("seen.py", "import os\n"));
    let (kept, summary) = read(&archive.build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["seen.py"], vec![(What::Ambiguous, "", 1024)]));
}

#[test]
fn a_size_that_the_record_and_the_header_dispute_is_ambiguous() {
    // The record says 1,024 bytes and the header none: the body holds an archive that only readers of the header see.
    let body = Archive::new().entry(Entry::new("smuggled", "")).unended().build();
    let body = [body, vec![b'x'; 512]].concat();
    let archive = Archive::new()
        .entry(Entry::pax(&[("size", "1024")]))
        .entry(Entry::new("outer", &body).claims_size(0))
        .entry(Entry::new("next", "1"));
    let (kept, summary) = read(&archive.build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["outer", "next"], vec![(What::Ambiguous, "outer", 1024)]));
    assert_eq!(kept[0].bytes, body);
}

#[test]
fn sparse_members_are_passed_over() {
    let archive = Archive::new()
        .entry(Entry::of_type(b'S', b"old", b"packed"))
        .entry(Entry::pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")]))
        .entry(Entry::new("new", "packed"))
        .entry(Entry::new("z", "2"));
    let (kept, summary) = read(&archive.build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["z"], vec![(What::Unsupported, "old", 6), (What::Unsupported, "new", 6)]));
}

#[test]
fn paths_that_would_escape_and_duplicates_are_told() {
    for path in ["../x", "/etc/x", "a\\b"] {
        let (kept, summary) = read(&Archive::new().entry(Entry::new(path, "1")).build());
        assert_eq!((paths(&kept), summary.gaps[0].what), (vec![path], What::Name));
    }
    let (kept, summary) = read(&Archive::new().entry(Entry::new(b"a\xff", "1")).build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a\u{fffd}"], vec![(What::Name, "a\u{fffd}", 4)]));
    let (kept, summary) = read(&Archive::new().entry(Entry::new("a", "1")).entry(Entry::new("./a", "2")).build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "a"], vec![(What::Ambiguous, "a", 0)]));
}

#[test]
fn extension_headers_are_bounded() {
    let archive = Archive::new().entry(Entry::long_name(&vec![b'n'; 2 << 20])).entry(Entry::new("short", "1"));
    let (kept, summary) = read(&archive.build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["short"], vec![(What::Size, "", (2 << 20) + 1)]));
}

#[test]
fn what_follows_the_end_is_told() {
    let archive = || Archive::new().entry(Entry::new("a", "1"));
    let more = archive().build();
    let (kept, summary) = read(&archive().suffix(&more).build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a"], vec![(What::Ambiguous, "", 512 + i64::try_from(more.len()).unwrap())]));
    assert_eq!(gaps(&read(&archive().suffix(vec![0; 8192]).build()).1), []);
    for compression in [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd] {
        let packed = compression.pack(&more);
        let (_, summary) = read(&[packed.as_slice(), b"more"].concat());
        assert_eq!(gaps(&summary), [(What::Ambiguous, "", 4)], "{compression:?}");
        assert_eq!(gaps(&read(&[packed, vec![0; 8]].concat()).1), [], "{compression:?}");
    }
}

#[test]
fn a_missing_end_is_told() {
    for compression in Compression::ALL {
        let (kept, summary) = read(&compression.pack(&Archive::new().entry(Entry::new("a", "1")).unended().build()));
        assert_eq!((paths(&kept), gaps(&summary)), (vec!["a"], vec![(What::Truncated, "", 0)]));
    }
}

#[test]
fn a_damaged_header_ends_the_reading() {
    let first = Archive::new().entry(Entry::new("a", "1")).unended().build();
    let mut second = Archive::new().entry(Entry::new("b", "2")).build();
    second[0] = b'c';
    let (kept, summary) = read(&[first, second].concat());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a"], vec![(What::Damaged, "", 0)]));
}

#[test]
fn a_file_that_is_tar_and_zip_is_ambiguous() {
    let tar = Compression::Gzip.pack(&Archive::new().entry(Entry::new("a", "1")).build());
    let zip = zip::Archive::new().entry(zip::Entry::new("b", "2")).build();
    let (kept, summary) = read(&[tar, zip].concat());
    assert_eq!(paths(&kept), ["a"]);
    assert_eq!(summary.gaps.iter().map(|gap| gap.what).collect::<Vec<_>>(), [What::Ambiguous, What::Ambiguous]);
    // A zip stored as the last member of a plain tar is followed by the tar's own end.
    let zip = zip::Archive::new().entry(zip::Entry::new("b", "2")).build();
    let (kept, summary) = read(&Archive::new().entry(Entry::new("n.zip", zip)).build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["n.zip", "n.zip!/b"], vec![]));
}
