//! Text that is Python but for its dialect, mended until it parses: Python 2, and Cython.
//!
//! Lines stay where they are; nothing else of a place is kept. What is not understood is left as it is.

mod cython;
mod two;

pub(super) use cython::mend as cython;
pub(super) use two::mend as two;

/// The end of the string whose first quote stands at `at`, just behind its last quote; of a broken one the end of its line.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let triple = bytes[at..].starts_with(&[quote; 3]);
    let mut next = at + if triple { 3 } else { 1 };
    while let Some(found) = memchr::memchr3(quote, b'\\', b'\n', bytes.get(next..).unwrap_or_default()) {
        next += found;
        match bytes[next] {
            b'\\' => next += 2,
            b'\n' if !triple => return next,
            b'\n' => next += 1,
            _ if !triple => return next + 1,
            _ if bytes[next..].starts_with(&[quote; 3]) => return next + 3,
            _ => next += 1,
        }
    }
    bytes.len()
}

/// Whether a byte goes on in a word.
fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}
