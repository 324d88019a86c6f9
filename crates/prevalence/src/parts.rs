//! What touches every fact, part by part: projects fall into buckets, a part is some buckets, and nothing of one part is needed for
//! another. As many parts run side by side as there are threads, so memory is that of a few parts, whatever the size of the lake.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use census_catalog::Catalog;
use census_lake::arrow::array::RecordBatch;
use census_lake::{Draft, Session};
use census_model::tier::Unit;
use census_model::{Table, id};
use tokio::task::JoinSet;

use crate::inputs::Numbers;
use crate::steps::{self, FOUND, HITS, UPHELD, take};
use crate::verdicts::Disputes;
use crate::{Config, Error, inputs};

/// How many facts make a part.
const PART: u64 = 8_000_000;

/// The facts of a part with those of releases that were history and speak again, as after a newer one was yanked.
const RETURNED: &str = include_str!("../../../pipelines/prevalence/returned.sql");

/// What a part comes to: the answer of [`steps::of_part`], and how many findings are new.
type Done = (Vec<RecordBatch>, usize);

/// What all parts come to, and how many findings are new; those are written to `draft`.
pub(crate) async fn all(
    session: &Session,
    draft: Option<&Draft>,
    config: &Config,
    rules: (&Catalog, &Numbers),
    disputes: &Disputes,
) -> Result<Done, Error> {
    let facts = session.size(Table::Facts) / PART;
    let parts = config.parts.unwrap_or_else(|| i16::try_from(facts + 1).unwrap_or(id::BUCKETS));
    let unit = config.unit;
    let work =
        divided(parts).into_iter().map(|buckets| async move { Ok(done(part(session, &buckets, disputes).await?, draft.cloned(), unit)) });
    let (mut answers, mut findings) = (disputed(session, rules, disputes, unit).await?, 0);
    side_by_side(work, async |(answer, new): Done| {
        answers.extend(answer);
        findings += new;
        Ok(())
    })
    .await?;
    Ok((answers, findings))
}

/// The buckets of so many parts, or of the next power of two of them, up to one each.
pub(crate) fn divided(parts: i16) -> Vec<RangeInclusive<i16>> {
    let parts = parts.clamp(1, id::BUCKETS).cast_unsigned().next_power_of_two();
    let width = id::BUCKETS / i16::try_from(parts).unwrap_or(id::BUCKETS);
    (0..id::BUCKETS / width).map(|part| part * width..=(part + 1) * width - 1).collect()
}

/// Does the work, as much at once as there are threads: each piece is prepared here, done by itself, and what it gives taken here.
pub(crate) async fn side_by_side<P, W, T>(
    work: impl IntoIterator<Item = P>,
    mut take: impl AsyncFnMut(T) -> Result<(), Error>,
) -> Result<(), Error>
where
    P: Future<Output = Result<W, Error>>,
    W: Future<Output = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut waiting, mut running) = (work.into_iter(), JoinSet::new());
    loop {
        while running.len() < threads
            && let Some(next) = waiting.next()
        {
            running.spawn(next.await?);
        }
        match running.join_next().await {
            Some(Ok(done)) => take(done?).await?,
            Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            None => return Ok(()),
        }
    }
}

/// A condition on ids of projects or artifacts: that they are in these buckets.
pub(crate) fn within(column: &str, buckets: &RangeInclusive<i16>) -> String {
    // The ids are signed: all of them together are no range that begins with the first bucket's.
    match (*buckets.start(), *buckets.end()) {
        (0, last) if last == id::BUCKETS - 1 => "true".to_owned(),
        _ => {
            let [first, last] = id::ids_of_buckets(buckets.clone());
            format!("{column} BETWEEN {first} AND {last}")
        }
    }
}

/// A session that sees the projects of some buckets.
async fn part(session: &Session, buckets: &RangeInclusive<i16>, disputes: &Disputes) -> Result<Session, Error> {
    let part = session.fork().await?;
    let of_bucket = format!("bucket BETWEEN {} AND {}", buckets.start(), buckets.end());
    let fresh = part.keep("fresh", &format!("SELECT * FROM fresh WHERE {}", within("artifact_id", buckets))).await?;
    let facts = if fresh == 0 { "false" } else { &of_bucket };
    part.define("facts", &format!("SELECT * FROM facts WHERE {facts}")).await?;
    if fresh > 0 && session.size(Table::FactsHistory) > 0 {
        part.define("facts", &format!("{RETURNED} AND h.{of_bucket}")).await?;
    }
    part.define("findings", &format!("SELECT * FROM findings WHERE {of_bucket}")).await?;
    part.define("held", &format!("SELECT * FROM held WHERE {}", within("artifact_id", buckets))).await?;
    let others = if disputes.projects.is_empty() { "true".to_owned() } else { format!("project_id NOT IN ({})", list(&disputes.projects)) };
    part.define("voice", &format!("SELECT * FROM voice WHERE {} AND {others}", within("project_id", buckets))).await?;
    Ok(part)
}

async fn done(part: Session, draft: Option<Draft>, unit: Unit) -> Result<Done, Error> {
    take(&part, HITS).await?;
    take(&part, FOUND).await?;
    let mut new = 0;
    if let Some(draft) = draft {
        let findings = part.query("SELECT * FROM finding").await?;
        new = findings.iter().map(RecordBatch::num_rows).sum();
        draft.write(Table::Findings, &findings).await?;
    }
    Ok((answer(&part, unit).await?, new))
}

/// What is found comes to.
async fn answer(part: &Session, unit: Unit) -> Result<Vec<RecordBatch>, Error> {
    let (steps, name, _) = steps::of_part(unit);
    take(part, steps).await?;
    Ok(part.query(&format!("SELECT * FROM {name}")).await?)
}

/// What the projects show that reviewers had something to say of: their findings, made again without what was found wrong.
async fn disputed(
    session: &Session,
    (catalog, numbers): (&Catalog, &Numbers),
    disputes: &Disputes,
    unit: Unit,
) -> Result<Vec<RecordBatch>, Error> {
    if disputes.projects.is_empty() {
        return Ok(Vec::new());
    }
    let part = session.fork().await?;
    let (projects, buckets) = (list(&disputes.projects), disputes.projects.iter().map(|&p| id::bucket(p)).collect::<BTreeSet<_>>());
    part.register("dismissed", &disputes.dismissed)?;
    part.register("dismissed_file", &disputes.files)?;
    part.define("voice", &format!("SELECT * FROM voice WHERE project_id IN ({projects})")).await?;
    part.keep("fresh", "SELECT artifact_id, extractor FROM voice WHERE extractor IS NOT NULL").await?;
    part.define("findings", "SELECT * FROM findings WHERE false").await?;
    // Those of the whole are only of what was not classified before.
    part.register("held", &inputs::held(&part, catalog, numbers).await?)?;
    let buckets = list(&buckets.into_iter().map(i64::from).collect::<Vec<_>>());
    part.define("facts", &format!("SELECT * FROM facts WHERE bucket IN ({buckets}) AND project_id IN ({projects})")).await?;
    take(&part, UPHELD).await?;
    take(&part, FOUND).await?;
    answer(&part, unit).await
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
