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
    let mut tally = Tally::default();
    let mut code = String::new();
    let mut rest = String::new();
    // Before version 4 cells lay below worksheets.
    let sheets = notebook.get("worksheets").and_then(Value::as_array).into_iter().flatten();
    for cell in sheets.chain([&notebook]).filter_map(|sheet| sheet.get("cells")?.as_array()).flatten() {
        let source = cell.get("source").or_else(|| cell.get("input")).map(joined).unwrap_or_default();
        if cell.get("cell_type").and_then(Value::as_str) == Some("code") {
            push_code(&source, &mut code, &mut tally);
            cell.get("outputs").into_iter().for_each(|outputs| strings(outputs, &mut rest));
        } else {
            let _ = writeln!(rest, "{source}");
        }
    }
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

/// Adds a cell. Lines of `IPython`'s own (`%magic`, `!command`, `help?`) become comments; their commands are facts. A cell in
/// another language (`%%bash`) is read as one or left out.
fn push_code(source: &str, code: &mut String, tally: &mut Tally) {
    let before = i32::try_from(code.lines().count()).unwrap_or(i32::MAX);
    let foreign = source.trim_start().strip_prefix("%%").map(|magic| magic.split_whitespace().next().unwrap_or_default());
    match foreign {
        Some("bash" | "sh" | "script") => script::shell_lines(source, before.saturating_add(1), tally),
        Some("time" | "timeit" | "capture" | "prun") | None => {}
        Some(_) => return,
    }
    for (line, number) in source.lines().zip(before.saturating_add(1)..) {
        let body = line.trim_start();
        if let Some(command) = body.strip_prefix('!') {
            script::shell_lines(command, number, tally);
        } else if let Some(magic) = body.strip_prefix("%pip").or_else(|| body.strip_prefix("%conda")) {
            let program = &body[1..body.len() - magic.len()];
            script::shell_lines(&format!("{program}{magic}"), number, tally);
        }
        let is_python = !body.starts_with(['!', '%', '?'])
            && !body.ends_with('?')
            && matches!(foreign, None | Some("time" | "timeit" | "capture" | "prun"));
        // `pass` keeps a block whose only line was a command.
        let indent = &line[..line.len() - body.len()];
        let _ = if is_python || body.is_empty() { writeln!(code, "{line}") } else { writeln!(code, "{indent}pass") };
    }
    if !source.trim().is_empty() && matches!(foreign, Some("bash" | "sh" | "script")) {
        tally.add(Kind::Command, "bash", Scope::Script, How::Resolved, before.saturating_add(1));
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
