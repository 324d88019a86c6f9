//! Python: what a module or a type stub shows.
//!
//! The way of the data: bytes → text (`source`) → how deep it nests (`depth`) → syntax tree → one walk (`walk`, `eval`, `call`)
//! over values (`value`, `fold`, `codec`) → sightings (`sink`). What does not parse goes through `fallback`; stubs through
//! `stub`. `link` is step B.

mod args;
mod bound;
mod branch;
mod call;
mod codec;
mod command;
mod depth;
mod eval;
mod fallback;
mod flow;
mod fold;
mod import;
mod known;
pub(crate) mod link;
mod mend;
mod names;
mod nested;
pub(crate) mod pyc;
mod scope;
mod sink;
mod source;
pub(crate) mod strings;
mod stub;
mod tables;
pub(crate) mod template;
mod unroll;
mod value;
mod walk;

#[cfg(test)]
mod tests;

use census_model::{How, Kind, What};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{ParseOptions, Parsed};
use ruff_text_size::Ranged;

use crate::hash::HashMap;
use crate::text::url;
use crate::{Module, Scope, Seen};
use names::Names;
use sink::Sink;
use source::Lines;
use walk::{Core, Walker};

/// Nesting that code inside other code may add.
const SHALLOW: usize = 150;

/// The deepest nesting that is parsed. The interpreter gives up long before.
const DEEP: usize = 6_000;

/// The stack that nesting of [`DEEP`] needs.
const STACK: usize = 96 << 20;

/// The longest source that is parsed.
const LONGEST: usize = 64 << 20;

/// What one Python source shows.
pub(crate) fn see(bytes: &[u8], stub: bool) -> Seen {
    let Some(text) = source::decode(bytes) else { return as_text(&String::from_utf8_lossy(bytes), What::Unparsed) };
    if text.len() > LONGEST || !depth::is_within(&text, DEEP) {
        return as_text(&text, What::Bounded);
    }
    // Within a worker no thread can be made: where this stack may be too small, another is mapped.
    stacker::maybe_grow(STACK, STACK, || parsed(&text, stub))
}

/// Does what extracts many members on a stack that fits the deepest code, so that no member needs one of its own.
pub(crate) fn on_stack<T>(work: impl FnOnce() -> T) -> T {
    /// What is used up before a member's turn comes.
    const ROOM: usize = 4 << 20;
    stacker::grow(STACK + ROOM, work)
}

/// Parses code found inside other code, where that is safe on this stack.
fn parse(text: &str) -> Option<Parsed<ModModule>> {
    if !depth::is_within(text, SHALLOW) {
        return None;
    }
    let parsed = ruff_python_parser::parse_unchecked_source(text, PySourceType::Python);
    parsed.has_valid_syntax().then_some(parsed)
}

/// What a Cython source shows: its types taken out, it is Python.
pub(crate) fn see_cython(bytes: &[u8]) -> Seen {
    let Some(text) = source::decode(bytes) else { return as_text(&String::from_utf8_lossy(bytes), What::Unparsed) };
    let mended = mend::cython(&text);
    if is_shallow(&mended) && valid(&mended, PySourceType::Python).is_some() {
        return parsed(&mended, false);
    }
    let mended = mend::two(&mended);
    if is_shallow(&mended) && valid(&mended, PySourceType::Python).is_some() {
        return parsed(&mended, false);
    }
    as_text(&text, What::Unparsed)
}

fn is_shallow(text: &str) -> bool {
    text.len() <= LONGEST && depth::is_within(text, SHALLOW)
}

fn valid(text: &str, kind: PySourceType) -> Option<Parsed<ModModule>> {
    let parsed = ruff_python_parser::parse_unchecked(text, ParseOptions::from(kind)).try_into_module()?;
    parsed.has_valid_syntax().then_some(parsed)
}

/// What does not parse may be Python 2.
fn parsed(text: &str, stub: bool) -> Seen {
    let kind = if stub { PySourceType::Stub } else { PySourceType::Python };
    if let Some(parsed) = valid(text, kind) {
        return walked(text, &parsed, stub);
    }
    let mended = if stub { String::new() } else { mend::two(text) };
    let again = if !stub && is_shallow(&mended) { valid(&mended, kind) } else { None };
    match again {
        Some(parsed) => walked(&mended, &parsed, stub),
        None => as_text(text, What::Unparsed),
    }
}

fn walked(text: &str, parsed: &Parsed<ModModule>, stub: bool) -> Seen {
    let mut core = Core::new();
    let module = if stub {
        urls(text, &mut core.sink);
        stub::declare(&parsed.syntax().body, &mut core.sink);
        Module::default()
    } else {
        comments(text, parsed, &mut core.sink);
        let mut walker = Walker::new(&mut core, HashMap::default(), Scope::Module);
        walker.module(&parsed.syntax().body);
        walker.into_module()
    };
    let bounded = core.is_bounded();
    let mut seen = finish(text, core, module);
    if bounded {
        seen.gaps.push((What::Bounded, size(text)));
    }
    seen
}

/// URLs in comments.
fn comments(text: &str, parsed: &Parsed<ModModule>, sink: &mut Sink) {
    let tokens = parsed.tokens();
    for (at, url) in url::find(text) {
        let Ok(offset) = u32::try_from(at) else { return };
        let next = tokens.partition_point(|token| token.end().to_u32() <= offset);
        if tokens.get(next).is_some_and(|token| token.kind() == TokenKind::Comment && token.start().to_u32() <= offset) {
            sink.value(Kind::Url, url, Scope::Inert, How::String, offset);
        }
    }
}

/// URLs anywhere in a text of which nothing runs.
fn urls(text: &str, sink: &mut Sink) {
    for (at, url) in url::find(text) {
        sink.value(Kind::Url, url, Scope::Inert, How::String, u32::try_from(at).unwrap_or(u32::MAX));
    }
}

/// What text alone gives, with the gap that says so.
fn as_text(text: &str, gap: What) -> Seen {
    let mut core = Core { names: Names::new(), sink: Sink::new(), budget: 0, depth: 0, executed: false };
    let module = fallback::see(text, &mut core.names, &mut core.sink);
    // Those in constants are noted where they stand.
    for (at, url) in url::find(text).filter(|(_, url)| !core.sink.holds(Kind::Url, url)).collect::<Vec<_>>() {
        core.sink.value(Kind::Url, url, Scope::Inert, How::String, u32::try_from(at).unwrap_or(u32::MAX));
    }
    let mut seen = finish(text, core, module);
    seen.gaps.push((gap, size(text)));
    seen
}

fn size(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

fn finish(text: &str, core: Core, module: Module) -> Seen {
    let mut seen = Seen { module: Some(module), ..Seen::default() };
    let lines = Lines::new(text);
    seen.sightings = core.sink.finish(&core.names, |offset| lines.line(offset));
    seen.sightings.sort();
    seen
}
