//! Callables with something bound, and functions that others call: `functools.partial`, `operator.attrgetter`, `map`, `Thread`.

use super::args::Args;
use super::eval::folded;
use super::known::{Passed, Runs};
use super::nested::Bound;
use super::value::{Val, Value};
use super::walk::{Walker, element};

/// How many arguments a partial may bind, in all.
const MOST: usize = 64;

/// What `functools.partial(callee, …)` gives. A partial of a partial binds more to the same callee.
pub(super) fn partial<'a>(args: &Args<'a>) -> Option<Value<'a>> {
    let (first, more) = args.positional.split_first()?;
    let mut keywords: Vec<_> = args.keywords.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
    let mut positional = more.to_vec();
    let mut callee = first.clone();
    if let Value::Bound(bound) = first {
        let Bound::Partial { callee: inner, positional: before, keywords: named } = &***bound else { return Some(first.clone()) };
        callee = inner.clone();
        positional.splice(..0, before.iter().cloned());
        keywords.extend(named.iter().cloned());
    }
    let bare = positional.is_empty() && keywords.is_empty() || positional.len() + keywords.len() > MOST;
    Some(if bare { callee } else { Value::bound(Bound::Partial { callee, positional, keywords }) })
}

/// What `operator.attrgetter`, `methodcaller` and `itemgetter` give, for what they get first.
pub(super) fn getter<'a>(kind: &str, args: &Args<'a>) -> Option<Value<'a>> {
    let (first, more) = args.positional.split_first()?;
    let name = || if let Value::Text(text) = first { text.whole().map(str::to_owned) } else { None };
    Some(Value::bound(match kind {
        "attrgetter" => Bound::Attribute(name()?),
        "methodcaller" => Bound::Method(name()?, more.iter().take(MOST).cloned().collect()),
        _ => Bound::Item(first.clone()),
    }))
}

impl<'a> Walker<'a, '_> {
    /// A call of something that has arguments bound.
    pub(super) fn apply_bound(&mut self, bound: &Bound<'a>, args: &Args<'a>, offset: u32) -> Val<'a> {
        let first = || Val { value: args.positional.first().cloned().unwrap_or_default(), taint: args.taint };
        match bound {
            Bound::Partial { callee, positional, keywords } => {
                let args = args.behind(positional, keywords, offset);
                let mut result = Val::unknown(args.taint);
                for callee in callee.alternatives() {
                    let val = self.apply(callee, &args, offset);
                    result = result.or(val);
                }
                result
            }
            Bound::Attribute(name) => {
                let found = name.split('.').take(MOST).fold(first(), |base, name| self.attribute(&base, name));
                Val { value: folded(found.value), ..found }
            }
            Bound::Method(name, positional) => {
                let found = self.attribute(&first(), name);
                let callee = Val { value: folded(found.value), ..found };
                let args = Args::of(positional.clone(), args.taint);
                callee.value.alternatives().iter().fold(Val::unknown(args.taint), |result, callee| {
                    let val = self.apply(callee, &args, offset);
                    result.or(val)
                })
            }
            Bound::Item(key) => self.index(&first(), &key.clone().into(), offset),
        }
    }

    /// Functions given to a call that calls them.
    pub(super) fn called_back(&mut self, runs: Runs, args: &Args<'a>, offset: u32) {
        let given = runs.place.and_then(|place| args.positional.get(place)).or_else(|| args.keyword(runs.keyword));
        let passed = match runs.passed {
            Passed::Elements => args.positional.get(1).map(|values| element(&values.clone().into()).value).into_iter().collect(),
            Passed::Rest(from) => args.positional.get(from..).unwrap_or_default().to_vec(),
            Passed::List(place) => match args.positional.get(place).or_else(|| args.keyword("args")) {
                Some(Value::List(values)) => values.iter().take(MOST).cloned().collect(),
                _ => Vec::new(),
            },
        };
        let inner = Args::of(passed, args.taint);
        for callee in given.map(Value::alternatives).unwrap_or_default() {
            if matches!(callee, Value::Name(..) | Value::Bound(_)) {
                self.apply(callee, &inner, offset);
            }
        }
        let all = args.positional.iter().chain(args.keywords.iter().map(|(_, value, _)| value));
        let functions: Vec<usize> = all.filter_map(|value| if let Value::Function(def) = value { Some(*def) } else { None }).collect();
        for def in functions {
            self.reach(def);
        }
    }
}
