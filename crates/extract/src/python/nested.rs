//! Values that hold others: lists, mappings, callables with arguments bound.
//!
//! Each knows how deep it nests, and nothing nests deeper than [`DEEPEST`]: `x = [x]`, a million times over, would else be dropped a
//! million calls deep.

use std::borrow::Cow;
use std::ops::Deref;
use std::rc::Rc;

use super::value::Value;

/// How deep values nest at most; what would nest deeper is unknown.
const DEEPEST: u8 = 24;

/// Something that holds values, and how deep it nests.
#[derive(Clone, Debug)]
pub(super) struct Nested<T> {
    inner: T,
    depth: u8,
}

impl<T> Deref for Nested<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

/// The elements of a list, tuple or set.
pub(super) type Items<'a> = Nested<Vec<Value<'a>>>;

/// The keys and values of a mapping, in order.
pub(super) type Pairs<'a> = Nested<Vec<(Value<'a>, Value<'a>)>>;

/// Something that can be called, part of whose meaning is bound already.
#[derive(Clone, Debug)]
pub(super) enum Bound<'a> {
    /// `functools.partial(callee, …)`; the callee is no partial itself.
    Partial { callee: Value<'a>, positional: Vec<Value<'a>>, keywords: Vec<(Cow<'a, str>, Value<'a>)> },
    /// `operator.attrgetter(name)`: the dotted name.
    Attribute(String),
    /// `operator.methodcaller(name, …)`.
    Method(String, Vec<Value<'a>>),
    /// `operator.itemgetter(key)`.
    Item(Value<'a>),
}

impl<'a> Items<'a> {
    /// Adds an element, unknown where it nests too deep.
    pub(super) fn push(&mut self, value: Value<'a>) {
        let value = if value.depth() < DEEPEST { value } else { Value::Unknown };
        self.depth = self.depth.max(value.depth() + 1);
        self.inner.push(value);
    }

    /// Adds the elements of another.
    pub(super) fn extend(&mut self, more: &Self) {
        self.depth = self.depth.max(more.depth);
        self.inner.extend(more.iter().cloned());
    }
}

fn above<'v, 'a: 'v>(values: impl Iterator<Item = &'v Value<'a>>) -> Option<u8> {
    let deepest = values.map(Value::depth).max().unwrap_or(0);
    (deepest < DEEPEST).then_some(deepest + 1)
}

impl<'a> Value<'a> {
    /// A list of these.
    pub(super) fn list(values: Vec<Self>) -> Self {
        above(values.iter()).map_or(Self::Unknown, |depth| Self::List(Rc::new(Nested { inner: values, depth })))
    }

    /// A mapping of these.
    pub(super) fn dict(pairs: Vec<(Self, Self)>) -> Self {
        let depth = above(pairs.iter().flat_map(|(key, value)| [key, value]));
        depth.map_or(Self::Unknown, |depth| Self::Dict(Rc::new(Nested { inner: pairs, depth })))
    }

    /// A callable with arguments bound.
    pub(super) fn bound(inner: Bound<'a>) -> Self {
        let depth = match &inner {
            Bound::Partial { callee, positional, keywords } => {
                above(positional.iter().chain(keywords.iter().map(|(_, value)| value)).chain([callee]))
            }
            Bound::Attribute(_) => Some(1),
            Bound::Method(_, arguments) => above(arguments.iter()),
            Bound::Item(key) => above(std::iter::once(key)),
        };
        depth.map_or(Self::Unknown, |depth| Self::Bound(Rc::new(Nested { inner, depth })))
    }

    fn depth(&self) -> u8 {
        let one = |value: &Self| match value {
            Self::List(items) => items.depth,
            Self::Dict(pairs) => pairs.depth,
            Self::Bound(bound) => bound.depth,
            _ => 0,
        };
        self.alternatives().iter().map(one).max().unwrap_or(0)
    }
}
