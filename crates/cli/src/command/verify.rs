//! `census verify`: every table and every mirrored file, read whole.

use census_crawl::{Checked, Mirror};
use census_lake::{Damage, Lake, Verified};
use census_report::{bytes, inert, thousands};

use super::print;
use crate::Ending;
use crate::args::{Common, Verify};

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Verify) -> Ending {
    let verified = Lake::open(&common.lake).await?.verify().await?;
    let mirror = common.mirror.clone();
    let checked = if options.tables { Checked::default() } else { tokio::task::spawn_blocking(move || Mirror::verify(&mirror)).await?? };
    let line = |Damage { table, file, what }: &Damage| inert(&format!("table `{table}`: {file}: {what}")).into_owned();
    let mut damages: Vec<String> = verified.damages.iter().map(line).collect();
    damages.extend(checked.damages.iter().map(|(file, what)| inert(&format!("mirror: {}: {what}", file.display())).into_owned()));
    if damages.is_empty() && !common.quiet {
        print(&summary(&verified, &checked))?;
    }
    Ok(damages)
}

fn summary(verified: &Verified, checked: &Checked) -> String {
    let count = |n: usize| thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let size = |n: u64| bytes(i64::try_from(n).unwrap_or(i64::MAX));
    let tables = format!("{} rows in {} files ({})", count(verified.rows), count(verified.files), size(verified.bytes));
    format!("sound: {tables}, {} log entries, {} mirrored files ({})\n", count(verified.entries), count(checked.files), size(checked.bytes))
}
