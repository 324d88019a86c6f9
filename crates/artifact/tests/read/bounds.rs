//! Each bound, met.

use census_artifact::Limits;
use census_model::What;
use census_testkit::package::zip::{self, Method};
use census_testkit::package::{Compression, tar};

use crate::{Kept, gaps, paths, try_read};

/// The same files as a zip and as every kind of tar.
fn archives(files: &[(&str, Vec<u8>)]) -> Vec<Vec<u8>> {
    let zip = files
        .iter()
        .fold(zip::Archive::new(), |archive, (path, bytes)| archive.entry(zip::Entry::new(path, bytes).method(Method::Deflate)));
    let tar = files.iter().fold(tar::Archive::new(), |archive, (path, bytes)| archive.entry(tar::Entry::new(path, bytes))).build();
    let tars = Compression::ALL.into_iter().map(|compression| compression.pack(&tar));
    std::iter::once(zip.build()).chain(tars).collect()
}

fn few(path: &str, count: usize) -> (&str, Vec<u8>) {
    (path, vec![b'x'; count])
}

/// Checks what is left of each archive within the limits, and the gaps.
fn check(archives: &[Vec<u8>], limits: &Limits, left: &[&str], expected: &[(What, &str, i64)]) {
    for bytes in archives {
        let (kept, summary) = try_read(bytes, limits).unwrap();
        assert_eq!((paths(&kept), gaps(&summary)), (left.to_vec(), expected.to_vec()), "{}", summary.container);
    }
}

#[test]
fn members() {
    let archives = archives(&[few("a", 1), few("b", 1), few("c", 1)]);
    check(&archives, &Limits { members: 2, ..Limits::default() }, &["a", "b"], &[(What::Members, "", 0)]);
    check(&archives, &Limits { members: 3, ..Limits::default() }, &["a", "b", "c"], &[]);
    check(&archives, &Limits { members: 0, ..Limits::default() }, &[], &[(What::Members, "", 0)]);
}

#[test]
fn bytes_of_a_member() {
    let archives = archives(&[few("a", 100), few("b", 101), few("c", 100)]);
    check(&archives, &Limits { member_bytes: 100, ..Limits::default() }, &["a", "c"], &[(What::Size, "b", 101)]);
}

#[test]
fn bytes_in_all() {
    let archives = archives(&[few("a", 4000), few("b", 4000), few("c", 4000)]);
    check(&archives, &Limits { total_bytes: 10_000, ..Limits::default() }, &["a", "b"], &[(What::Size, "", 0)]);
    check(&archives, &Limits { total_bytes: 100_000, ..Limits::default() }, &["a", "b", "c"], &[]);
}

#[test]
fn ratio_of_a_member_and_of_the_whole() {
    let noise: Vec<u8> = (0..10_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let limits = Limits { ratio: 20, ratio_floor: 1000, ..Limits::default() };
    let zip = archives(&[few("before", 1), ("noise", noise.clone()), few("bomb", 1_000_000), few("after", 1)]).swap_remove(0);
    check(&[zip], &limits, &["before", "noise", "after"], &[(What::Ratio, "bomb", 1_000_000)]);
    let tars = archives(&[few("before", 1), few("bomb", 1_000_000), few("after", 1)]);
    check(&tars[2..], &limits, &["before"], &[(What::Ratio, "", 0)]);
    let honest = archives(&[("noise", noise)]);
    check(&honest, &limits, &["noise"], &[]);
}

#[test]
fn small_members_may_have_any_ratio() {
    let limits = Limits { ratio: 2, ratio_floor: 300_000, ..Limits::default() };
    check(&archives(&[few("zeros", 200_000)]), &limits, &["zeros"], &[]);
}

#[test]
fn nesting() {
    let mut bytes = archives(&[few("core.py", 1)]).swap_remove(0);
    for _ in 0..4 {
        bytes = archives(&[("n.zip", bytes)]).swap_remove(0);
    }
    let at = |depth: u8| try_read(&bytes, &Limits { nesting: depth, ..Limits::default() }).unwrap();
    let (kept, summary) = at(3);
    assert_eq!(paths(&kept), ["n.zip", "n.zip!/n.zip", "n.zip!/n.zip!/n.zip", "n.zip!/n.zip!/n.zip!/n.zip"]);
    assert_eq!(summary.gaps.len(), 1);
    assert_eq!((summary.gaps[0].what, summary.gaps[0].member), (What::Nesting, Some(3)));
    let (kept, summary) = at(4);
    assert_eq!((kept.last().map(|member| member.path.as_str()), gaps(&summary)), (Some("n.zip!/n.zip!/n.zip!/n.zip!/core.py"), vec![]));
    let (kept, _) = at(0);
    assert_eq!(paths(&kept), ["n.zip"]);
}

#[test]
fn bounds_hold_across_nested_archives() {
    let inner = archives(&[few("x", 4000), few("y", 4000)]).swap_remove(0);
    let outer = archives(&[("1.zip", inner.clone()), ("2.zip", inner), few("z", 1)]);
    let limits = Limits { total_bytes: 14_000, ..Limits::default() };
    let (kept, summary) = try_read(&outer[0], &limits).unwrap();
    assert_eq!(paths(&kept), ["1.zip", "1.zip!/x", "1.zip!/y", "2.zip", "2.zip!/x"]);
    assert_eq!(gaps(&summary), [(What::Size, "", 0)]);
    let (kept, summary) = try_read(&outer[0], &Limits { members: 5, ..Limits::default() }).unwrap();
    assert_eq!((kept.len(), gaps(&summary)), (5, vec![(What::Members, "", 0)]));
}

#[test]
fn path_bytes() {
    let limits = Limits { path_bytes: 10, ..Limits::default() };
    let archives = archives(&[few("0123456789", 1), few("0123456789a", 1)]);
    check(&archives, &limits, &["0123456789", "0123456789"], &[(What::Name, "0123456789", 10), (What::Ambiguous, "0123456789", 0)]);
}

#[test]
fn a_bomb_costs_no_more_than_the_bound() {
    let zeros = vec![0; 1 << 20];
    let bomb = zip::Archive::new().entry(zip::Entry::new("kernel", &zeros).method(Method::Deflate));
    let bomb =
        (0..1000).fold(bomb, |archive, number| archive.entry(zip::Entry::new(format!("{number}"), "").method(Method::Deflate).alias_of(0)));
    let bytes = bomb.build();
    let limits = Limits { total_bytes: 4 << 20, ..Limits::default() };
    let mut visited = 0;
    let summary = census_artifact::read(&bytes, &limits, &mut |member| visited += member.bytes.len()).unwrap();
    assert!(visited <= 4 << 20);
    assert_eq!(summary.gaps.last().map(|gap| gap.what), Some(What::Size));
    assert_eq!(summary.gaps.iter().filter(|gap| gap.what == What::Ambiguous).count(), 4);
}

#[test]
fn work_in_vain_counts() {
    // A stream that unpacks to 1 MiB and is cut just before its end, under a thousand names.
    let packed = Compression::Gzip.pack(&vec![0; 1 << 20]);
    let cut = zip::Entry::new("kernel", "").method(Method::Deflate).packed(&packed[10..packed.len() - 16]).claims_size(0);
    let archive = (0..1000).fold(zip::Archive::new().entry(cut), |archive, number| {
        archive.entry(zip::Entry::new(format!("{number}"), "").method(Method::Deflate).alias_of(0))
    });
    let (kept, summary) = try_read(&archive.build(), &Limits { total_bytes: 4 << 20, ..Limits::default() }).unwrap();
    assert_eq!((kept.len(), gaps(&summary).last()), (0, Some(&(What::Size, "", 0))));
    assert!(summary.gaps.len() < 12);
}

#[test]
fn a_declared_size_reserves_no_memory() {
    // Three members that say they are of 16 EiB, 4 GiB and 4 GiB, and are of three bytes.
    let lie = |name: &str| zip::Entry::new(name, "x=1").method(Method::Deflate);
    let bytes = zip::Archive::new()
        .entry(lie("a").zip64().claims_size(u64::MAX))
        .entry(lie("b").claims_size(u64::from(u32::MAX) - 1))
        .entry(lie("c").claims_size(0))
        .build();
    let (kept, summary) = try_read(&bytes, &Limits::default()).unwrap();
    assert!(kept.iter().all(|Kept { bytes, .. }| bytes == b"x=1"));
    assert_eq!(gaps(&summary), [(What::Damaged, "a", i64::MAX), (What::Damaged, "b", i64::from(u32::MAX) - 4), (What::Damaged, "c", 3)]);
    let bytes = tar::Archive::new().entry(tar::Entry::new("a", "x=1").claims_size(1 << 60)).build();
    let limits = Limits { member_bytes: u64::MAX, total_bytes: u64::MAX, ..Limits::default() };
    let (kept, summary) = try_read(&bytes, &limits).unwrap();
    assert_eq!((kept.len(), summary.gaps[0].what), (0, What::Truncated));
}
