//! Source that does not parse: what text can give.

use std::sync::LazyLock;

use census_model::{How, Kind};
use regex::Regex;

use super::known;
use super::names::Names;
use super::sink::Sink;
use super::strings;
use super::value::Origin;
use crate::hash::HashMap;
use crate::{Module, Scope};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern, tried by the tests")
}

static IMPORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)^\s*import\s+([\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*)"));
static FROM: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)^\s*from\s+(\.*[\w.]*)\s+import\s+\(?\s*([\w*\s,]+)"));
static CALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[^\w.])((?-u:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*))[ \t]?\("));
static STRING: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([^"\\\n]{3,1024})"|'([^'\\\n]{3,1024})'"#));

/// Notes imports, calls of imported names and of telling builtins, and what short strings hold, line by line.
pub(super) fn see(text: &str, names: &mut Names, sink: &mut Sink) -> Module {
    let mut bound: HashMap<String, String> = HashMap::default();
    let mut module = Module::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let at = u32::try_from(offset).unwrap_or(u32::MAX);
        offset += line.len();
        let head = &line[..line.floor_char_boundary(1 << 16)];
        for (imported, name, target) in imports(head) {
            if !imported.starts_with('.') {
                sink.name(Kind::Import, names.dotted(&imported), Scope::Module, How::Text, at);
            }
            module.imports.push((imported, Scope::Module));
            bound.insert(name, target);
        }
        // What is indented stands in a function as likely as not.
        let scope = if head.starts_with([' ', '\t']) { Scope::Function } else { Scope::Module };
        calls(line, &bound, scope, at, names, sink);
        for found in STRING.captures_iter(line) {
            let text = found.get(1).or_else(|| found.get(2)).map_or("", |m| m.as_str());
            strings::note(sink, text, Origin { folded: false, fresh: true }, None, scope, at);
        }
    }
    module.bindings = bound.into_iter().collect();
    module.bindings.sort();
    module.imports.sort();
    module.imports.dedup();
    module
}

/// The imports of a line: the module, the name that is bound, and what to.
fn imports(line: &str) -> Vec<(String, String, String)> {
    let alias = |item: &str| {
        let mut words = item.split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let shown = if words.next() == Some("as") { words.next().map(str::to_owned) } else { None };
        (name, shown)
    };
    if let Some(found) = IMPORT.captures(line) {
        let bind = |item: &str| {
            let (name, shown) = alias(item);
            let first = name.split('.').next().unwrap_or_default().to_owned();
            match shown {
                Some(shown) => (name.clone(), shown, name),
                None => (name, first.clone(), first),
            }
        };
        return found[1].split(',').map(bind).filter(|(module, ..)| !module.is_empty()).collect();
    }
    let Some(found) = FROM.captures(line) else { return Vec::new() };
    let module = found[1].to_owned();
    if module.is_empty() || module == "__future__" {
        return Vec::new();
    }
    let between = if module.ends_with('.') { "" } else { "." };
    found[2]
        .split(',')
        .map(alias)
        .filter(|(name, _)| !name.is_empty() && name != "*")
        .map(|(name, shown)| (module.clone(), shown.unwrap_or_else(|| name.clone()), format!("{module}{between}{name}")))
        .collect()
}

fn calls(line: &str, bound: &HashMap<String, String>, scope: Scope, at: u32, names: &mut Names, sink: &mut Sink) {
    if line.trim_start().starts_with('#') {
        return;
    }
    for found in CALL.captures_iter(line) {
        let name = &found[1];
        let (first, rest) = name.split_once('.').map_or((name, ""), |(first, rest)| (first, rest));
        let before = line[..found.get(1).map_or(0, |m| m.start())].trim_end();
        if before.ends_with("def") || before.ends_with("class") {
            continue;
        }
        let target = match bound.get(first) {
            Some(target) if rest.is_empty() => target.clone(),
            Some(target) => format!("{target}.{rest}"),
            None if rest.is_empty() && known::is_telling(first) => format!("builtins.{first}"),
            None => continue,
        };
        sink.name(Kind::Call, names.dotted(&target), scope, How::Text, at);
    }
    // Statements of Python 2 that are functions now.
    let head = line.trim_start();
    if let Some(keyword) = ["exec ", "print "].iter().find(|keyword| head.starts_with(**keyword)) {
        sink.name(Kind::Call, names.dotted(&format!("builtins.{}", keyword.trim_end())), scope, How::Text, at);
    }
}
