//! From rules as written to rules that hold: every promise of a rule file is checked here.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::raw::{File, RawBehavior, RawCounts, RawIssue, Rules};
use crate::{Behavior, Counts, Error, Issue, Key, Matcher, Precision, Problem, Raised, Tlds, Within, matcher};

/// The rules, by id.
pub(crate) fn rules(rules: &Rules, tlds: &Tlds) -> Result<(Vec<Behavior>, Vec<Issue>), Error> {
    let known = ids(rules)?;
    let (mut behaviors, mut issues) = (Vec::new(), Vec::new());
    for file in &rules.files {
        for raw in &file.content.behavior {
            behaviors.push(behavior(file, raw, tlds)?);
        }
        for raw in &file.content.issue {
            issues.push(issue(file, raw, &known)?);
        }
    }
    behaviors.sort_by(|a, b| a.id.cmp(&b.id));
    issues.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((behaviors, issues))
}

/// The ids of all behaviors, once every rule's id is known to be well formed, its own and never used before.
fn ids<'a>(rules: &'a Rules) -> Result<BTreeSet<&'a str>, Error> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for file in &rules.files {
        let ids = file.content.behavior.iter().map(|b| &b.id).chain(file.content.issue.iter().map(|i| &i.id));
        for id in ids {
            let text = id.get_ref().as_str();
            let problem = if !is_id(text, file.category) {
                Problem::Id(file.category.to_owned())
            } else if rules.retired.iter().any(|retired| retired == text) {
                Problem::Retired
            } else if !all.insert(text) {
                Problem::Duplicate
            } else {
                continue;
            };
            return Err(located(file, id, id, problem));
        }
    }
    Ok(rules.files.iter().flat_map(|file| &file.content.behavior).map(|b| b.id.get_ref().as_str()).collect())
}

fn is_id(id: &str, category: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    id.split_once('/').is_some_and(|(head, what)| head == category && head.split('-').chain(what.split('-')).all(word))
}

fn located(file: &File, id: &Spanned<String>, place: &Spanned<String>, problem: Problem) -> Error {
    Error::Rule { file: file.path.to_owned(), line: file.line(place), rule: id.get_ref().clone(), problem }
}

fn behavior(file: &File, raw: &RawBehavior, tlds: &Tlds) -> Result<Behavior, Error> {
    let at_id = |problem| located(file, &raw.id, &raw.id, problem);
    sentence("sentence", &raw.sentence).map_err(at_id)?;
    let (mut shown_by, mut matchers) = (Vec::new(), BTreeSet::new());
    for (key, patterns) in raw.patterns().into_iter().filter(|(_, patterns)| !patterns.is_empty()) {
        for pattern in patterns {
            let at = |problem| located(file, &raw.id, pattern, problem);
            for matcher in flatten(raw, key, pattern, tlds, false).map_err(at)? {
                if !matchers.insert(matcher) {
                    return Err(at(Problem::Twice { key: key.name(), pattern: pattern.get_ref().clone() }));
                }
            }
        }
        shown_by.push((key, plain(patterns)));
    }
    if matchers.is_empty() {
        return Err(at_id(Problem::NoMatcher));
    }
    for pattern in &raw.exclude {
        for key in value_keys(&shown_by) {
            matchers.extend(flatten(raw, key, pattern, tlds, true).map_err(|problem| located(file, &raw.id, pattern, problem))?);
        }
    }
    Ok(Behavior {
        id: raw.id.get_ref().clone(),
        sentence: raw.sentence.clone(),
        shown_by,
        exclude: plain(&raw.exclude),
        matchers: matchers.into_iter().collect(),
        counts: counts(raw.everywhere, raw.counts.as_ref()).map_err(at_id)?,
        precision: precision(raw.precision, raw.precision_n).map_err(at_id)?,
    })
}

/// The keys under which a pattern is compared with whole values of the kinds that are shown: those of hosts stand for URLs.
fn value_keys(shown_by: &[(Key, Vec<String>)]) -> BTreeSet<Key> {
    shown_by.iter().map(|&(key, _)| if matches!(key, Key::Domains | Key::Tlds) { Key::Urls } else { key }).collect()
}

/// The matchers of one pattern.
fn flatten(raw: &RawBehavior, key: Key, pattern: &Spanned<String>, tlds: &Tlds, exclude: bool) -> Result<Vec<Matcher>, Problem> {
    let tests = matcher::read(key, pattern.get_ref(), tlds)?;
    let rule = raw.id.get_ref();
    let of = |(test, pattern): (_, String)| {
        key.kinds().iter().map(move |&kind| Matcher { rule: rule.clone(), kind, test, pattern: pattern.clone(), exclude })
    };
    Ok(tests.into_iter().flat_map(of).collect())
}

fn plain(patterns: &[Spanned<String>]) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.get_ref().clone()).collect()
}

fn counts(everywhere: bool, written: Option<&RawCounts>) -> Result<Counts, Problem> {
    let Some(written) = written else {
        return Ok(if everywhere { Counts::everywhere() } else { Counts::code() });
    };
    let default = Counts::code();
    let counts = Counts {
        phases: written.phases.clone().unwrap_or(default.phases),
        roles: written.roles.clone().unwrap_or(default.roles),
        hows: written.hows.clone().unwrap_or(default.hows),
    };
    let empty = counts.phases.is_empty() || counts.roles.is_empty() || counts.hows.is_empty();
    if everywhere || empty { Err(Problem::Counts) } else { Ok(counts) }
}

fn precision(share: Option<f64>, n: Option<i32>) -> Result<Option<Precision>, Problem> {
    match (share, n) {
        (None, None) => Ok(None),
        (Some(share), Some(n)) if (0.0..=1.0).contains(&share) && n > 0 => Ok(Some(Precision { share, n })),
        _ => Err(Problem::Precision),
    }
}

fn sentence(key: &'static str, text: &str) -> Result<(), Problem> {
    let fits = text.len() > 1 && text.ends_with('.') && text.trim() == text && text.starts_with(|c: char| !c.is_lowercase());
    if fits { Ok(()) } else { Err(Problem::Sentence(key)) }
}

fn issue(file: &File, raw: &RawIssue, known: &BTreeSet<&str>) -> Result<Issue, Error> {
    let at_id = |problem| located(file, &raw.id, &raw.id, problem);
    if raw.title.trim().is_empty() || raw.title.ends_with('.') {
        return Err(at_id(Problem::Title));
    }
    sentence("problem", &raw.problem).map_err(at_id)?;
    if raw.next_steps.is_empty() {
        return Err(at_id(Problem::NoSteps));
    }
    raw.next_steps.iter().try_for_each(|step| sentence("next_steps", step)).map_err(at_id)?;
    for behavior in raw.behaviors.iter().flatten() {
        if !known.contains(behavior.get_ref().as_str()) {
            return Err(located(file, &raw.id, behavior, Problem::UnknownBehavior(behavior.get_ref().clone())));
        }
    }
    Ok(Issue {
        id: raw.id.get_ref().clone(),
        severity: raw.severity,
        title: raw.title.clone(),
        problem: raw.problem.clone(),
        next_steps: raw.next_steps.clone(),
        raised: raised(raw).map_err(at_id)?,
        precision: precision(raw.precision, raw.precision_n).map_err(at_id)?,
    })
}

fn raised(raw: &RawIssue) -> Result<Raised, Problem> {
    match (&raw.behaviors, &raw.condition) {
        (Some(behaviors), None) if raw.all && behaviors.len() > 1 => {
            Ok(Raised::All(plain(behaviors), raw.within.unwrap_or(Within::Artifact)))
        }
        (Some(behaviors), None) if !raw.all && raw.within.is_none() && !behaviors.is_empty() => Ok(Raised::Any(plain(behaviors))),
        (None, Some(condition)) if !raw.all && raw.within.is_none() && !condition.trim().is_empty() => Ok(Raised::Where(condition.clone())),
        _ => Err(Problem::Raised),
    }
}
