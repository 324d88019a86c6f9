//! Prevalence against the same by a slow, obvious computation, over random small ecosystems: whatever is asked for, in however many
//! parts, after whatever was asked before, now and as of earlier nights, with one catalog and then another, optimized or not.

mod catalogs;
mod rows;
mod slow;
mod world;

use census_catalog::Catalog;
use census_lake::{Batch, Keep, Lake};
use census_model::tables::FindingRow;
use census_model::tier::Tiers;
use census_model::{Policy, Time, id};
use census_prevalence::{Config, Lens, Numbers, Qualified, catalog_id, run};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rows::{Rows, end, together};
use slow::{Answer, Sign, Signs, Slow};
use world::{Asked, NIGHTS, Then, World, worlds};

type Checked = Result<(), TestCaseError>;

fn answer(numbers: &Numbers) -> Answer {
    let number = |r: &census_model::tables::PrevalenceRow| {
        ((r.rule.clone(), r.tier.clone()), ([r.yes, r.unknown, r.scanned, r.eligible, r.population], r.label.clone()))
    };
    Answer {
        numbers: numbers.prevalence.iter().map(number).collect(),
        coverage: numbers.coverage.iter().map(|c| (c.tier.clone(), [c.population, c.absent, c.eligible, c.scanned, c.partly])).collect(),
        unscanned: numbers.unscanned.iter().map(|u| ((u.tier.clone(), u.why.clone()), u.projects)).collect(),
    }
}

/// Asks the lake as the stage does: findings that are new stay.
async fn ask(lake: &Lake, catalog: &Catalog, asked: &Asked, cuts: &[i32], lens: Lens) -> Answer {
    let config = Config {
        unit: asked.unit,
        qualified: asked.qualified.clone(),
        lens,
        parts: asked.parts,
        ..Config::of(asked.policy, Tiers::new(cuts.to_vec()))
    };
    let (session, draft) = (lake.session().await.expect("a session"), lake.draft());
    let numbers = run(&session, Some(&draft), catalog, &config, ("a-run", Time(0))).await.expect("numbers");
    if asked.qualified == Qualified::default() {
        draft.commit(Batch::new().with(&numbers.rules)).await.expect("committed");
    }
    answer(&numbers)
}

/// Commits pieces, so many at once.
async fn commit(lake: &Lake, pieces: &[Rows], commits: usize) {
    for some in pieces.chunks(pieces.len().div_ceil(commits)) {
        lake.commit(together(some).batch()).await.expect("committed");
    }
}

/// What differs, and nothing else.
fn equal(what: &str, asked: &Asked, got: &Answer, want: &Answer) -> Checked {
    for (key, want) in &want.numbers {
        prop_assert_eq!(got.numbers.get(key), Some(want), "{}: {:?} {:?}", what, key, asked);
    }
    prop_assert_eq!(&got.coverage, &want.coverage, "{}: {:?}", what, asked);
    prop_assert_eq!(&got.unscanned, &want.unscanned, "{}: {:?}", what, asked);
    prop_assert_eq!(got.numbers.len(), want.numbers.len());
    Ok(())
}

/// What numbers are, whatever they are of: tiers include each other, and the parts of each make the whole.
fn adds_up(answer: &Answer, cuts: &[i32]) -> Checked {
    let tiers: Vec<String> = cuts.iter().map(|cut| format!("top-{cut}")).chain(["all".to_owned()]).collect();
    for ((rule, tier), ([yes, unknown, scanned, eligible, population], _)) in &answer.numbers {
        let [of_tier, absent, also_eligible, also_scanned, partly] = answer.coverage[tier];
        let unscanned: i64 = answer.unscanned.iter().filter(|((t, _), _)| t == tier).map(|(_, n)| n).sum();
        let no = scanned - yes - unknown;
        prop_assert!(*yes >= 0 && *unknown >= 0 && no >= 0, "{} {}: no = {}", rule, tier, no);
        prop_assert_eq!(yes + unknown + no + unscanned, *eligible, "{} {}", rule, tier);
        prop_assert_eq!([of_tier, also_eligible, also_scanned], [*population, *eligible, *scanned]);
        prop_assert!(partly <= *scanned && absent + eligible <= *population);
        let wider = tiers.iter().skip_while(|t| *t != tier).nth(1).map(|wider| answer.numbers[&(rule.clone(), wider.clone())].0);
        // Unknown and no are not monotone for want of being scanned; every count of things that are there is.
        if let Some([y, u, s, e, p]) = wider {
            prop_assert!(y >= *yes && u >= *unknown && s >= *scanned && e >= *eligible && p >= *population, "{} {}", rule, tier);
        }
    }
    Ok(())
}

/// The findings of everything that speaks now: each once, each with its first evidence.
async fn findings(lake: &Lake, catalog: &Catalog, slow: &Slow<'_>, policy: Policy) -> Checked {
    let sql = format!("SELECT * FROM findings WHERE catalog = '{}'", catalog_id(catalog));
    let rows: Vec<FindingRow> = lake.session().await.expect("a session").rows(&sql).await.expect("findings");
    for (key, signs) in slow.findings(&[policy]) {
        let found = rows.iter().filter(|row| (row.artifact_id, row.extractor) == key);
        let mut found: Vec<_> = found.map(|row| (row.rule.clone(), finding(row))).collect();
        found.sort();
        prop_assert_eq!(found, told(signs));
    }
    prop_assert!(rows.iter().all(|row| row.bucket == id::bucket(row.project_id) && row.bucket == id::bucket(row.artifact_id)));
    Ok(())
}

fn finding(row: &FindingRow) -> Sign {
    Sign {
        not_counting: !row.counts,
        phase: row.phase,
        how: row.how,
        role: row.role,
        member: row.member,
        line: row.line,
        term_id: row.term_id,
        count: row.count,
    }
}

fn told(signs: Signs) -> Vec<(String, Sign)> {
    let one = |(rule, signs): (String, Vec<Sign>)| {
        let count = signs.iter().map(|sign| sign.count).sum();
        (rule, Sign { count, ..signs.into_iter().min().expect("a sign") })
    };
    signs.into_iter().map(one).collect()
}

/// Merges all files, and moves to history what nothing needs tonight.
async fn optimize(lake: &Lake, catalog: &Catalog, slow: &Slow<'_>) {
    let keep = Keep { artifacts: slow.findings(Policy::ALL).into_keys().collect(), catalog: Some(catalog_id(catalog)) };
    lake.optimize(&lake.session().await.expect("a session"), &keep).await.expect("optimized");
}

async fn holds(world: World) -> Checked {
    let first = catalogs::first(world.labels);
    let (nights, cuts) = (world.nights(), world.cuts.as_slice());
    let lake = Lake::open_or_create("memory:///").await.expect("a lake");
    // Night by night: what is told of tonight.
    let mut told = Vec::new();
    for (night, asked) in nights.iter().zip(&world.asked) {
        commit(&lake, night, world.commits).await;
        let so_far = together(nights[..=told.len()].iter().flatten());
        let slow = Slow::new(&so_far, &first, &asked.qualified, cuts, &Lens::default());
        let got = ask(&lake, &first, asked, cuts, Lens::default()).await;
        equal("tonight", asked, &got, &slow.answer(asked))?;
        adds_up(&got, cuts)?;
        told.push(got);
    }
    match world.then {
        Then::Back => looking_back(&world, &lake, &first, &told).await,
        Then::Again => again(&world, &lake, &first).await,
        Then::Other => with_another_catalog(&world, &lake).await,
    }
}

/// The numbers of the nights before, told later, are those that were told then; what has moved to history is still known.
async fn looking_back(world: &World, lake: &Lake, catalog: &Catalog, told: &[Answer]) -> Checked {
    let (all, cuts) = (together(world.nights().iter().flatten()), world.cuts.as_slice());
    optimize(lake, catalog, &Slow::new(&all, catalog, &Qualified::default(), cuts, &Lens::default())).await;
    let asked = &world.asked[NIGHTS - 1];
    equal("tonight, optimized", asked, &ask(lake, catalog, asked, cuts, Lens::default()).await, &told[NIGHTS - 1])?;
    for (night, asked) in world.asked[..NIGHTS - 1].iter().enumerate() {
        let again = ask(lake, catalog, asked, cuts, Lens::as_of(end(night))).await;
        equal("as of a night", asked, &again, &told[night])?;
    }
    Ok(())
}

/// What stands already changes nothing, nor does the order in which everything was written.
async fn again(world: &World, lake: &Lake, catalog: &Catalog) -> Checked {
    let (nights, cuts) = (world.nights(), world.cuts.as_slice());
    let all = together(nights.iter().flatten());
    let asked = Asked { qualified: Qualified::default(), ..world.asked[NIGHTS].clone() };
    let slow = Slow::new(&all, catalog, &asked.qualified, cuts, &Lens::default());
    let now = slow.answer(&asked);
    equal("now", &asked, &ask(lake, catalog, &asked, cuts, Lens::default()).await, &now)?;
    findings(lake, catalog, &slow, asked.policy).await?;
    equal("again", &asked, &ask(lake, catalog, &asked, cuts, Lens::default()).await, &now)?;
    let other = Lake::open_or_create("memory:///").await.expect("a lake");
    let backwards: Vec<Rows> = nights.into_iter().flatten().rev().collect();
    commit(&other, &backwards, 2).await;
    equal("backwards", &asked, &ask(&other, catalog, &asked, cuts, Lens::default()).await, &now)?;
    findings(&other, catalog, &slow, asked.policy).await
}

/// Rules that have changed find what they find, whatever others found before: now, among what was read before, and in the past.
async fn with_another_catalog(world: &World, lake: &Lake) -> Checked {
    let (catalog, cuts) = (catalogs::second(world.labels), world.cuts.as_slice());
    let all = together(world.nights().iter().flatten());
    let read = Lens { read: Some(end(0)), ..Lens::default() };
    for (asked, lens) in world.asked[NIGHTS..].iter().zip([Lens::default(), read, Lens::as_of(end(1))]) {
        let want = Slow::new(&all, &catalog, &asked.qualified, cuts, &lens).answer(asked);
        let got = ask(lake, &catalog, asked, cuts, lens).await;
        equal("with another catalog", asked, &got, &want)?;
        adds_up(&got, cuts)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_what_counting_by_hand_gives(world in worlds(catalogs::RULES.to_vec())) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(holds(world))?;
    }
}
