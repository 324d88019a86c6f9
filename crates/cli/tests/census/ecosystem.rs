//! The numbers of a small synthetic ecosystem, with its own rules: what benchmarks do at full size.

use std::num::NonZero;

use census_bench::ecosystem::{self, Options};

use crate::place::Place;

#[test]
fn a_synthetic_ecosystem_has_numbers_that_add_up() {
    let place = Place::new();
    let threads = NonZero::<usize>::MIN;
    ecosystem::write(&Options { lake: place.path("lake"), data: place.path("data"), projects: 200, seed: 3, history: 1, threads })
        .expect("an ecosystem");
    place.census(&["prevalence", "-q", "--data", &place.arg("data")]).ends(0);
    let of = |sql: &str| place.rows(sql)[0]["n"].as_i64().expect("a number");
    let counted =
        of("SELECT count(DISTINCT rule) AS n FROM latest_prevalence WHERE rule NOT IN (SELECT rule FROM rules WHERE kind = 'issue')");
    let behaviors = of("SELECT count(*) AS n FROM rules WHERE kind = 'behavior'");
    assert!(counted == behaviors && behaviors > 300, "{counted} of {behaviors}");
    assert_eq!(
        of("SELECT count(*) AS n FROM latest_prevalence WHERE yes + unknown > scanned OR scanned > eligible OR eligible > population"),
        0
    );
    let (scanned, population) = (
        of("SELECT max(scanned) AS n FROM latest_prevalence WHERE tier = 'all'"),
        of("SELECT max(population) AS n FROM latest_prevalence WHERE tier = 'all'"),
    );
    assert!(scanned > 170 && population > scanned, "{scanned} of {population}");
    let shown = of("SELECT count(*) AS n FROM latest_prevalence WHERE tier = 'all' AND yes > 0");
    assert!(shown > 150, "{shown} rules are shown");
}
