//! What is constant of the arguments of a call.

use std::borrow::Cow;

use super::lexer::{Lexer, Token};

/// How many tokens of a call's arguments are looked at.
const BUDGET: usize = 96;

/// How many tokens of arguments are looked at in a file, beyond the once that each token is read anyway.
pub(super) const AHEAD: usize = 2_000_000;

/// How many arguments, and items of a list, are kept.
const MOST: usize = 16;

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text, `$` in the place of what is not constant.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Anything else.
    Other,
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The words of a command's vector.
    pub(super) fn words(&self) -> Vec<String> {
        match self {
            Self::List(items) => items.iter().map(|item| item.text().unwrap_or("$").to_owned()).collect(),
            _ => Vec::new(),
        }
    }
}

/// The arguments of a call, and what is seen on the way.
#[derive(Debug, Default)]
pub(super) struct Args<'a> {
    pub(super) values: Vec<Value>,
    /// The names that occur in them.
    pub(super) names: Vec<&'a str>,
    /// Whether the arguments end within what was looked at.
    pub(super) closed: bool,
}

/// Reads arguments up to `end`, which is a closing bracket or the end of a line. `left` is how many tokens may be looked at.
pub(super) fn args<'a>(lexer: &mut Lexer<'a>, end: u8, left: &mut usize) -> Args<'a> {
    let mut args = Args::default();
    let given = BUDGET.min(*left);
    let mut budget = given;
    list(lexer, end, &mut budget, &mut args);
    *left -= given - budget;
    args
}

fn list<'a>(lexer: &mut Lexer<'a>, end: u8, budget: &mut usize, args: &mut Args<'a>) {
    let mut values = Vec::new();
    let (mut text, mut constant, mut any) = (String::new(), false, false);
    let mut inner = None;
    while *budget > 0 {
        *budget -= 1;
        let Some((_, token)) = lexer.next() else { break };
        match token {
            Token::Mark(mark) if mark == end || mark == b',' => {
                if any && values.len() < MOST {
                    values.push(inner.take().unwrap_or(if constant { Value::Text(std::mem::take(&mut text)) } else { Value::Other }));
                }
                (constant, any) = (false, false);
                text.clear();
                inner = None;
                if mark == end {
                    args.closed = true;
                    break;
                }
                continue;
            }
            Token::Mark(open @ (b'(' | b'[' | b'{')) => {
                let close = match open {
                    b'(' => b')',
                    b'[' => b']',
                    _ => b'}',
                };
                let mut below = Args::default();
                list(lexer, close, budget, &mut below);
                args.names.append(&mut below.names);
                if !any && open == b'[' {
                    inner = Some(Value::List(below.values));
                } else if constant || any {
                    text.push_str(if text.ends_with('$') { "" } else { "$" });
                }
            }
            Token::Text(part) | Token::Command(part) => {
                constant = true;
                text.push_str(&if lexer.escapes() { unescaped(part) } else { Cow::Borrowed(part) });
            }
            Token::Name(name) => {
                args.names.push(name);
                if !text.ends_with('$') {
                    text.push('$');
                }
            }
            Token::Mark(b')' | b']' | b'}' | b';') => break,
            Token::Mark(_) => {}
        }
        any = true;
    }
    if any && !args.closed && values.len() < MOST {
        values.push(inner.unwrap_or(if constant { Value::Text(text) } else { Value::Other }));
    }
    args.values = values;
}

/// A string as its escapes mean it.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let Some(c) = after.chars().next() else {
            rest = "";
            break;
        };
        let digits = |from: usize, many: usize| {
            let code = u32::from_str_radix(after.get(from..from + many)?, 16).ok()?;
            char::from_u32(code).map(|c| (c, from + many))
        };
        let braced = || {
            let end = after.get(..10).unwrap_or(after).find('}')?;
            let code = u32::from_str_radix(after.get(2..end)?, 16).ok()?;
            char::from_u32(code).map(|c| (c, end + 1))
        };
        let meant = match c {
            'n' => Some(('\n', 1)),
            't' => Some(('\t', 1)),
            'r' => Some(('\r', 1)),
            'x' => digits(1, 2),
            'u' if after[1..].starts_with('{') => braced(),
            'u' => digits(1, 4),
            _ => None,
        };
        let (meant, length) = meant.unwrap_or((c, c.len_utf8()));
        out.push(meant);
        rest = &after[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::super::javascript::SYNTAX;
    use super::*;

    #[test]
    fn constants_of_arguments_are_joined() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (source, values) in [
            ("'a' + 'b', x)", vec![text("ab"), Value::Other]),
            ("`ls ${dir} -l`)", vec![text("ls $ -l")]),
            ("['a', \"b\", c], {x: 'y'})", vec![Value::List(vec![text("a"), text("b"), Value::Other]), Value::Other]),
            ("f('x') + ' y')", vec![text("$ y")]),
            (")", vec![]),
        ] {
            let args = args(&mut Lexer::new(source, &SYNTAX), b')', &mut AHEAD.clone());
            assert_eq!((args.values, args.closed), (values, true), "{source}");
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(unescaped("\\x63p\\u0031\\u{32}\\\\\\'\\n\\é"), "cp12\\'\né");
        assert_eq!(unescaped("\\xZZ\\u12\\"), "xZZu12");
    }

    proptest::proptest! {
        #[test]
        fn any_string_is_read(text in "[\\\\xu{}0-9a-fé]{0,40}") {
            unescaped(&text);
        }
    }
}
