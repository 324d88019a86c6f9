//! Archives, honest and hostile, built in memory and read back.

mod bounds;
mod damage;
mod honest;
mod hostile_tar;
mod hostile_zip;

use census_artifact::{Error, Limits, Summary};
use census_model::What;

/// A member that was visited, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    number: i32,
    path: String,
    bytes: Vec<u8>,
    executable: bool,
}

fn try_read(bytes: &[u8], limits: &Limits) -> Result<(Vec<Kept>, Summary), Error> {
    let mut kept = Vec::new();
    let summary = census_artifact::read(bytes, limits, &mut |member| {
        kept.push(Kept {
            number: member.number,
            path: member.path.to_owned(),
            bytes: member.bytes.to_vec(),
            executable: member.executable,
        });
    })?;
    assert_eq!(usize::try_from(summary.members), Ok(kept.len()));
    assert_eq!(summary.bytes_unpacked, kept.iter().map(|member| member.bytes.len() as u64).sum::<u64>());
    Ok((kept, summary))
}

fn read(bytes: &[u8]) -> (Vec<Kept>, Summary) {
    try_read(bytes, &Limits::default()).expect("a readable archive")
}

fn paths(kept: &[Kept]) -> Vec<&str> {
    kept.iter().map(|member| member.path.as_str()).collect()
}

/// The gaps: what, the path, the bytes.
fn gaps(summary: &Summary) -> Vec<(What, &str, i64)> {
    summary.gaps.iter().map(|gap| (gap.what, gap.path.as_str(), gap.bytes)).collect()
}
