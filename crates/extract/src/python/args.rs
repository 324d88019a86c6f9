//! The arguments of a call: evaluated, and noted once it is known who receives them.

use std::borrow::Cow;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::known::Special;
use super::strings;
use super::value::Value;
use super::walk::Walker;

/// How many arguments a display may spread into.
const SPREAD: usize = 64;

/// The arguments of a call, evaluated and not yet noted.
pub(super) struct Args<'a> {
    pub(super) positional: Vec<Value<'a>>,
    offsets: Vec<u32>,
    pub(super) keywords: Vec<(Cow<'a, str>, Value<'a>, u32)>,
    /// Whether `*` or `**` hides some.
    pub(super) spread: bool,
    pub(super) taint: u128,
}

impl<'a> Args<'a> {
    pub(super) fn none() -> Self {
        Self { positional: Vec::new(), offsets: Vec::new(), keywords: Vec::new(), spread: false, taint: 0 }
    }

    /// All from one place.
    pub(super) fn placed(positional: Vec<Value<'a>>, keywords: Vec<(Cow<'a, str>, Value<'a>)>, taint: u128, offset: u32) -> Self {
        let offsets = vec![offset; positional.len()];
        let keywords = keywords.into_iter().map(|(name, value)| (name, value, offset)).collect();
        Self { positional, offsets, keywords, spread: false, taint }
    }

    /// These positional arguments alone.
    pub(super) fn of(positional: Vec<Value<'a>>, taint: u128) -> Self {
        Self { positional, taint, ..Self::none() }
    }

    /// With others bound before.
    pub(super) fn behind(&self, positional: &[Value<'a>], keywords: &[(Cow<'a, str>, Value<'a>)], offset: u32) -> Self {
        let bound = keywords.iter().map(|(name, value)| (name.clone(), value.clone(), offset));
        Self {
            positional: positional.iter().chain(&self.positional).cloned().collect(),
            offsets: Vec::new(),
            keywords: self.keywords.iter().cloned().chain(bound).collect(),
            spread: self.spread,
            taint: self.taint,
        }
    }

    pub(super) fn keyword(&self, name: &str) -> Option<&Value<'a>> {
        self.keywords.iter().find(|(keyword, ..)| *keyword == name).map(|(_, value, _)| value)
    }

    fn push(&mut self, value: Value<'a>, offset: u32) {
        self.positional.push(value);
        self.offsets.push(offset);
    }

    /// `*value`: its elements, where they are known.
    fn spread(&mut self, value: &Value<'a>, offset: u32) {
        match value {
            Value::List(items) if items.len() <= SPREAD => items.iter().for_each(|item| self.push(item.clone(), offset)),
            _ => {
                self.spread = true;
                self.push(Value::Unknown, offset);
            }
        }
    }

    /// `**value`: its keys as keywords, where they are known.
    fn spread_keywords(&mut self, value: &Value<'a>, offset: u32) {
        let Value::Dict(pairs) = value else {
            self.spread = true;
            return;
        };
        for (key, value) in pairs.iter().take(SPREAD) {
            match key {
                Value::Text(name) => self.keywords.push((Cow::Owned(name.as_str().to_owned()), value.clone(), offset)),
                _ => self.spread = true,
            }
        }
        self.spread |= pairs.len() > SPREAD;
    }
}

impl<'a> Walker<'a, '_> {
    pub(super) fn arguments(&mut self, arguments: &'a ast::Arguments) -> Args<'a> {
        let mut args = Args::none();
        for arg in &arguments.args {
            let offset = arg.start().to_u32();
            if let ast::Expr::Starred(starred) = arg {
                let val = self.eval(&starred.value);
                args.taint |= val.taint;
                args.spread(&val.value, offset);
            } else {
                let val = self.raw(arg);
                args.taint |= val.taint;
                args.push(val.value, offset);
            }
        }
        for keyword in &arguments.keywords {
            let offset = keyword.value.start().to_u32();
            let val = self.raw(&keyword.value);
            // An environment that is handed on is no data that the call works on.
            if keyword.arg.as_ref().is_none_or(|name| name.as_str() != "env") {
                args.taint |= val.taint;
            }
            if let Some(name) = &keyword.arg {
                args.keywords.push((Cow::Borrowed(name.as_str()), val.value, offset));
            } else {
                self.finish(&val, offset);
                args.spread_keywords(&val.value, offset);
            }
        }
        args
    }

    /// Notes what the arguments hold, now that it is known who receives them.
    pub(super) fn finish_arguments(&mut self, args: &mut Args<'a>, callee: &Value<'a>) {
        let outside = matches!(callee.alternatives()[0], Value::Name(..));
        let special = match callee.alternatives()[0] {
            Value::Name(node, _) => self.core.names.known(node).and_then(|known| known.special),
            _ => None,
        };
        // What is joined is noted as what it becomes, what is executed as the code that it is.
        if special == Some(Special::JoinPath) || special == Some(Special::Execute) && std::mem::take(&mut self.core.executed) {
            let among = if special == Some(Special::JoinPath) { usize::MAX } else { 1 };
            let constants = args.positional.iter_mut().take(among).filter(|value| matches!(value, Value::Text(_) | Value::Bytes(..)));
            constants.for_each(|value| *value = Value::Unknown);
        }
        let positional = args.positional.drain(..).zip(args.offsets.drain(..));
        let keywords = args.keywords.drain(..).map(|(_, value, offset)| (value, offset));
        for (mut value, offset) in positional.chain(keywords) {
            if outside {
                self.given(&mut value, offset);
            }
            self.finish(&value.into(), offset);
        }
    }

    /// Notes constants that an outside call receives.
    fn given(&mut self, value: &mut Value<'a>, offset: u32) {
        match value {
            Value::Text(text) => {
                let sink = &mut self.core.sink;
                strings::note(sink, text.as_str(), text.origin, Some(text.origin.how()), self.scope, offset);
                text.origin.fresh = false;
            }
            Value::Bytes(bytes, origin) => {
                if let Ok(text) = std::str::from_utf8(bytes) {
                    strings::note(&mut self.core.sink, text, *origin, Some(origin.how()), self.scope, offset);
                }
                origin.fresh = false;
            }
            _ => {}
        }
    }
}
