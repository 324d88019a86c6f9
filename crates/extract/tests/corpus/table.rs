//! What `make accuracy` prints.

use std::fmt::Write;

use census_model::Kind;

use crate::case::Class;
use crate::{DISGUISES, Outcome};

/// Cases and facts by class, by area, by disguise and by kind; then each case that is wrong, and how.
pub(crate) fn print(outcomes: &[Outcome<'_>]) {
    let mut out = String::from("\n");
    cases("class", Class::ALL.map(|class| (class.name().to_owned(), select(outcomes, |o| o.case.class == class))).to_vec(), &mut out);
    let mut areas: Vec<&str> = outcomes.iter().map(|outcome| outcome.case.area.as_str()).collect();
    areas.dedup();
    cases("area", areas.into_iter().map(|area| (area.to_owned(), select(outcomes, |o| o.case.area == area))).collect(), &mut out);
    let of = |disguise: &str| select(outcomes, |o| o.case.disguise.as_deref() == Some(disguise));
    cases("disguise", DISGUISES.iter().map(|disguise| ((*disguise).to_owned(), of(disguise))).collect(), &mut out);
    kinds(outcomes, &mut out);
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_exact()) {
        wrong(outcome, &mut out);
    }
    show(&out);
}

#[expect(clippy::print_stdout, reason = "the figures are what the test is for")]
fn show(out: &str) {
    println!("{out}");
}

fn select<'o, 'a>(outcomes: &'o [Outcome<'a>], fits: impl Fn(&Outcome<'_>) -> bool) -> Vec<&'o Outcome<'a>> {
    outcomes.iter().filter(|outcome| fits(outcome)).collect()
}

fn cases(title: &str, groups: Vec<(String, Vec<&Outcome<'_>>)>, out: &mut String) {
    let all: Vec<&Outcome<'_>> = groups.iter().flat_map(|(_, group)| group.iter().copied()).collect();
    let _ = writeln!(out, "{title:<20} {:>6} {:>6} {:>7} {:>7}", "cases", "exact", "", "missed");
    for (name, group) in groups.into_iter().chain([("all".to_owned(), all)]) {
        let exact = group.iter().filter(|outcome| outcome.is_exact()).count();
        let missed = group.iter().filter(|outcome| outcome.is_missed()).count();
        let _ = writeln!(out, "  {name:<18} {:>6} {exact:>6} {:>7} {missed:>7}", group.len(), share(exact, group.len()));
    }
    out.push('\n');
}

fn kinds(outcomes: &[Outcome<'_>], out: &mut String) {
    let _ = writeln!(out, "{:<20} {:>6} {:>6} {:>7} {:>7}", "kind", "facts", "right", "missing", "surplus");
    let (mut rights, mut missings, mut surpluses) = (0, 0, 0);
    for &kind in Kind::ALL {
        let right = outcomes.iter().flat_map(|o| &o.right).filter(|of| **of == kind).count();
        let missing = outcomes.iter().flat_map(|o| &o.missing).filter(|expected| expected.entry.kind == kind).count();
        let surplus = outcomes.iter().flat_map(|o| &o.surplus).filter(|line| line.kind == kind).count();
        let _ = writeln!(out, "  {:<18} {:>6} {right:>6} {missing:>7} {surplus:>7}", kind.name(), right + missing);
        (rights, missings, surpluses) = (rights + right, missings + missing, surpluses + surplus);
    }
    let _ = writeln!(out, "  {:<18} {:>6} {rights:>6} {missings:>7} {surpluses:>7}\n", "all", rights + missings);
}

fn wrong(outcome: &Outcome<'_>, out: &mut String) {
    let _ = writeln!(out, "{} ({}, {})", outcome.case.id, outcome.case.area, outcome.case.class.name());
    for expected in &outcome.missing {
        let _ = writeln!(out, "  missing {}{}", expected.entry, if expected.key { "  ← what it is about" } else { "" });
    }
    for line in &outcome.surplus {
        let _ = writeln!(out, "  surplus {line}");
    }
    for (expected, count) in &outcome.counts {
        let _ = writeln!(out, "  {} times: {}", count, expected.entry);
    }
}

fn share(part: usize, whole: usize) -> String {
    let hundredths = (part * 1000).checked_div(whole).unwrap_or(0);
    format!("{}.{}%", hundredths / 10, hundredths % 10)
}
