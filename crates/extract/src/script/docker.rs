//! Dockerfiles: the commands they run while building, and at start.

use crate::tally::Tally;

/// Reads `RUN`, `CMD`, `ENTRYPOINT` and `HEALTHCHECK CMD`, in the shell's form or as a JSON list.
pub(super) fn see(text: &str, tally: &mut Tally) {
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let mut whole = line.trim().to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            match lines.next() {
                // Comments may stand between continued lines.
                Some((next, _)) if next.trim_start().starts_with('#') => whole.push('\\'),
                Some((next, _)) => whole.push_str(next),
                None => break,
            }
        }
        let (instruction, rest) = whole.split_once(char::is_whitespace).unwrap_or((&whole, ""));
        let rest = match instruction.to_ascii_uppercase().as_str() {
            "RUN" | "CMD" | "ENTRYPOINT" => rest.trim(),
            "HEALTHCHECK" => rest.split_once("CMD ").map_or("", |(_, command)| command.trim()),
            _ => continue,
        };
        let rest = rest.split(' ').skip_while(|word| word.starts_with("--")).collect::<Vec<_>>().join(" ");
        match serde_json::from_str::<Vec<String>>(&rest) {
            Ok(words) => super::command(&words, number, tally),
            Err(_) => super::shell_lines(&rest, number, tally),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::script::tests::commands;

    #[test]
    fn both_forms_of_commands_are_read() {
        let text =
            "FROM a\n# RUN no\nRUN --mount=type=cache apt-get update && \\\n  # why\n  pip install x\nCMD [\"python\", \"-m\", \"x\"]\n";
        assert_eq!(commands(Format::Dockerfile, text), ["3 apt-get update", "3 pip install x", "6 python -m x"]);
    }
}
