//! Jupyter notebooks: their code cells as one Python text, the rest as text.

use std::fmt::Write;

use census_model::{How, Kind, What};
use serde_json::Value;

use crate::tally::Tally;
use crate::{Scope, Seen, python, script};

/// Lines are those of the code cells put one after another.
pub(super) fn see(text: &str) -> Seen {
    let Ok(notebook) = serde_json::from_str::<Value>(text) else {
        let mut tally = Tally::default();
        super::urls(text, |_| Scope::Inert, &mut tally);
        let mut seen = Seen { gaps: vec![(What::Unparsed, i64::try_from(text.len()).unwrap_or(i64::MAX))], ..Seen::default() };
        tally.finish(&mut seen);
        return seen;
    };
    let mut cells = Cells::default();
    let mut rest = String::new();
    // Before version 4 cells lay below worksheets.
    let sheets = notebook.get("worksheets").and_then(Value::as_array).into_iter().flatten();
    for cell in sheets.chain([&notebook]).filter_map(|sheet| sheet.get("cells")?.as_array()).flatten() {
        let source = cell.get("source").or_else(|| cell.get("input")).map(joined).unwrap_or_default();
        if cell.get("cell_type").and_then(Value::as_str) == Some("code") {
            cells.push(&source);
            cell.get("outputs").into_iter().for_each(|outputs| strings(outputs, &mut rest));
        } else {
            let _ = writeln!(rest, "{source}");
        }
    }
    let Cells { code, mut tally, .. } = cells;
    super::urls(&rest, |_| Scope::Inert, &mut tally);
    let mut seen = python::see(code.as_bytes(), false);
    seen.module = None;
    tally.finish(&mut seen);
    seen
}

/// A source is one string, or its lines.
fn joined(source: &Value) -> String {
    match source {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// The code cells, put one after another.
#[derive(Default)]
struct Cells {
    code: String,
    lines: i32,
    tally: Tally,
}

impl Cells {
    /// Adds a cell. One in another language is left out, but for the shell's.
    fn push(&mut self, source: &str) {
        match source.trim_start().strip_prefix("%%").map(|magic| magic.split_whitespace().next().unwrap_or_default()) {
            None | Some("time" | "timeit" | "capture" | "prun") => source.lines().for_each(|line| self.line(line)),
            Some("bash" | "sh" | "script") => {
                self.tally.add(Kind::Command, "bash", Scope::Script, How::Resolved, self.lines.saturating_add(1));
                script::shell_lines(source, self.lines.saturating_add(1), &mut self.tally);
            }
            Some(_) => {}
        }
    }

    /// Adds a line. In the place of one that is `IPython`'s own (`%magic`, `!command`, `help?`) stands `pass`, which keeps a block
    /// whose only line it was; its command is a fact.
    fn line(&mut self, line: &str) {
        self.lines = self.lines.saturating_add(1);
        let body = line.trim_start();
        if let Some(command) = body.strip_prefix('!') {
            script::shell_lines(command, self.lines, &mut self.tally);
        } else if body.starts_with("%pip ") || body.starts_with("%conda ") {
            script::shell_lines(&body[1..], self.lines, &mut self.tally);
        }
        // `files = !ls` and `x = %magic` bind a name to what they give.
        if let Some((name, own)) = body.split_once('=').filter(|(name, _)| name.trim().chars().all(|c| c.is_alphanumeric() || c == '_'))
            && let own = own.trim_start()
            && own.starts_with(['!', '%'])
        {
            if let Some(command) = own.strip_prefix('!') {
                script::shell_lines(command, self.lines, &mut self.tally);
            }
            let _ = writeln!(self.code, "{}{name}= None", &line[..line.len() - body.len()]);
            return;
        }
        let own = body.starts_with(['!', '%', '?']) || body.ends_with('?') && !body.contains('#');
        let indent = &line[..line.len() - body.len()];
        let _ = if own { writeln!(self.code, "{indent}pass") } else { writeln!(self.code, "{line}") };
    }
}

/// Every string inside a value, a line each.
fn strings(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => {
            let _ = writeln!(into, "{text}");
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, into)),
        _ => {}
    }
}
