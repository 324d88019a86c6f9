//! JavaScript and TypeScript.

use census_model::{How, Kind};

use super::lexer::{Backtick, Lexer, Syntax, Token};
use super::value::{AHEAD, Args, Value, args};
use crate::Scope;
use crate::hash::HashMap;
use crate::script;
use crate::tally::{Lines, Tally};

pub(super) static SYNTAX: Syntax = Syntax {
    comments: &["//"],
    block: Some(("/*", "*/")),
    quotes: b"'\"",
    backtick: Backtick::Template,
    regex: true,
    heredoc: false,
    lines: false,
    doubled: false,
};

/// Modules that come with Node.
const NODE: &[&str] = &[
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "sqlite",
    "stream",
    "string_decoder",
    "test",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// What a program may call without loading a module first.
const GLOBALS: &[&str] = &[
    "eval",
    "Function",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "EventSource",
    "importScripts",
    "atob",
    "unescape",
    "document.write",
    "navigator.sendBeacon",
    "navigator.clipboard.readText",
    "navigator.geolocation.getCurrentPosition",
    "String.fromCharCode",
    "Buffer.from",
    "WebAssembly.instantiate",
    "WebAssembly.compile",
    "process.binding",
    "process.dlopen",
    "process.kill",
    "Deno.Command",
    "Deno.run",
    "Deno.env.get",
    "Bun.spawn",
    "WScript.CreateObject",
    "ActiveXObject",
    "localStorage.setItem",
    "localStorage.getItem",
    "indexedDB.open",
    "chrome.cookies.getAll",
];

/// What runs text as code.
const EVALUATES: &[&str] = &["javascript:eval", "javascript:Function", "node:vm.runInThisContext", "node:vm.runInNewContext"];

/// What decodes or fetches what others run.
const SOURCES: &[&str] =
    &["atob", "unescape", "Buffer.from", "String.fromCharCode", "decodeURIComponent", "fetch", "axios.get", "require", "XMLHttpRequest"];

/// Reads a program.
pub(in crate::script) fn see(text: &str, tally: &mut Tally) {
    let mut walk = Walk {
        lexer: Lexer::new(text, &SYNTAX),
        lines: Lines::new(text.as_bytes()),
        tally,
        bound: HashMap::default(),
        target: Target::None,
        last: "",
        left: AHEAD,
    };
    while let Some((at, token)) = walk.lexer.next() {
        walk.token(at, token);
    }
    if walk.left == 0 {
        walk.tally.cut();
    }
}

/// What an expression would be bound to.
enum Target<'a> {
    None,
    Name(&'a str),
    /// `{ key: name }`.
    Keys(Vec<(&'a str, &'a str)>),
}

struct Walk<'a, 't> {
    lexer: Lexer<'a>,
    lines: Lines<'a>,
    tally: &'t mut Tally,
    /// What names stand for: modules and their members.
    bound: HashMap<&'a str, String>,
    target: Target<'a>,
    /// The last token, where it is a name.
    last: &'a str,
    /// How many tokens may still be looked at ahead.
    left: usize,
}

impl<'a> Walk<'a, '_> {
    fn add(&mut self, kind: Kind, value: impl Into<String>, at: usize) {
        let line = self.lines.of(at);
        self.tally.add(kind, value, Scope::Script, How::Resolved, line);
    }

    fn token(&mut self, at: usize, token: Token<'a>) {
        let last = std::mem::take(&mut self.last);
        match token {
            Token::Name("import") => self.import(at),
            Token::Name("const" | "let" | "var") => self.declaration(),
            Token::Name(name) => {
                self.last = name;
                if last != "function" && last != "class" {
                    self.name(name, at);
                }
            }
            Token::Mark(b'=') if !last.is_empty() && !last.contains('.') => self.target = Target::Name(last),
            Token::Mark(b';' | b'{' | b'}') => self.target = Target::None,
            Token::Text(text) => {
                let line = self.lines.of(at);
                super::constant(text, line, self.tally);
            }
            _ => {}
        }
    }

    /// `const { exec, spawn: run } = …`.
    fn declaration(&mut self) {
        let mut ahead = self.lexer.clone();
        if matches!(ahead.next(), Some((_, Token::Mark(b'{')))) {
            let keys = keys(&mut ahead);
            if matches!(ahead.next(), Some((_, Token::Mark(b'=')))) {
                self.lexer = ahead;
                self.target = Target::Keys(keys);
            }
        }
    }

    /// `import a, { b as c } from 'x'`, `import * as a from 'x'`, `import 'x'`, `import('x')`.
    fn import(&mut self, at: usize) {
        let mut ahead = self.lexer.clone();
        let mut names = Vec::new();
        for _ in 0..64 {
            match ahead.next() {
                Some((_, Token::Text(module))) => {
                    self.lexer = ahead;
                    return self.imported(module, names, at);
                }
                Some((_, Token::Mark(b'('))) if names.is_empty() => return self.required(at),
                Some((_, Token::Mark(b'{'))) => names.extend(keys(&mut ahead).into_iter().map(|(key, name)| (Some(key), name))),
                Some((_, Token::Mark(b'*' | b',') | Token::Name("from" | "as" | "type"))) => {}
                Some((_, Token::Name(name))) if name != "import" => names.push((None, name)),
                _ => return,
            }
        }
    }

    fn imported(&mut self, written: &'a str, names: Vec<(Option<&'a str>, &'a str)>, at: usize) {
        let Some(module) = module(written) else { return };
        for (key, name) in names {
            let value = key.map_or_else(|| module.clone(), |key| format!("{module}.{key}"));
            self.bound.insert(name, value);
        }
        self.add(Kind::Import, module, at);
    }

    /// `require('x')` or `import('x')`, from its bracket on: what follows belongs to the module.
    fn required(&mut self, at: usize) {
        let mut ahead = self.lexer.clone();
        if !matches!(ahead.next(), Some((_, Token::Mark(b'(')))) {
            return;
        }
        let given = args(&mut ahead, b')', &mut self.left);
        let Some(module) = given.values.first().and_then(Value::text).filter(|text| !text.contains('$')).and_then(module) else { return };
        if !given.closed {
            return;
        }
        self.lexer = ahead;
        self.add(Kind::Import, module.clone(), at);
        let mut ahead = self.lexer.clone();
        // `(await import('x')).y`, `__importDefault(require('x')).default`.
        let next = std::iter::from_fn(|| ahead.next()).take(3).find(|(_, token)| *token != Token::Mark(b')'));
        match next {
            Some((_, Token::Name(member))) if member.starts_with(['.', '?']) => {
                self.lexer = ahead;
                let name = format!("{module}{}", member.replace("?.", "."));
                self.resolved(name, at);
            }
            Some((_, Token::Mark(b'['))) => {
                if let Some(name) = self.members(&module) {
                    self.resolved(name, at);
                }
            }
            _ => self.bind(&module),
        }
    }

    /// Binds what is being assigned to.
    fn bind(&mut self, value: &str) {
        match std::mem::replace(&mut self.target, Target::None) {
            Target::None => {}
            Target::Name(name) => {
                self.bound.insert(name, value.to_owned());
            }
            Target::Keys(keys) => {
                for (key, name) in keys {
                    self.bound.insert(name, format!("{value}.{key}"));
                }
            }
        }
    }

    fn name(&mut self, written: &'a str, at: usize) {
        if written == "require" || written == "module.require" {
            return self.required(at);
        }
        let name = written.replace("?.", ".");
        let mut name = name.as_str();
        for whole in ["globalThis.", "window.", "global.", "self.", "top."] {
            name = name.strip_prefix(whole).unwrap_or(name);
        }
        if let Some(variable) = name.strip_prefix("process.env.").or_else(|| name.strip_prefix("import.meta.env.")) {
            let variable = variable.split('.').next().unwrap_or(variable);
            return self.add(Kind::Env, variable, at);
        }
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let found = if let Some(module) = self.bound.get(first) {
            Some(rest.map_or_else(|| module.clone(), |rest| format!("{module}.{rest}")))
        } else if GLOBALS.contains(&name) {
            Some(format!("javascript:{name}"))
        } else if matches!(name, "process.env" | "process" | "globalThis" | "window" | "global" | "self") {
            Some(name.to_owned())
        } else {
            None
        };
        let Some(found) = found else { return };
        let found = self.members(&found).unwrap_or(found);
        self.resolved(found, at);
    }

    /// Members that follow in brackets: `x['y']`, `x['a' + 'b']`.
    fn members(&mut self, name: &str) -> Option<String> {
        let mut ahead = self.lexer.clone();
        if !matches!(ahead.next(), Some((_, Token::Mark(b'[')))) {
            return None;
        }
        let given = args(&mut ahead, b']', &mut self.left);
        let [Value::Text(member)] = given.values.as_slice() else { return None };
        if !given.closed || member.contains('$') {
            return None;
        }
        self.lexer = ahead;
        Some(match name {
            "globalThis" | "window" | "global" | "self" => format!("javascript:{member}"),
            _ => format!("{name}.{member}"),
        })
    }

    /// A name that was followed to where it comes from.
    fn resolved(&mut self, name: String, at: usize) {
        if let Some(variable) = name.strip_prefix("process.env.") {
            return self.add(Kind::Env, variable, at);
        }
        if !name.contains(':') {
            return;
        }
        let mut ahead = self.lexer.clone();
        match ahead.next() {
            Some((_, Token::Mark(b'('))) => {
                let given = args(&mut ahead, b')', &mut self.left);
                // A method of that name is defined here.
                if given.closed && matches!(ahead.next(), Some((_, Token::Mark(b'{')))) {
                    return;
                }
                self.call(name, &given, at);
            }
            // Its value goes by another name: `const run = cp.exec`.
            Some((_, Token::Mark(b';' | b',') | Token::Name(_))) | None if !name.starts_with("javascript:") => self.bind(&name),
            _ => {}
        }
    }

    fn call(&mut self, name: String, given: &Args<'a>, at: usize) {
        if matches!(name.as_str(), "javascript:ActiveXObject" | "javascript:WScript.CreateObject") {
            if let Some(class) = given.values.first().and_then(Value::text) {
                self.add(Kind::Call, format!("com:{class}"), at);
            }
            return;
        }
        if name == "javascript:Deno.env.get" {
            if let Some(variable) = given.values.first().and_then(Value::text) {
                self.add(Kind::Env, variable, at);
            }
            return;
        }
        self.process(&name, given, at);
        if EVALUATES.contains(&name.as_str()) || name.starts_with("node:child_process.") {
            for source in given.names.iter().filter(|source| SOURCES.contains(*source)) {
                let source = self.bound.get(source).cloned().unwrap_or_else(|| format!("javascript:{source}"));
                self.add(Kind::Flow, format!("{name}←{source}"), at);
            }
        }
        self.add(Kind::Call, name, at);
    }

    /// Notes what a call starts.
    fn process(&mut self, name: &str, given: &Args<'a>, at: usize) {
        let (module, function) = name.rsplit_once('.').unwrap_or((name, ""));
        let line = self.lines.of(at);
        let first = given.values.first();
        match (module, function) {
            ("node:child_process", "exec" | "execSync") | ("npm:shelljs", "exec") | ("npm:execa", "command" | "commandSync") => {
                if let Some(command) = first.and_then(Value::text) {
                    script::shell_lines(command, line, self.tally);
                }
            }
            ("node:child_process", "spawn" | "spawnSync" | "execFile" | "execFileSync")
            | ("npm:execa" | "npm:cross-spawn", _)
            | ("javascript:Deno" | "javascript:Bun", "Command" | "spawn") => {
                let program = first.and_then(Value::text).map(str::to_owned);
                let rest = given.values.get(usize::from(program.is_some())).map(Value::words).unwrap_or_default();
                let words: Vec<String> = program.into_iter().chain(rest).collect();
                script::command(&words, line, self.tally);
            }
            _ => {}
        }
    }
}

/// `a, b: c, d as e }`: what each key goes by, from behind the opening brace.
fn keys<'a>(lexer: &mut Lexer<'a>) -> Vec<(&'a str, &'a str)> {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    let mut renames = false;
    for _ in 0..256 {
        match lexer.next() {
            Some((_, Token::Name("as") | Token::Mark(b':'))) => renames = true,
            Some((_, Token::Name(name))) if renames => {
                if let Some(last) = keys.last_mut() {
                    last.1 = name;
                }
                renames = false;
            }
            Some((_, Token::Name(name))) => keys.push((name, name)),
            Some((_, Token::Mark(b','))) => {}
            _ => break,
        }
    }
    keys
}

/// The module that is meant: Node's own, or one of another package; none where it is a file.
fn module(written: &str) -> Option<String> {
    let plain = written.strip_prefix("node:").unwrap_or(written);
    let root = plain.split('/').next().unwrap_or(plain);
    if NODE.contains(&root) {
        return Some(format!("node:{plain}"));
    }
    let is_name =
        written.len() <= 128 && written.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'/' | b'-' | b'_' | b'.'));
    let is_package = written.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@') && !written.starts_with("@/");
    (is_name && is_package).then(|| format!("npm:{written}"))
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::script::tests::facts;

    #[test]
    fn what_is_loaded_and_called_is_seen() {
        for (text, expected) in [
            (
                "const cp = require('child_process');\ncp.exec('curl -s u');",
                &["2 call node:child_process.exec", "1 import node:child_process", "2 command curl -s u"] as &[_],
            ),
            (
                "import { spawn as run } from 'node:child_process'\nrun('git', ['clone', x])",
                &["2 call node:child_process.spawn", "1 import node:child_process", "2 command git clone"],
            ),
            (
                "const {execSync, exec: e} = require(\"child_process\"); e(`rm -rf ${dir}`)",
                &["1 call node:child_process.exec", "1 import node:child_process", "1 command rm -rf"],
            ),
            (
                "require('child_process').execSync('id')",
                &["1 call node:child_process.execSync", "1 import node:child_process", "1 command id"],
            ),
            (
                "require('child_pr' + 'oc\\x65ss')['ex' + 'ec']('id')",
                &["1 call node:child_process.exec", "1 import node:child_process", "1 command id"],
            ),
            ("import axios from 'axios'; axios.post(u, process.env)", &["1 call npm:axios.post", "1 import npm:axios"]),
            ("import('./own.js'); require('../x')", &[]),
            (
                "eval(atob(x)); new Function('a', b)",
                &[
                    "1 call javascript:Function",
                    "1 call javascript:atob",
                    "1 call javascript:eval",
                    "1 flow javascript:eval←javascript:atob",
                ],
            ),
            ("window['ev' + 'al'](x)", &["1 call javascript:eval"]),
            ("process.env.TOKEN; process.env['HOME']; process?.env?.CI", &["1 env CI", "1 env HOME", "1 env TOKEN"]),
            ("class A { fetch(x) { } } obj.fetch(y); function eval(z) {}", &[]),
            ("// require('fs')\n'require(\"fs\")'", &[]),
            ("fetch('https://a.example/x')", &["1 call javascript:fetch", "1 url https://a.example/x"]),
            ("new ActiveXObject('WScript.Shell')", &["1 call com:WScript.Shell"]),
            ("x = '/etc/passwd'", &["1 path /etc/passwd"]),
        ] {
            assert_eq!(facts(Format::JavaScript, text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_read_in_linear_time() {
        for piece in ["a=require('fs');", "/[", "`${", "eval(", "x['a'](", "{a,", "import a,", "'", "process.env["] {
            let text = piece.repeat((1 << 17) / piece.len());
            let from = std::time::Instant::now();
            facts(Format::JavaScript, &text);
            assert!(from.elapsed().as_secs() < 20, "{piece}");
        }
    }
}
