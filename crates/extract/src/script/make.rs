//! Makefiles: the commands of their recipes, and those that variables call.

use crate::tally::Tally;

/// Recipe lines begin with a tab; their variables are make's (`$(CC)`), so they are read as unknown words.
pub(super) fn see(text: &str, tally: &mut Tally) {
    for (line, number) in text.lines().zip(1..) {
        if let Some(recipe) = line.strip_prefix('\t') {
            let recipe = recipe.trim_start().trim_start_matches(['@', '-', '+']);
            super::shell_lines(&unknown(recipe), number, tally);
        }
        for call in line.split("$(shell ").skip(1) {
            super::shell_lines(&unknown(call.split(')').next().unwrap_or(call)), number, tally);
        }
    }
}

/// A recipe as the shell would get it, each variable of make's in the place of a word that is not known.
fn unknown(recipe: &str) -> String {
    let mut out = String::with_capacity(recipe.len());
    let mut rest = recipe;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = match after.chars().next() {
            Some('(') => closing(after, '(', ')'),
            Some('{') => closing(after, '{', '}'),
            Some(c) => c.len_utf8(),
            None => 0,
        };
        out.push_str(if after.starts_with('$') { "$" } else { "$@" });
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// How long the bracketed text at the beginning is.
fn closing(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::script::tests::commands;

    #[test]
    fn recipes_are_commands() {
        let text = "CFLAGS := $(shell pkg-config --cflags x)\nall: a.o\n\t@echo $(CC)\n\t$(CC) -c a.c\n\t-rm -f $$HOME/x && strip $@\n";
        assert_eq!(commands(Format::Makefile, text), ["1 pkg-config --cflags x", "5 rm -f", "5 strip"]);
    }
}
