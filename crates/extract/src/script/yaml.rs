//! Workflows of CI services: the commands of their steps.

use crate::tally::Tally;

/// Keys whose values are shell commands.
const KEYS: &[&str] = &["run", "script", "before_script", "after_script", "install", "before_install"];

/// Reads the commands of a workflow; other YAML has none of these keys at the top of jobs or steps.
pub(crate) fn workflow(text: &str, tally: &mut Tally) {
    if !["jobs:", "steps:", "script:", "stages:"].iter().any(|key| text.contains(key)) {
        return;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let body = lines[at].trim_start();
        let item = body.strip_prefix("- ").unwrap_or(body);
        let column = lines[at].len() - item.len();
        let number = i32::try_from(at).unwrap_or(i32::MAX).saturating_add(1);
        at += 1;
        let Some((key, value)) = item.split_once(':').filter(|(key, _)| KEYS.contains(key)) else { continue };
        let value = value.trim();
        if !value.is_empty() && !value.starts_with(['|', '>']) {
            super::shell_lines(value.trim_matches(['"', '\'']), number, tally);
            continue;
        }
        let inside = lines[at..].iter().take_while(|line| line.trim().is_empty() || indent(line) > column || is_item(line, column, key));
        let count = inside.count();
        let below = &lines[at..at + count];
        if value.starts_with(['|', '>']) {
            super::shell_lines(&below.join("\n"), number.saturating_add(1), tally);
        } else {
            for (line, n) in below.iter().zip(number.saturating_add(1)..) {
                let command = line.trim().strip_prefix("- ").unwrap_or_default();
                super::shell_lines(command.trim_matches(['"', '\'']), n, tally);
            }
        }
        at += count;
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Items of a list may stand in the column of its key.
fn is_item(line: &str, column: usize, key: &str) -> bool {
    key != "run" && indent(line) == column && line.trim_start().starts_with("- ")
}

#[cfg(test)]
mod tests {
    use census_model::Kind;

    use crate::{Format, text};

    #[test]
    fn steps_are_commands() {
        let workflow = "jobs:\n  a:\n    steps:\n      - uses: x\n      - run: pip install y\n      - name: z\n        run: |\n          make all\n\n          \
                        curl -s u\n      - uses: w\nb:\n  script:\n  - ls -l\n  - \"rm -r x\"\n";
        let seen = text::see(Format::Yaml, workflow.as_bytes());
        let mut got: Vec<_> =
            seen.sightings.iter().filter(|s| s.term.kind == Kind::Command).map(|s| (s.line, s.term.value.as_str())).collect();
        got.sort_unstable();
        assert_eq!(got, [(5, "pip install y"), (8, "make all"), (10, "curl -s u"), (14, "ls -l"), (15, "rm -r x")]);
        assert!(text::see(Format::Yaml, b"run: ls\n").sightings.is_empty());
    }
}
