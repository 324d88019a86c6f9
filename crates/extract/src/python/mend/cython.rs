//! Cython, less its types: declarations become the definitions and assignments that they hold, or nothing.

use super::{is_word, string_end};

/// The text with what only Cython has taken out or written as Python.
pub(in super::super) fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut skipped = None;
    let mut at = 0;
    while at < text.len() {
        let end = logical_end(text, at);
        let line = &text[at..end];
        at = end;
        let body = line.trim_start_matches([' ', '\t', '\x0c']);
        let indent = &line[..line.len() - body.len()];
        let code = body.trim_end();
        if skipped.is_some_and(|depth| indent.len() > depth || code.is_empty()) {
            out.extend(line.matches('\n'));
            continue;
        }
        skipped = None;
        let (mended, skip) = statement(code);
        out.push_str(indent);
        out.push_str(&mended);
        // Lines that went into one stay as many.
        let missing = line.matches('\n').count().saturating_sub(mended.matches('\n').count());
        out.extend(std::iter::repeat_n('\n', missing));
        if skip {
            skipped = Some(indent.len());
        }
    }
    out
}

/// The end of the logical line that begins at `at`: brackets and strings that span lines are part of it.
fn logical_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut next, mut depth) = (at, 0_usize);
    while let Some(&byte) = bytes.get(next) {
        match byte {
            b'"' | b'\'' => next = string_end(bytes, next).max(next + 1) - 1,
            b'#' => next = memchr::memchr(b'\n', &bytes[next..]).map_or(bytes.len(), |n| next + n) - 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'\\' if bytes.get(next + 1) == Some(&b'\n') => next += 1,
            b'\n' if depth == 0 => return next + 1,
            _ => {}
        }
        next += 1;
    }
    bytes.len()
}

/// A statement as Python, and whether the block below it goes.
fn statement(code: &str) -> (String, bool) {
    let (word, rest) = word(code);
    let block = code.ends_with(':');
    match word {
        "cdef" | "cpdef" => declaration(rest),
        "ctypedef" => ("pass".to_owned(), block),
        "cimport" => (format!("import{}", &code["cimport".len()..]), false),
        "from" if code.contains(" cimport ") => (code.replacen(" cimport ", " import ", 1), false),
        "include" => ("pass".to_owned(), false),
        "DEF" => (rest.to_owned(), false),
        "IF" => (format!("if {rest}"), false),
        "ELIF" => (format!("elif {rest}"), false),
        "ELSE" | "ELSE:" => ("else:".to_owned(), false),
        "property" if block => ("if 1:".to_owned(), false),
        "def" | "async" => (function(code), false),
        "for" if code.contains(" from ") && block => {
            let name = rest.split_whitespace().next().unwrap_or("_");
            (format!("for {name} in ():"), false)
        }
        _ => (casts(code), false),
    }
}

/// What follows `cdef`.
fn declaration(rest: &str) -> (String, bool) {
    let (first, more) = word(rest);
    let block = rest.ends_with(':');
    match first {
        // What lies below are declarations.
        "" if block => ("pass".to_owned(), true),
        "extern" | "struct" | "union" | "enum" | "cppclass" | "packed" | "fused" => ("pass".to_owned(), block),
        "class" => (format!("class {more}"), false),
        "public" | "readonly" | "inline" | "api" => declaration(more),
        _ => match (rest.find('('), rest.find('=')) {
            // A function: the last word before its parameters is its name.
            (Some(open), equals) if equals.is_none_or(|equals| equals > open) => {
                let name = last_word(&rest[..open]);
                if !block {
                    return ("pass".to_owned(), false);
                }
                (function(&format!("def {name}{}", &rest[open..])), false)
            }
            (_, Some(equals)) => {
                let name = last_word(&rest[..equals]);
                (format!("{name} {}", casts(&rest[equals..])), false)
            }
            _ => ("pass".to_owned(), block),
        },
    }
}

/// `def name(int a, char *b = c, object d not None) except -1 nogil:` without what Python does not have.
fn function(code: &str) -> String {
    let Some(open) = code.find('(') else { return code.to_owned() };
    let Some(close) = closing(code, open) else { return code.to_owned() };
    let mut parameters: Vec<String> = split(&code[open + 1..close]).into_iter().map(parameter).collect();
    // Behind a default each has one; Cython is less strict.
    let defaults = parameters.iter().position(|parameter| parameter.contains('=')).unwrap_or(parameters.len());
    for parameter in parameters[defaults..].iter_mut().filter(|p| !p.contains(['=', '*', '/']) && !p.trim().is_empty()) {
        parameter.push_str("=None");
    }
    // Behind the parameters stand exception values and the like, before a body on the same line.
    let tail = code[close + 1..].rfind(':').map_or("", |colon| &code[close + 1 + colon + 1..]);
    let body = if code.ends_with(':') { "" } else { tail };
    let annotated = code[close + 1..].trim_start().starts_with("->");
    let end = if annotated { code[close + 1..].to_owned() } else { format!(":{body}") };
    format!("{}({}){end}", &code[..open], parameters.join(","))
}

/// A parameter without its type. The lines that it spans stay.
fn parameter(text: &str) -> String {
    let lines = "\n".repeat(text.matches('\n').count());
    let bare = text.replace(" not None", "").replace(" or None", "");
    let (declared, default) = match bare.split_once('=') {
        Some((declared, default)) => (declared, Some(default)),
        None => (&*bare, None),
    };
    let stars = declared.trim_start();
    let variadic = if stars.starts_with("**") {
        "**"
    } else if stars.starts_with('*') {
        "*"
    } else {
        ""
    };
    // `name: annotation` is Python's own.
    let declared = declared.split(':').next().unwrap_or(declared);
    let name = last_word(declared.trim_end_matches(['[', ']', ' ', '?', '\n']));
    let name = if stars.trim_end() == "/" { "/" } else { name };
    match default {
        Some(default) => format!("{lines}{variadic}{name}={}", casts(default)),
        None => format!("{lines}{variadic}{name}"),
    }
}

/// The parts between commas that stand in no bracket.
fn split(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut parts, mut from, mut depth, mut at) = (Vec::new(), 0, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => at = string_end(bytes, at).max(at + 1) - 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&text[from..]);
    parts
}

/// Where the bracket that opens at `open` closes.
fn closing(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, open);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => at = string_end(bytes, at).max(at + 1) - 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Code without casts and address operators: `<int *>x`, `&x`.
fn casts(code: &str) -> String {
    let bytes = code.as_bytes();
    let mut out = String::with_capacity(code.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let before = out.trim_end().as_bytes().last().copied();
        // Where a value begins, neither comparing nor joining bits makes sense.
        let begins = before.is_none_or(|b| matches!(b, b'(' | b',' | b'=' | b'[' | b':' | b'+' | b'-' | b'*' | b'/' | b'<' | b'>'))
            || out.trim_end().ends_with("return");
        match byte {
            b'"' | b'\'' => {
                let end = string_end(bytes, at).max(at + 1);
                out.push_str(&code[at..end]);
                at = end;
            }
            b'#' => {
                let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                at = end;
            }
            b'&' if begins => at += 1,
            b'<' if begins && cast_end(bytes, at).is_some() => at = cast_end(bytes, at).unwrap_or(at + 1),
            _ => {
                let end = code.ceil_char_boundary(at + 1);
                out.push_str(&code[at..end]);
                at = end;
            }
        }
    }
    out
}

/// The end of a type in angle brackets.
fn cast_end(bytes: &[u8], at: usize) -> Option<usize> {
    let len = bytes[at + 1..].iter().take(64).position(|&b| b == b'>')?;
    let is_type = |b: &u8| is_word(*b) || matches!(b, b' ' | b'*' | b'.' | b'&' | b'[' | b']' | b':' | b',' | b'?');
    (len > 0 && bytes[at + 1..at + 1 + len].iter().all(is_type)).then_some(at + len + 2)
}

/// The first word, and what follows it.
fn word(code: &str) -> (&str, &str) {
    let end = code.bytes().take_while(|b| is_word(*b)).count();
    (&code[..end], code[end..].trim_start())
}

/// The last word.
fn last_word(text: &str) -> &str {
    let text = text.trim_end();
    let len = text.bytes().rev().take_while(|b| is_word(*b)).count();
    &text[text.len() - len..]
}
