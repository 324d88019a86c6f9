//! Languages that are read for what they call: which modules they load, which processes they start, which variables they read.
//!
//! They are lexed and not parsed: a name is followed to what it was bound to where that is plain to see. Names are written so that they
//! cannot be taken for Python's: `node:child_process.exec`, `npm:axios.get`, `javascript:eval`, `ruby:Net::HTTP.get`.

pub(super) mod javascript;
mod lexer;
pub(super) mod other;
mod value;

use census_model::{How, Kind};

use crate::Scope;
use crate::python::strings;
use crate::tally::Tally;

/// Notes what a string says by itself: a path, a registry key.
fn constant(text: &str, line: i32, tally: &mut Tally) {
    if text.len() < 4 || text.len() > 260 || !text.bytes().any(|b| matches!(b, b'/' | b'\\' | b':')) {
        return;
    }
    constant_path(&value::unescaped(text), line, tally);
}

/// As [`constant`], of a string without escapes.
pub(super) fn constant_path(text: &str, line: i32, tally: &mut Tally) {
    if let Some(key) = strings::regkey(text) {
        tally.add(Kind::Regkey, key, Scope::Script, How::String, line);
    } else if let Some(path) = strings::path(text) {
        tally.add(Kind::Path, path, Scope::Script, How::String, line);
    }
}
