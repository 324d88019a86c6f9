//! Templates with Python in them: Mako's blocks and expressions, Jinja's expressions.
//!
//! Each piece that parses by itself becomes lines of one Python text, whose lines are then those of the template again.

use census_model::{How, Kind, What};

use crate::{Scope, Seen};

/// How many pieces of a template are read.
const PIECES: usize = 10_000;

/// Where a language of templates puts its code.
struct Marks {
    open: &'static str,
    close: &'static str,
    kind: Piece,
}

/// What stands between marks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Statements.
    Block,
    /// An expression.
    Expression,
    /// A keyword, and an expression behind it.
    Tag,
    /// Nothing that runs.
    Comment,
}

const MAKO: &[Marks] = &[
    Marks { open: "<%doc>", close: "</%doc>", kind: Piece::Comment },
    Marks { open: "<%!", close: "%>", kind: Piece::Block },
    Marks { open: "<%\n", close: "%>", kind: Piece::Block },
    Marks { open: "<% ", close: "%>", kind: Piece::Block },
    Marks { open: "${", close: "}", kind: Piece::Expression },
    Marks { open: "\n%", close: "\n", kind: Piece::Tag },
];

const JINJA: &[Marks] = &[
    Marks { open: "{#", close: "#}", kind: Piece::Comment },
    Marks { open: "{{", close: "}}", kind: Piece::Expression },
    Marks { open: "{%", close: "%}", kind: Piece::Tag },
];

/// Step A of a Mako template.
pub(crate) fn mako(text: &str) -> Seen {
    see(text, MAKO)
}

/// Step A of a Jinja template. Its names are the template's own: only what is reached through objects leads outside.
pub(crate) fn jinja(text: &str) -> Seen {
    let mut seen = see(text, JINJA);
    seen.sightings.retain(|s| s.how != How::Resolved || !matches!(s.term.kind, Kind::Call | Kind::Name | Kind::Arg));
    seen
}

fn see(text: &str, marks: &[Marks]) -> Seen {
    let (code, lines, bounded) = pieces(text, marks);
    let mut seen = super::see(code.as_bytes(), false);
    seen.module = None;
    for sighting in &mut seen.sightings {
        let at = usize::try_from(sighting.line).unwrap_or(1).saturating_sub(1);
        sighting.line = lines.get(at).copied().unwrap_or(sighting.line);
        // All of it runs when the template is rendered.
        if sighting.scope == Scope::Module {
            sighting.scope = Scope::Function;
        }
    }
    if bounded {
        seen.gaps.push((What::Bounded, i64::try_from(text.len()).unwrap_or(i64::MAX)));
    }
    seen
}

/// The code of a template, the line of the template that each of its lines stands on, and whether some was left out.
fn pieces(text: &str, marks: &[Marks]) -> (String, Vec<i32>, bool) {
    let mut code = String::new();
    let mut lines = Vec::new();
    let mut count = 0;
    let mut line = 1;
    let mut at = 0;
    let finder = aho_corasick::AhoCorasick::new(marks.iter().map(|mark| mark.open));
    let Ok(finder) = finder else { return (code, lines, true) };
    while let Some(found) = finder.find(aho_corasick::Input::new(text).range(at..)) {
        let mark = &marks[found.pattern().as_usize()];
        let end = memchr::memmem::find(&text.as_bytes()[found.end()..], mark.close.as_bytes()).map(|len| found.end() + len);
        let Some(end) = end else { break };
        line += breaks(&text[at..found.end()]);
        let inner = &text[found.end()..end];
        if let Some(piece) = piece(mark.kind, inner) {
            // What stands before the piece on lines of its own.
            let first = line + breaks(&inner[..inner.len() - inner.trim_start().len()]);
            lines.extend((first..).take(piece.matches('\n').count() + 1));
            code.push_str(&piece);
            code.push('\n');
            count += 1;
            if count == PIECES {
                return (code, lines, true);
            }
        }
        // A line break that ends a piece may begin the next.
        at = if mark.close == "\n" { end } else { end + mark.close.len() };
        line += breaks(&text[found.end()..at]);
    }
    (code, lines, false)
}

fn breaks(text: &str) -> i32 {
    i32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(i32::MAX)
}

/// A piece as Python, if it is some.
fn piece(kind: Piece, inner: &str) -> Option<String> {
    let code = match kind {
        Piece::Comment => return None,
        Piece::Block => dedented(inner),
        Piece::Expression => format!("({})", inner.trim()),
        Piece::Tag => {
            let inner = inner.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+' || c == ':');
            let (word, rest) = inner.split_once(char::is_whitespace)?;
            let expression = match word {
                "if" | "elif" | "while" | "do" | "print" => rest,
                "for" => rest.split_once(" in ")?.1,
                "set" => rest.split_once('=')?.1,
                _ => return None,
            };
            format!("({})", expression.trim())
        }
    };
    super::parse(&code).map(|_| code)
}

/// A block without the indentation that all its lines share.
fn dedented(block: &str) -> String {
    let block = block.trim_end().trim_start_matches(['\r', '\n']);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = block.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    block.lines().map(|line| line.get(shared..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
