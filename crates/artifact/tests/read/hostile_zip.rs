//! Zips that no honest tool writes.

use census_artifact::{Error, Limits};
use census_model::What;
use census_testkit::package::zip::{Archive, Entry, Method};

use crate::{gaps, paths, read, try_read};

/// Reads an archive of one such entry between two honest ones, which must come through.
fn between(entry: Entry) -> (Option<String>, Vec<(What, i64)>) {
    let (kept, summary) = read(&Archive::new().entry(Entry::new("1", "first")).entry(entry).entry(Entry::new("3", "last")).build());
    assert_eq!((&kept[0].bytes, &kept.last().unwrap().bytes), (&b"first".to_vec(), &b"last".to_vec()));
    assert_eq!(kept.last().unwrap().number, 2);
    assert!(summary.gaps.iter().all(|gap| gap.member == Some(1)), "{:?}", summary.gaps);
    let middle = (kept.len() == 3).then(|| String::from_utf8(kept[1].bytes.clone()).unwrap());
    (middle, summary.gaps.iter().map(|gap| (gap.what, gap.bytes)).collect())
}

#[test]
fn a_wrong_checksum_is_a_gap_and_the_member_is_visited() {
    for method in Method::ALL {
        assert_eq!(between(Entry::new("2", "words").method(method).claims_crc(7)), (Some("words".into()), vec![(What::Checksum, 5)]));
    }
}

#[test]
fn a_lying_size_is_a_gap_and_what_comes_out_is_visited() {
    for size in [0, 4, 6, 1 << 30] {
        let (content, gaps) = between(Entry::new("2", "words").method(Method::Deflate).claims_size(size));
        assert_eq!((content, gaps), (Some("words".into()), vec![(What::Damaged, (i64::try_from(size).unwrap() - 5).abs())]));
        let (content, gaps) = between(Entry::new("2", "words").claims_size(size));
        assert_eq!((content, gaps), (Some("words".into()), vec![(What::Damaged, (i64::try_from(size).unwrap() - 5).abs())]));
    }
}

#[test]
fn what_cannot_be_unpacked_is_passed_over() {
    assert_eq!(between(Entry::new("2", "words").encrypted()), (None, vec![(What::Encrypted, 5)]));
    assert_eq!(between(Entry::new("2", "words").method(Method::Other(9))), (None, vec![(What::Unsupported, 5)]));
    for method in [Method::Deflate, Method::Bzip2, Method::Xz, Method::Zstd, Method::Lzma] {
        let (content, gaps) = between(Entry::new("2", "words").method(method).packed([7; 64]));
        assert_eq!((content, gaps), (None, vec![(What::Damaged, 5)]), "{method:?}");
    }
}

#[test]
fn data_that_reaches_beyond_the_file_is_truncated() {
    let (content, gaps) = between(Entry::new("2", "words").claims_packed_size(1 << 20));
    assert_eq!((content, gaps), (None, vec![(What::Ambiguous, 5), (What::Truncated, 5)]));
}

#[test]
fn a_local_header_of_another_name_is_ambiguous() {
    assert_eq!(between(Entry::new("2", "words").local_name("two")), (Some("words".into()), vec![(What::Ambiguous, 5)]));
}

#[test]
fn a_link_is_a_gap_and_its_bytes_are_visited() {
    assert_eq!(between(Entry::new("2", "/etc/passwd").mode(0o120_777)), (Some("/etc/passwd".into()), vec![(What::Link, 11)]));
}

#[test]
fn paths_that_would_escape_are_kept_and_told() {
    for path in ["../x", "/etc/x", "C:/x", "a\\b", "a/../../x"] {
        let (kept, summary) = read(&Archive::new().entry(Entry::new(path, "1")).build());
        assert_eq!((paths(&kept), summary.gaps[0].what), (vec![path], What::Name));
    }
    let odd = |entry| read(&Archive::new().entry(entry).build());
    assert_eq!(gaps(&odd(Entry::new(b"a\0b", "1")).1), [(What::Name, "a\u{fffd}b", 5)]);
    assert_eq!(gaps(&odd(Entry::new(b"a\xff", "1")).1), [(What::Name, "a\u{fffd}", 4)]);
    assert_eq!(gaps(&odd(Entry::new("", "1")).1), [(What::Name, "", 0)]);
    let (kept, summary) = odd(Entry::new(b"caf\x82", "1").cp437());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["café"], vec![]));
}

#[test]
fn members_of_one_name_are_both_visited() {
    let (kept, summary) = read(&Archive::new().entry(Entry::new("a", "1")).entry(Entry::new("a", "2")).build());
    assert_eq!((paths(&kept), &kept[1].bytes), (vec!["a", "a"], &b"2".to_vec()));
    assert_eq!((summary.gaps.len(), summary.gaps[0].what, summary.gaps[0].member), (1, What::Ambiguous, Some(1)));
}

#[test]
fn entries_that_overlap_are_ambiguous() {
    let bytes = Archive::new().entry(Entry::new("a", "1")).entry(Entry::new("b", "").alias_of(0)).build();
    let (kept, summary) = read(&bytes);
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "b"], vec![(What::Ambiguous, "b", 1)]));
}

#[test]
fn what_the_index_leaves_out_is_told() {
    let hidden = Entry::new("hidden.py", "import os").unlisted();
    for entries in [[hidden.clone(), Entry::new("a", "1")], [Entry::new("a", "1"), hidden.clone()]] {
        let (kept, summary) = read(&entries.into_iter().fold(Archive::new(), Archive::entry).build());
        assert_eq!((paths(&kept), gaps(&summary)), (vec!["a"], vec![(What::Ambiguous, "", 48)]));
    }
    let first = Entry::new("a", "1").descriptor();
    let (_, summary) = read(&Archive::new().entry(first).entry(hidden).entry(Entry::new("b", "1")).build());
    assert_eq!(gaps(&summary), [(What::Ambiguous, "", 64)]);
}

#[test]
fn what_stands_before_and_after_is_told() {
    let archive = || Archive::new().entry(Entry::new("a", "1")).entry(Entry::new("b", "2").zip64());
    let (kept, summary) = read(&archive().prefix("MZ a program that unpacks itself").build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "b"], vec![(What::Unsupported, "", 32)]));
    let (kept, summary) = read(&archive().zip64().prefix("MZ").build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "b"], vec![(What::Unsupported, "", 2)]));
    let (kept, summary) = read(&archive().suffix("more").build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "b"], vec![(What::Ambiguous, "", 4)]));
    let (kept, summary) = read(&archive().prefix(Archive::new().entry(Entry::new("first", "1")).build()).build());
    assert_eq!((paths(&kept), summary.gaps[0].what), (vec!["a", "b"], What::Ambiguous));
}

#[test]
fn a_wrong_count_is_told() {
    let (kept, summary) = read(&Archive::new().entry(Entry::new("a", "1")).claims_count(2).build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["a"], vec![(What::Ambiguous, "", 0)]));
}

#[test]
fn an_index_that_cannot_be_is_an_error() {
    let mut bytes = Archive::new().entry(Entry::new("a", "1")).build();
    let size = bytes.len() - 10;
    bytes[size..size + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let offset = bytes.len() as u64 - 22;
    let error = try_read(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(error, Error::Index { offset, what: "a directory larger than the file" });
}

#[test]
fn a_nested_archive_that_cannot_be_read_is_a_gap() {
    let (kept, summary) = read(&Archive::new().entry(Entry::new("n.zip", "PK\u{3}\u{4} no more")).entry(Entry::new("b", "1")).build());
    assert_eq!((paths(&kept), gaps(&summary)), (vec!["n.zip", "b"], vec![(What::Damaged, "n.zip", 12)]));
}
