//! What of a page is shown, and in which order: the same for every format.

use std::collections::BTreeSet;

use census_model::{How, Kind, Phase, Role};
use serde::Serialize;

use super::{Evidence, IssueShown, Page, Shown};
use crate::Share;
use crate::layout::clip;
use crate::number::{count, plural};

/// How many pieces of evidence of a rule are shown, unless all are asked for.
const EVIDENCE: usize = 3;

/// How many pieces of evidence that does not count are shown of a rule, and of all, unless all are asked for: none of a rule that
/// code that runs shows anyway.
const NOT_RUN: (usize, usize) = (2, 16);

/// How many unread things are shown, unless all are asked for.
const UNREAD: usize = 5;

/// The widest value shown, in columns.
const VALUE: usize = 60;

/// A page in order.
#[derive(Debug, Serialize)]
pub(crate) struct View<'a> {
    pub(crate) page: &'a Page,
    pub(crate) scanned: bool,
    /// Behaviors of code that runs, the rarest first.
    pub(crate) runs: Vec<Row<'a, Shown>>,
    /// Behaviors that count though no code that runs shows them: URLs, secrets.
    pub(crate) text: Vec<Row<'a, Shown>>,
    /// Evidence that does not count.
    pub(crate) not_run: Vec<Seen>,
    /// What is said of it.
    pub(crate) not_run_title: &'static str,
    pub(crate) not_run_more: usize,
    /// What happens without being asked for: at start-up, install or import.
    pub(crate) unasked: Vec<Unasked<'a>>,
    /// Ordinary behaviors that are not shown.
    pub(crate) folded: i64,
    /// Issues, the worst first and of those the rarest.
    pub(crate) issues: Vec<Row<'a, IssueShown>>,
    pub(crate) running_issues: usize,
    pub(crate) unread: &'a [super::Unread],
    pub(crate) unread_more: usize,
    /// Whether a label is missing for want of coverage.
    pub(crate) unlabelled: bool,
    /// Whether a rule shown is not validated.
    pub(crate) unvalidated: bool,
}

/// A behavior or an issue, and what of its evidence is shown.
#[derive(Debug, Serialize)]
pub(crate) struct Row<'a, T> {
    pub(crate) shown: &'a T,
    pub(crate) evidence: Vec<Seen>,
    pub(crate) more: usize,
}

/// A behavior that happens unasked, and when.
#[derive(Debug, Serialize)]
pub(crate) struct Unasked<'a> {
    pub(crate) sentence: &'a str,
    pub(crate) phase: Phase,
}

/// A piece of evidence in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Seen {
    /// `when called`; of what does not run, what the file is for: `stub`.
    pub(crate) when: String,
    /// `winreg.OpenKey`, `declares os.chmod`.
    pub(crate) what: String,
    /// `jedi/api/environment.py:418`.
    pub(crate) place: String,
    /// `sdist only, not installed`; empty where there is nothing to add.
    pub(crate) note: String,
}

impl<'a> View<'a> {
    pub(crate) fn new(page: &'a Page, all: bool) -> Self {
        let mut behaviors: Vec<&Shown> = page.behaviors.iter().filter(|b| all || !b.ordinary).collect();
        behaviors.sort_by(|a, b| rarity(&a.shares).total_cmp(&rarity(&b.shares)).then_with(|| a.rule.cmp(&b.rule)));
        let (runs, rest): (Vec<&Shown>, Vec<&Shown>) = behaviors.iter().partition(|b| b.counts && counted(b).any(Evidence::runs));
        let text: Vec<&Shown> = rest.into_iter().filter(|b| b.counts).collect();
        let mut issues: Vec<&IssueShown> = page.issues.iter().collect();
        issues.sort_by(|a, b| {
            b.severity.cmp(&a.severity).then(rarity(&a.shares).total_cmp(&rarity(&b.shares))).then_with(|| a.rule.cmp(&b.rule))
        });

        let limit = if all { usize::MAX } else { EVIDENCE };
        let (not_run, not_run_more) = not_run(page, &behaviors, &runs, all);
        let only_not_run = behaviors.iter().flat_map(|b| uncounted(b)).all(|e| !e.runs());
        let counting = || runs.iter().chain(&text);
        let labels = counting().map(|b| (&b.shares, &b.label)).chain(issues.iter().map(|i| (&i.shares, &i.label)));
        let unread = &page.unread[..page.unread.len().min(if all { usize::MAX } else { UNREAD })];
        Self {
            page,
            scanned: page.is_scanned(),
            unlabelled: labels.into_iter().any(|(shares, label)| label.is_none() && shares.last().is_some_and(|whole| whole.yes > 0)),
            unvalidated: counting().any(|b| b.unvalidated) || issues.iter().any(|i| i.unvalidated),
            unasked: runs.iter().filter_map(|b| unasked(b)).collect(),
            runs: runs.iter().map(|b| Row::new(page, *b, counted(b), limit)).collect(),
            text: text.iter().map(|b| Row::new(page, *b, counted(b), limit)).collect(),
            not_run,
            not_run_title: if only_not_run { "Not run" } else { "Not run, bundled or unsure" },
            not_run_more,
            folded: count(page.behaviors.iter().filter(|b| !all && b.ordinary).count()),
            running_issues: issues.iter().filter(|i| i.in_running_code).count(),
            issues: issues.iter().map(|i| Row::new(page, *i, i.evidence.iter(), limit)).collect(),
            unread,
            unread_more: page.unread.len() - unread.len(),
        }
    }
}

impl<'a, T> Row<'a, T> {
    fn new<'e>(page: &Page, shown: &'a T, evidence: impl Iterator<Item = &'e Evidence>, limit: usize) -> Self {
        let mut evidence = evidence.map(|e| Seen::new(page, e));
        Self { shown, evidence: evidence.by_ref().take(limit).collect(), more: evidence.count() }
    }
}

impl Seen {
    fn new(page: &Page, evidence: &Evidence) -> Self {
        let line = if evidence.line > 0 { format!(":{}", evidence.line) } else { String::new() };
        Self { when: when(evidence), what: what(evidence), place: format!("{}{line}", evidence.path), note: notes(page, evidence) }
    }
}

/// The share of the widest tier that shows it; what is not known comes last.
fn rarity(shares: &[Share]) -> f64 {
    shares.last().and_then(Share::ratio).unwrap_or(f64::INFINITY)
}

fn counted(shown: &Shown) -> impl Iterator<Item = &Evidence> {
    shown.evidence.iter().filter(|e| e.counts)
}

fn uncounted(shown: &Shown) -> impl Iterator<Item = &Evidence> {
    shown.evidence.iter().filter(|e| !(shown.counts && e.counts))
}

/// The most urgent phase of a behavior, where it comes before being called.
fn unasked(shown: &Shown) -> Option<Unasked<'_>> {
    let phase = counted(shown).filter(|e| e.runs()).map(|e| e.phase).min()?;
    (phase <= Phase::Import).then_some(Unasked { sentence: sentence(&shown.sentence), phase })
}

/// The evidence that does not count, each place once, and how much of it is left out. What counts for one behavior and not for another,
/// as where that is of what runs at install, is in the counts.
fn not_run(page: &Page, behaviors: &[&Shown], runs: &[&Shown], all: bool) -> (Vec<Seen>, usize) {
    let place = |e: &Evidence| (e.value.clone(), e.path.clone(), e.line);
    let counts: BTreeSet<_> = behaviors.iter().filter(|b| b.counts).flat_map(|b| counted(b)).map(place).collect();
    let mut known = BTreeSet::new();
    let mut more = 0;
    let mut shown = Vec::new();
    for behavior in behaviors {
        let mut left = match runs.iter().any(|running| running.rule == behavior.rule) {
            _ if all => usize::MAX,
            true => 0,
            false => NOT_RUN.0.min(NOT_RUN.1.saturating_sub(shown.len())),
        };
        for evidence in uncounted(behavior).filter(|&evidence| !counts.contains(&place(evidence))) {
            let seen = Seen::new(page, evidence);
            if !known.insert(seen.clone()) {
                continue;
            }
            if left == 0 {
                more += 1;
            } else {
                left -= 1;
                shown.push(seen);
            }
        }
    }
    (shown, more)
}

/// A sentence without its full stop, for a row of a table.
pub(crate) fn sentence(text: &str) -> &str {
    text.strip_suffix('.').unwrap_or(text)
}

fn when(evidence: &Evidence) -> String {
    if !evidence.counts && matches!(evidence.how, How::Text | How::String) && evidence.runs() {
        return evidence.how.name().to_owned();
    }
    if !evidence.runs() {
        return match evidence.role {
            Role::Test | Role::Doc | Role::Example | Role::Stub | Role::Data => evidence.role.name(),
            _ => "text",
        }
        .to_owned();
    }
    match evidence.phase {
        Phase::Startup => "at start-up",
        Phase::Install => "at install",
        Phase::Import => "at import",
        Phase::Call => "when called",
        Phase::Script => "as a script",
        Phase::Native => "native code",
        Phase::Never => "never",
    }
    .to_owned()
}

fn what(evidence: &Evidence) -> String {
    let kind = match evidence.kind {
        Kind::Call | Kind::Name | Kind::Arg | Kind::Flow | Kind::Meta => "",
        Kind::Import => "imports ",
        Kind::Declare => "declares ",
        Kind::Env => "variable ",
        Kind::Path => "path ",
        Kind::Regkey => "key ",
        Kind::Host => "host ",
        Kind::Command => "command ",
        Kind::Symbol => "symbol ",
        Kind::Library => "library ",
        Kind::Pattern => "pattern ",
        Kind::Format => "format ",
        Kind::Url => "URL ",
    };
    clip(&format!("{kind}{}", evidence.value), VALUE)
}

fn notes(page: &Page, evidence: &Evidence) -> String {
    let mut notes = Vec::new();
    notes.extend((evidence.role == Role::Vendored).then(|| "vendored".to_owned()));
    notes.extend(match evidence.how {
        How::Resolved | How::String => None,
        How::Folded => Some("disguised".to_owned()),
        How::Decoded => Some("inside an encoded payload".to_owned()),
        How::Text => Some("matched as text".to_owned()),
    });
    notes.extend((evidence.count > 1).then(|| plural(evidence.count.into(), "time")));
    notes.extend(evidence.note.clone());
    if let Some(only) = &evidence.only_in {
        let installed = page.artifacts.iter().any(|a| a.installed && a.kind == *only);
        notes.push(format!("{only} only{}", if installed { "" } else { ", not installed" }));
    }
    notes.join(", ")
}
