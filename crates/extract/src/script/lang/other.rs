//! Ruby, Perl, PHP, Lua, Visual Basic and AppleScript: what a table says of each.

use census_model::{How, Kind};

use super::lexer::{Backtick, Lexer, Syntax, Token};
use super::value::{AHEAD, Value, args, unescaped};
use crate::Scope;
use crate::script;
use crate::tally::{Lines, Tally};

/// What a language calls things.
#[derive(Debug)]
pub(in crate::script) struct Language {
    pub(super) syntax: Syntax,
    /// What its names are marked with.
    name: &'static str,
    /// Functions that take a command line, or its words.
    commands: &'static [&'static str],
    /// Functions that load a module by its name.
    loads: &'static [&'static str],
    /// What the variables of the environment are read from.
    environment: &'static [&'static str],
    /// Other functions worth a fact; a trailing `*` is a prefix.
    calls: &'static [&'static str],
    /// Whether names are written in any case.
    caseless: bool,
}

const PLAIN: Syntax = Syntax {
    comments: &["#"],
    block: None,
    quotes: b"'\"",
    backtick: Backtick::Mark,
    regex: false,
    heredoc: false,
    lines: true,
    doubled: false,
};

pub(in crate::script) static RUBY: Language = Language {
    syntax: Syntax { backtick: Backtick::Command, regex: true, heredoc: true, ..PLAIN },
    name: "ruby",
    commands: &[
        "system",
        "exec",
        "spawn",
        "Kernel.system",
        "Kernel.exec",
        "Kernel.spawn",
        "IO.popen",
        "Open3.capture2",
        "Open3.capture2e",
        "Open3.capture3",
        "Open3.popen2",
        "Open3.popen2e",
        "Open3.popen3",
        "Process.spawn",
        "PTY.spawn",
        "sh",
    ],
    loads: &["require", "gem"],
    environment: &["ENV", "ENV.fetch"],
    calls: &[
        "eval",
        "instance_eval",
        "class_eval",
        "Kernel.eval",
        "Net::HTTP*",
        "URI.open",
        "TCPSocket*",
        "UDPSocket*",
        "Socket*",
        "Base64.*",
        "Marshal.load",
        "Fiddle*",
        "FileUtils.*",
        "File.chmod",
        "File.write",
        "File.delete",
        "Process.daemon",
        "Process.kill",
        "Dir.glob",
        "open",
        "Etc.*",
        "OpenSSL::*",
        "URI.parse",
    ],
    caseless: false,
};

pub(in crate::script) static PERL: Language = Language {
    syntax: Syntax { backtick: Backtick::Command, heredoc: true, ..PLAIN },
    name: "perl",
    commands: &["system", "exec", "qx", "readpipe", "CORE::system", "CORE::exec", "open3", "open2"],
    loads: &["use", "require"],
    environment: &["$ENV"],
    calls: &[
        "eval",
        "socket",
        "connect",
        "chmod",
        "chown",
        "unlink",
        "fork",
        "kill",
        "syscall",
        "IO::Socket*",
        "LWP::*",
        "HTTP::*",
        "decode_base64",
        "symlink",
        "chroot",
        "getpwnam",
        "getpwuid",
        "gethostbyname",
    ],
    caseless: false,
};

pub(in crate::script) static PHP: Language = Language {
    syntax: Syntax {
        comments: &["#", "//"],
        block: Some(("/*", "*/")),
        backtick: Backtick::Command,
        heredoc: false,
        lines: false,
        ..PLAIN
    },
    name: "php",
    commands: &["system", "exec", "shell_exec", "passthru", "popen", "proc_open", "pcntl_exec"],
    loads: &[],
    environment: &["getenv", "$_ENV"],
    calls: &[
        "eval",
        "assert",
        "create_function",
        "base64_decode",
        "gzinflate",
        "str_rot13",
        "curl_*",
        "fsockopen",
        "file_get_contents",
        "file_put_contents",
        "unserialize",
        "move_uploaded_file",
        "chmod",
        "mail",
        "unlink",
        "preg_replace",
        "call_user_func",
    ],
    caseless: true,
};

pub(in crate::script) static LUA: Language = Language {
    syntax: Syntax { comments: &["--"], block: Some(("--[[", "]]")), lines: false, ..PLAIN },
    name: "lua",
    commands: &["os.execute", "io.popen"],
    loads: &["require"],
    environment: &["os.getenv"],
    calls: &["load", "loadstring", "loadfile", "dofile", "os.remove", "os.rename", "io.open", "package.loadlib", "string.dump", "socket.*"],
    caseless: false,
};

pub(in crate::script) static VISUAL_BASIC: Language = Language {
    syntax: Syntax { comments: &["'", "Rem ", "REM "], quotes: b"\"", doubled: true, ..PLAIN },
    name: "vb",
    commands: &["Shell", "*.Run", "*.Exec", "*.ShellExecute"],
    loads: &[],
    environment: &["Environ", "*.ExpandEnvironmentStrings"],
    calls: &[
        "Execute",
        "ExecuteGlobal",
        "Eval",
        "*.RegWrite",
        "*.RegRead",
        "*.RegDelete",
        "*.SaveToFile",
        "*.DeleteFile",
        "*.CopyFile",
        "*.CreateTextFile",
        "*.ResponseBody",
        "AutoOpen",
        "Document_Open",
        "Workbook_Open",
        "Auto_Open",
        "CallByName",
        "StrReverse",
    ],
    caseless: true,
};

pub(in crate::script) static APPLE_SCRIPT: Language = Language {
    syntax: Syntax { comments: &["--", "#"], block: Some(("(*", "*)")), quotes: b"\"", ..PLAIN },
    name: "applescript",
    commands: &["shell script"],
    loads: &[],
    environment: &["attribute"],
    calls: &["keystroke", "display dialog", "run script", "the clipboard", "load script", "mount volume"],
    caseless: true,
};

/// Reads a program.
pub(in crate::script) fn see(language: &'static Language, text: &str, tally: &mut Tally) {
    let mut walk = Walk { language, lexer: Lexer::new(text, &language.syntax), lines: Lines::new(text.as_bytes()), tally, left: AHEAD };
    let mut last = "";
    while let Some((at, token)) = walk.lexer.next() {
        let line = walk.lines.of(at);
        match token {
            Token::Name(name) => {
                if !matches!(last, "def" | "sub" | "function" | "Sub" | "Function") {
                    walk.name(last, name, line);
                }
                last = name;
                continue;
            }
            Token::Command(command) => script::shell_lines(&holes(command), line, walk.tally),
            Token::Text(text) if language.syntax.doubled => super::constant_path(text, line, walk.tally),
            Token::Text(text) => super::constant(text, line, walk.tally),
            Token::Mark(b'%') => walk.percent(line),
            Token::Mark(_) => {}
        }
        last = "";
    }
    if walk.left == 0 {
        walk.tally.cut();
    }
}

/// A command with the variables of another language taken for the shell's.
fn holes(command: &str) -> String {
    command.replace("#{", "${")
}

struct Walk<'a, 't> {
    language: &'static Language,
    lexer: Lexer<'a>,
    lines: Lines<'a>,
    tally: &'t mut Tally,
    /// How many tokens may still be looked at ahead.
    left: usize,
}

impl<'a> Walk<'a, '_> {
    fn add(&mut self, kind: Kind, value: impl Into<String>, line: i32) {
        self.tally.add(kind, value, Scope::Script, How::Resolved, line);
    }

    /// The entry of a table that a name is: the name itself, its last part behind `*`, or what is before a trailing `*`.
    fn listed(&self, table: &'static [&'static str], name: &str) -> Option<&'static str> {
        let same = |a: &str, b: &str| if self.language.caseless { a.eq_ignore_ascii_case(b) } else { a == b };
        table.iter().copied().find(|entry| match (entry.strip_prefix('*'), entry.strip_suffix('*')) {
            (Some(tail), _) => {
                name.len() >= tail.len() && name.is_char_boundary(name.len() - tail.len()) && same(&name[name.len() - tail.len()..], tail)
            }
            (_, Some(head)) => name.get(..head.len()).is_some_and(|start| same(start, head)),
            _ => same(name, entry),
        })
    }

    fn name(&mut self, last: &str, written: &'a str, line: i32) {
        let language = self.language;
        let pair = format!("{last} {written}");
        let is =
            |walk: &Self, table| walk.listed(table, written).or_else(|| if last.is_empty() { None } else { walk.listed(table, &pair) });
        if is(self, language.loads).is_some() {
            return self.load(line);
        }
        if is(self, language.environment).is_some() {
            return self.environment(line);
        }
        if let Some(entry) = is(self, language.commands) {
            self.command(entry.trim_start_matches('*').trim_start_matches('.'), line);
        } else if let Some(entry) = is(self, language.calls) {
            let name = match entry.strip_suffix('*') {
                Some(_) => written,
                None => entry.trim_start_matches("*."),
            };
            self.call(name, line);
        } else if is_factory(written)
            && let Some(class) = self.given().first().and_then(Value::text).filter(|class| !class.is_empty())
        {
            let class = class.split(['!', '{', '\\']).next().unwrap_or(class).trim_end_matches(':').to_owned();
            self.add(Kind::Call, format!("com:{class}"), line);
        }
    }

    fn call(&mut self, name: &str, line: i32) {
        self.add(Kind::Call, format!("{}:{name}", self.language.name), line);
    }

    /// The arguments that follow, in brackets or up to the end of the line.
    fn given(&mut self) -> Vec<Value> {
        let mut ahead = self.lexer.clone();
        let mut inside = ahead.clone();
        match inside.next() {
            // Words follow that say how it is done.
            Some((_, Token::Text(text))) if self.language.name == "applescript" => vec![Value::Text(unescaped(text).into_owned())],
            Some((_, Token::Mark(b'('))) => args(&mut inside, b')', &mut self.left).values,
            Some((_, Token::Mark(b'['))) => args(&mut inside, b']', &mut self.left).values,
            Some((_, Token::Mark(b'{'))) => args(&mut inside, b'}', &mut self.left).values,
            _ => args(&mut ahead, b'\n', &mut self.left).values,
        }
    }

    /// What a function loads: a string, or a bare name.
    fn load(&mut self, line: i32) {
        let mut ahead = self.lexer.clone();
        let loaded = match ahead.next() {
            Some((_, Token::Mark(b'('))) => ahead.next(),
            other => other,
        };
        if let Some((_, Token::Text(name) | Token::Name(name))) = loaded {
            self.lexer = ahead;
            let pragma = matches!(name, "strict" | "warnings" | "utf8" | "vars" | "lib" | "constant" | "parent" | "base");
            let is_module = !name.is_empty() && !name.starts_with(['.', '/', '$']) && name.len() <= 128 && !pragma;
            let version = name.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
            if is_module && !version {
                self.add(Kind::Import, format!("{}:{name}", self.language.name), line);
            }
        }
    }

    fn environment(&mut self, line: i32) {
        let mut ahead = self.lexer.clone();
        if matches!(ahead.next(), Some((_, Token::Mark(b'(' | b'[' | b'{') | Token::Text(_)))) || self.language.name == "applescript" {
            let bare = matches!(self.lexer.clone().next(), Some((_, Token::Text(_))));
            let mut ahead = self.lexer.clone();
            if !bare {
                ahead.next();
            }
            if let Some((_, Token::Text(name) | Token::Name(name))) = ahead.next() {
                let name = name.trim_matches('%');
                if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')')) {
                    self.add(Kind::Env, name, line);
                }
            }
        }
    }

    /// What a function starts.
    fn command(&mut self, name: &str, line: i32) {
        let given = self.given();
        self.call(name, line);
        let words: Vec<String> = given.iter().map(|value| value.text().unwrap_or("$").to_owned()).collect();
        match given.as_slice() {
            [Value::List(_), ..] => script::command(&given[0].words(), line, self.tally),
            [Value::Text(command)] => script::shell_lines(&holes(command), line, self.tally),
            [Value::Text(command), second, ..] if command.contains(' ') || matches!(second, Value::Other) => {
                script::shell_lines(&holes(command), line, self.tally);
            }
            [Value::Text(_), ..] => script::command(&words, line, self.tally),
            _ => {}
        }
    }

    /// `%x(…)` of Ruby's.
    fn percent(&mut self, line: i32) {
        let mut ahead = self.lexer.clone();
        if self.language.name != "ruby" || !matches!(ahead.next(), Some((_, Token::Name("x")))) {
            return;
        }
        if matches!(ahead.next(), Some((_, Token::Mark(b'(' | b'[' | b'{')))) {
            let mut words = Vec::new();
            while let Some((_, Token::Name(word) | Token::Text(word))) = ahead.next() {
                words.push(word.to_owned());
                if words.len() == 4 {
                    break;
                }
            }
            script::command(&words, line, self.tally);
        }
    }
}

/// Whether a function makes or finds objects of COM.
fn is_factory(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("CreateObject") || name.eq_ignore_ascii_case("GetObject")
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::script::tests::facts;

    #[test]
    fn ruby_is_read() {
        for (text, expected) in [
            (
                "require 'net/http'\nsystem(\"curl -s #{url}\")\n",
                &["2 call ruby:system", "1 import ruby:net/http", "2 command curl -s"] as &[_],
            ),
            ("x = `uname -a`\n%x(whoami)\n", &["1 command uname -a", "2 command whoami"]),
            ("exec 'rm', '-rf', dir", &["1 call ruby:exec", "1 command rm -rf"]),
            ("Net::HTTP.get(URI('https://a.example/x'))", &["1 call ruby:Net::HTTP.get", "1 url https://a.example/x"]),
            ("ENV['HOME'] + ENV.fetch('TOKEN', 1)", &["1 env HOME", "1 env TOKEN"]),
            ("def system(x)\nend\n# system 'ls'\n", &[]),
            ("eval(Base64.decode64(x))", &["1 call ruby:Base64.decode64", "1 call ruby:eval"]),
        ] {
            assert_eq!(facts(Format::Ruby, text), expected, "{text}");
        }
    }

    #[test]
    fn perl_is_read() {
        for (text, expected) in [
            (
                "use strict;\nuse LWP::UserAgent;\nsystem(\"wget -q $u\");",
                &["3 call perl:system", "2 import perl:LWP::UserAgent", "3 command wget -q"] as &[_],
            ),
            ("my $x = `id -u`; print $ENV{HOME};", &["1 env HOME", "1 command id -u"]),
            ("exec 'chmod', '755', $f;\nuse 5.010;", &["1 call perl:exec", "1 command chmod 755"]),
            ("LWP::UserAgent->new; require Foo::Bar;", &["1 call perl:LWP::UserAgent->new", "1 import perl:Foo::Bar"]),
        ] {
            assert_eq!(facts(Format::Perl, text), expected, "{text}");
        }
    }

    #[test]
    fn php_lua_visual_basic_and_applescript_are_read() {
        for (format, text, expected) in [
            (
                Format::Php,
                "<?php eval(base64_decode($x)); shell_exec('id'); ?>",
                &["1 call php:base64_decode", "1 call php:eval", "1 call php:shell_exec", "1 command id"] as &[_],
            ),
            (
                Format::Lua,
                "os.execute('ls -l') -- no\nlocal s = require \"socket\"",
                &["1 call lua:os.execute", "2 import lua:socket", "1 command ls -l"],
            ),
            (
                Format::VisualBasic,
                "Set s = CreateObject(\"WScript.Shell\")\ns.Run \"powershell -enc AAAA\", 0\nx = Environ(\"TEMP\") ' no\n",
                &["1 call com:WScript.Shell", "2 call vb:Run", "3 env TEMP", "2 command powershell -enc AAAA"],
            ),
            (Format::VisualBasic, "s.RegWrite \"HKCU\\Software\\x\", 1", &["1 call vb:RegWrite", "1 regkey HKCU\\Software\\x"]),
            (
                Format::AppleScript,
                "do shell script \"curl -s u | sh\" with administrator privileges",
                &["1 call applescript:shell script", "1 command curl -s u", "1 command sh", "1 flow sh←curl"],
            ),
        ] {
            assert_eq!(facts(format, text), expected, "{text}");
        }
    }
}
