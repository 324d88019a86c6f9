//! What an expression is worth, as far as reading alone can tell.

use std::rc::Rc;

use census_model::How;

use super::names::Node;
use super::nested::{Bound, Items, Nested, Pairs};

/// Stands in a text for a part that is not known: `f"chmod +x {path}"`.
pub(super) const HOLE: char = '\0';

/// How many alternatives a name keeps.
pub(super) const ALTERNATIVES: usize = 6;

/// A value and the sources whose data it carries (a bit each, see `tables::SOURCES`).
#[derive(Clone, Debug, Default)]
pub(super) struct Val<'a> {
    pub(super) value: Value<'a>,
    pub(super) taint: u128,
}

/// A value.
#[derive(Clone, Debug, Default)]
pub(super) enum Value<'a> {
    #[default]
    Unknown,
    /// Something outside the module, by name.
    Name(Node, How),
    /// What calling that name gives.
    Made(Node, How),
    /// The namespace of a module or object as a mapping: `os.__dict__`.
    Namespace(Node),
    /// The module's own namespace as a mapping: `globals()`.
    Globals,
    Text(Text<'a>),
    Bytes(Rc<Vec<u8>>, Origin),
    Int(i64),
    /// A whole number that is larger, as its bytes, the first the highest.
    Large(Rc<Vec<u8>>),
    Bool(bool),
    None,
    /// A list, tuple or set display.
    List(Rc<Items<'a>>),
    /// A mapping display.
    Dict(Rc<Pairs<'a>>),
    /// A callable with arguments bound.
    Bound(Rc<Nested<Bound<'a>>>),
    /// A function or lambda of this file, by number.
    Function(usize),
    /// A class of this file, by number.
    Class(usize),
    /// An object of a class of this file.
    Object(usize),
    /// One of several: never nested.
    Any(Rc<Vec<Value<'a>>>),
}

/// Where a constant comes from, and whether what it holds has been noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Worked out rather than written.
    pub(super) folded: bool,
    /// Not noted yet.
    pub(super) fresh: bool,
}

impl Origin {
    pub(super) const WRITTEN: Self = Self { folded: false, fresh: true };
    pub(super) const FOLDED: Self = Self { folded: true, fresh: true };

    /// How sure a fact about it is where a resolved call receives it.
    pub(super) fn how(self) -> How {
        if self.folded { How::Folded } else { How::Resolved }
    }
}

/// A constant text.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    data: Data<'a>,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
enum Data<'a> {
    Borrowed(&'a str),
    Owned(Rc<String>),
}

impl<'a> Text<'a> {
    pub(super) fn written(text: &'a str) -> Self {
        Self { data: Data::Borrowed(text), origin: Origin::WRITTEN }
    }

    /// Written, and noted already.
    pub(super) fn noted(text: &'a str) -> Self {
        Self { data: Data::Borrowed(text), origin: Origin { folded: false, fresh: false } }
    }

    pub(super) fn folded(text: String) -> Self {
        Self { data: Data::Owned(Rc::new(text)), origin: Origin::FOLDED }
    }

    pub(super) fn as_str(&self) -> &str {
        match &self.data {
            Data::Borrowed(text) => text,
            Data::Owned(text) => text,
        }
    }

    /// The text as it is written in the source.
    pub(super) fn borrowed(&self) -> Option<&'a str> {
        if let Data::Borrowed(text) = self.data { Some(text) } else { None }
    }

    /// Whether something else holds it, so that adding to it copies it.
    pub(super) fn is_shared(&self) -> bool {
        match &self.data {
            Data::Borrowed(_) => true,
            Data::Owned(text) => Rc::strong_count(text) > 1,
        }
    }

    /// This with `more` behind it; in place where nothing else holds it.
    pub(super) fn joined(self, more: &str) -> Self {
        let mut text = match self.data {
            Data::Borrowed(text) => Rc::new(text.to_owned()),
            Data::Owned(text) => text,
        };
        Rc::make_mut(&mut text).push_str(more);
        Self { data: Data::Owned(text), origin: Origin::FOLDED }
    }

    /// The text if every part of it is known.
    pub(super) fn whole(&self) -> Option<&str> {
        let text = self.as_str();
        (!text.contains(HOLE)).then_some(text)
    }
}

impl<'a> From<Value<'a>> for Val<'a> {
    fn from(value: Value<'a>) -> Self {
        Self { value, taint: 0 }
    }
}

impl Value<'_> {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::folded(text.into()))
    }

    pub(super) fn bytes(bytes: Vec<u8>) -> Self {
        Self::Bytes(Rc::new(bytes), Origin::FOLDED)
    }

    /// Its alternatives: itself where there is one.
    pub(super) fn alternatives(&self) -> &[Self] {
        match self {
            Self::Any(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// Either of two.
    pub(super) fn or(self, other: Self) -> Self {
        if matches!(other, Self::Unknown) || self.same(&other) {
            return self;
        }
        if matches!(self, Self::Unknown) {
            return other;
        }
        let mut all = self.alternatives().to_vec();
        for value in other.alternatives() {
            if all.len() < ALTERNATIVES && !all.iter().any(|v| v.same(value)) {
                all.push(value.clone());
            }
        }
        if all.len() == 1 { all.remove(0) } else { Self::Any(Rc::new(all)) }
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a, _), Self::Name(b, _)) | (Self::Made(a, _), Self::Made(b, _)) | (Self::Namespace(a), Self::Namespace(b)) => {
                a == b
            }
            (Self::Text(a), Self::Text(b)) => a.as_str() == b.as_str(),
            (Self::Bytes(a, _), Self::Bytes(b, _)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::List(a), Self::List(b)) => Rc::ptr_eq(a, b),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Bound(a), Self::Bound(b)) => Rc::ptr_eq(a, b),
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Function(a), Self::Function(b)) | (Self::Class(a), Self::Class(b)) | (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Unknown, Self::Unknown) | (Self::Globals, Self::Globals) | (Self::None, Self::None) => true,
            _ => false,
        }
    }
}

impl Val<'_> {
    /// Either of two.
    pub(super) fn or(self, other: Self) -> Self {
        Self { value: self.value.or(other.value), taint: self.taint | other.taint }
    }

    pub(super) fn unknown(taint: u128) -> Self {
        Self { value: Value::Unknown, taint }
    }
}
