//! Data that reaches a call: within a function, through variables, and through files that are written and then run.

use census_model::{How, Kind};
use ruff_python_ast::{self as ast, Expr};

use super::args::Args;
use super::known::{Known, Writes};
use super::names::Node;
use super::tables::SOURCES;
use super::value::{Val, Value};
use super::walk::Walker;

/// How many files written are remembered.
const FILES: usize = 64;

/// The shortest path that is looked for in a command.
const SHORTEST: usize = 4;

/// A file that a function writes.
pub(super) struct Written<'a> {
    frame: usize,
    place: Place<'a>,
    taint: u128,
}

/// Where a file that is written lies, as far as the source tells.
enum Place<'a> {
    /// Where this variable says.
    Name(&'a str),
    /// At this path.
    Path(String),
}

impl<'a> Walker<'a, '_> {
    /// Notes the data that reaches a call: a `flow` for each source.
    pub(super) fn flows(&mut self, node: Node, known: &Known, how: How, args: &Args<'a>, offset: u32) {
        if !known.sink || self.core.sink.muted {
            return;
        }
        let flow = |walker: &mut Self, source: &str| {
            let flow = format!("{}←{source}", walker.core.names.text(node));
            walker.core.sink.value(Kind::Flow, &flow, walker.scope, how, offset);
        };
        let taint = args.taint | if known.writes.is_none() { self.in_files(args) } else { 0 };
        for (_, source) in SOURCES.iter().enumerate().filter(|(bit, _)| taint >> bit & 1 == 1) {
            flow(self, source);
        }
        // A process whose input or output is a connection.
        let wired = |name: &str| args.keyword(name).and_then(|value| self.connection(value));
        if known.process.is_some()
            && let Some(connection) = ["stdin", "stdout", "stderr"].into_iter().find_map(wired)
        {
            flow(self, connection);
        }
    }

    fn connection(&self, value: &Value<'a>) -> Option<&'static str> {
        let Value::Made(node, _) = value else { return None };
        (self.core.names.text(*node) == "socket.socket").then_some("socket.socket")
    }

    /// The data in files that constant arguments name.
    fn in_files(&self, args: &Args<'a>) -> u128 {
        let text = |value: &Value<'a>, path: &str| matches!(value, Value::Text(text) if text.as_str().contains(path));
        let names = |path: &str| {
            args.positional.iter().any(|value| match value {
                Value::List(words) => words.iter().take(8).any(|word| text(word, path)),
                value => text(value, path),
            })
        };
        let mut taint = 0;
        for file in self.written.iter().filter(|file| file.taint != 0) {
            if let Place::Path(path) = &file.place
                && names(path)
            {
                taint |= file.taint;
            }
        }
        taint
    }

    /// Remembers what a call writes, and where.
    pub(super) fn track(&mut self, writes: Writes, call: &'a ast::ExprCall, args: &Args<'a>) {
        if self.core.sink.muted {
            return;
        }
        match writes {
            Writes::Opens => {
                let mode = args.positional.get(1).or_else(|| args.keyword("mode"));
                if matches!(mode, Some(Value::Text(mode)) if mode.as_str().contains(['w', 'a', 'x', '+'])) {
                    self.remember(call.arguments.args.first(), args.positional.first(), 0);
                }
            }
            Writes::Fills if args.taint != 0 => {
                let mut named = Vec::new();
                for file in self.written.iter_mut().filter(|file| file.frame == self.frame) {
                    file.taint |= args.taint;
                    if let Place::Name(name) = file.place {
                        named.push(name);
                    }
                }
                for name in named {
                    self.taint(name, args.taint);
                }
            }
            Writes::Receiver if args.taint != 0 => {
                if let Expr::Attribute(method) = &*call.func
                    && let Expr::Name(name) = &*method.value
                {
                    self.taint(&name.id, args.taint);
                }
            }
            Writes::To(place, source) => {
                let taint = args.taint | source;
                self.remember(call.arguments.args.get(place), args.positional.get(place), taint);
                if let Some(Expr::Name(name)) = call.arguments.args.get(place) {
                    self.taint(&name.id, taint);
                }
            }
            Writes::Fills | Writes::Receiver => {}
        }
    }

    fn remember(&mut self, expr: Option<&'a Expr>, value: Option<&Value<'a>>, taint: u128) {
        let path = match value {
            Some(Value::Text(text)) => text.whole().filter(|path| path.len() >= SHORTEST),
            _ => None,
        };
        let place = match (expr, path) {
            (_, Some(path)) => Place::Path(path.to_owned()),
            (Some(Expr::Name(name)), None) => Place::Name(&name.id),
            _ => return,
        };
        if self.written.len() < FILES {
            self.written.push(Written { frame: self.frame, place, taint });
        }
    }

    /// Says of a variable of this scope that it leads to data.
    fn taint(&mut self, name: &'a str, taint: u128) {
        let frame = self.target(name);
        if let Some(val) = self.frames[frame].names.get(name) {
            let val = Val { value: val.value.clone(), taint: val.taint | taint };
            self.set(frame, name, Some(val));
        }
    }
}
