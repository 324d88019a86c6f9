//! Calls: what they show, and what those that are understood give.

use std::borrow::Cow;

use census_model::{How, Kind};
use ruff_python_ast::{self as ast, Expr};

use super::args::Args;
use super::bound;
use super::eval::{folded, settle};
use super::fold;
use super::known::{Known, Special};
use super::names::Node;
use super::pyc;
use super::scope::FrameKind;
use super::strings;
use super::unroll;
use super::value::{HOLE, Val, Value};
use super::walk::{Class, Code, Walker};
use crate::hash::HashMap;

/// How many parameters a function may have that is inlined.
const PARAMETERS: usize = 64;

/// How many inlined functions may nest.
const INLINED: usize = 4;

/// How many environment variables of a mapping are noted.
const VARIABLES: usize = 256;

/// How many payloads may nest.
const PAYLOADS: usize = 4;

impl<'a> Walker<'a, '_> {
    pub(super) fn call(&mut self, call: &'a ast::ExprCall) -> Val<'a> {
        let offset = call.range_start.to_u32();
        let (callee, receiver) = match &*call.func {
            Expr::Attribute(attribute) => {
                let base = self.raw(&attribute.value);
                (self.attribute(&base, attribute.attr.as_str()), Some((base, attribute.attr.as_str())))
            }
            func => (self.raw(func), None),
        };
        let args = self.arguments(&call.arguments);
        self.invoke(&callee, receiver, args, Some(call), offset)
    }

    /// A call of `callee`, found on its receiver by a name; `site` is where it stands, of source.
    pub(super) fn invoke(
        &mut self,
        callee: &Val<'a>,
        receiver: Option<(Val<'a>, &'a str)>,
        mut args: Args<'a>,
        site: Option<&'a ast::ExprCall>,
        offset: u32,
    ) -> Val<'a> {
        // What was bound to a callable goes into the call with the rest.
        if matches!(callee.value, Value::Bound(_)) {
            args.taint |= callee.taint;
        }
        let taint = callee.taint | args.taint;
        let mut result = Val::unknown(taint);
        if let Some((base, method)) = &receiver
            && let Some(val) = self.method(base, method, &args, offset)
        {
            // A text that is taken apart is noted whole.
            if matches!(val.value, Value::List(_)) {
                self.finish(base, offset);
            }
            result = result.or(val);
        }
        for value in callee.value.alternatives() {
            let val = self.apply(value, &args, offset);
            result = result.or(val);
        }
        if let Some((Val { value: Value::Object(class), .. }, "start")) = &receiver
            && matches!(callee.value, Value::Unknown)
            && let Value::Function(run) = self.member(*class, "run")
        {
            // What a thread or process of this file's own runs.
            self.reach(run);
        }
        if let (Some((mut base, _)), Value::Unknown, Value::Unknown) = (receiver, &callee.value, &result.value) {
            self.finish(&base, offset);
            settle(&mut base.value);
        }
        if let Value::Name(node, _) = callee.value.alternatives()[0]
            && let Some(call) = site
            && let Some(writes) = self.core.names.known(node).and_then(|known| known.writes)
        {
            self.track(writes, call, &args);
        }
        self.finish_arguments(&mut args, &callee.value);
        result
    }

    /// Methods of constants and of namespaces.
    fn method(&mut self, base: &Val<'a>, method: &str, args: &Args<'a>, offset: u32) -> Option<Val<'a>> {
        let constant = fold::method(&mut self.core.budget, &base.value, method, args);
        if let Some(value) = constant {
            return Some(Val { value, taint: base.taint | args.taint });
        }
        let key = args.positional.first()?;
        match method {
            "__getattribute__" | "__getattr__" => {
                // With two arguments it is a class's own: `object.__getattribute__(os, name)`.
                let (of, name) = match args.positional.get(1) {
                    Some(name) => (&key.clone().into(), whole(name)?),
                    None => (base, whole(key)?),
                };
                let val = self.attribute(of, name);
                Some(Val { value: folded(val.value), taint: val.taint })
            }
            "get" | "__getitem__" | "pop" | "setdefault"
                if matches!(base.value, Value::Globals | Value::Namespace(..) | Value::Dict(_)) || self.is(&base.value, "sys.modules") =>
            {
                Some(self.index(base, &key.clone().into(), offset))
            }
            _ => None,
        }
    }

    /// A call without arguments that can be seen, of a decorator: where what it gives comes from.
    pub(super) fn apply_bare(&mut self, callee: &Val<'a>, taint: u128, offset: u32) -> u128 {
        let args = Args::of(Vec::new(), taint);
        callee.value.alternatives().iter().fold(callee.taint, |taint, value| taint | self.apply(value, &args, offset).taint)
    }

    pub(super) fn apply(&mut self, callee: &Value<'a>, args: &Args<'a>, offset: u32) -> Val<'a> {
        let value = match *callee {
            Value::Bound(ref bound) => return self.apply_bound(bound, args, offset),
            Value::Name(node, how) => return self.outside(node, how, args, offset),
            Value::Function(def) => {
                self.reach(def);
                return self.inline(def, args);
            }
            Value::Class(class) => {
                for name in ["__init__", "__new__", "__post_init__"] {
                    if let Value::Function(def) = self.member(class, name) {
                        self.reach(def);
                    }
                }
                Value::Object(class)
            }
            Value::Object(class) => {
                if let Value::Function(def) = self.member(class, "__call__") {
                    self.reach(def);
                }
                Value::Unknown
            }
            _ => Value::Unknown,
        };
        Val { value, taint: args.taint }
    }

    /// What a lambda, or a function that only computes, gives for these arguments.
    pub(super) fn inline(&mut self, def: usize, args: &Args<'a>) -> Val<'a> {
        let (parameters, body) = match self.defs[def].code {
            Code::Lambda(lambda) => (lambda.parameters.as_deref(), Some((&[][..], &*lambda.body))),
            Code::Def(def) => (Some(&*def.parameters), computed(&def.body)),
        };
        let Some((before, body)) = body else { return Val::unknown(args.taint) };
        if parameters.is_some_and(|parameters| parameters.len() > PARAMETERS) {
            return Val::unknown(args.taint);
        }
        if self.inlined.len() >= INLINED || self.inlined.contains(&def) || !fold::spend(&mut self.core.budget, 1024) {
            return Val::unknown(args.taint);
        }
        let outer = self.enter(self.defs[def].frame, FrameKind::Function);
        for (at, parameter) in parameters.into_iter().flat_map(ast::Parameters::iter_non_variadic_params).enumerate() {
            let name = parameter.name().as_str();
            let value = args.positional.get(at).or_else(|| args.keyword(name)).cloned();
            let value = value.unwrap_or_else(|| self.default_of(def, name).value);
            self.bind_here(name, Val { value, taint: args.taint });
        }
        // A lambda's facts are taken with the arguments of its first call, a function's when its body is walked.
        let lambda = matches!(self.defs[def].code, Code::Lambda(_));
        let silent = !lambda || std::mem::replace(&mut self.defs[def].walked, true);
        let muted = self.core.sink.muted;
        self.core.sink.muted |= silent;
        self.inlined.push(def);
        // What it binds is its own: no branch outside has to put it back.
        let forks = std::mem::take(&mut self.forks);
        self.body(before);
        let val = self.eval(body);
        self.forks = forks;
        self.inlined.pop();
        self.core.sink.muted = muted;
        self.frame = outer;
        Val { taint: val.taint | args.taint, ..val }
    }

    /// A call of something outside.
    fn outside(&mut self, node: Node, how: How, args: &Args<'a>, offset: u32) -> Val<'a> {
        self.note(Kind::Call, node, how, offset);
        let known = self.core.names.known(node);
        self.constants(node, known, how, args, offset);
        let mut taint = args.taint;
        let mut value = None;
        if let Some(known) = known {
            self.flows(node, known, how, args, offset);
            taint |= known.source;
            self.receives(known, args, offset);
            value = known.special.and_then(|special| self.special(special, node, args, offset));
        }
        self.specific(node, args, offset);
        let value = value.unwrap_or_else(|| match known.and_then(|known| known.returns) {
            Some(returns) => Value::Made(self.core.names.dotted(returns), how),
            None if self.core.names.is_class(node) => Value::Made(node, how),
            None => Value::Unknown,
        });
        Val { value, taint }
    }

    /// Hosts, environment variables, commands, and functions that are called back.
    fn receives(&mut self, known: &Known, args: &Args<'a>, offset: u32) {
        if let Some(at) = known.env
            && let Some(name) = args.positional.get(at).or_else(|| args.keyword("key"))
        {
            self.environment(name, offset);
        }
        if let Some(at) = known.host
            && let Some(host) = args.positional.get(at).or_else(|| args.keyword("host")).or_else(|| args.keyword("hostname"))
        {
            self.host(host, offset);
        }
        if let Some(process) = known.process {
            if let Some(Value::Dict(environment)) = args.keyword("env") {
                environment.clone().iter().take(VARIABLES).for_each(|(name, _)| self.environment(name, offset));
            }
            self.process(process, args, offset);
        }
        if let Some(runs) = known.runs {
            self.called_back(runs, args, offset);
        }
    }

    fn host(&mut self, value: &Value<'a>, offset: u32) {
        for value in value.alternatives() {
            match value {
                Value::List(parts) if parts.len() >= 2 => {
                    let first = parts[0].clone();
                    self.host(&first, offset);
                }
                Value::Text(text) if text.whole().is_some_and(strings::is_host) => {
                    self.core.sink.value(Kind::Host, text.as_str(), self.scope, text.origin.how(), offset);
                }
                _ => {}
            }
        }
    }

    /// Constant arguments that change what the call means.
    fn constants(&mut self, node: Node, known: Option<&Known>, how: How, args: &Args<'a>, offset: u32) {
        let name = self.core.names.text(node);
        if args.keywords.is_empty() && known.is_none_or(|known| known.positional.is_empty()) {
            return;
        }
        if name.strip_prefix("builtins.").is_some_and(|name| !super::known::is_telling(name)) {
            return;
        }
        // What is bound is an argument of the call that it is bound for.
        if known.is_some_and(|known| known.special == Some(Special::Bind)) {
            return;
        }
        let keywords = args.keywords.iter().map(|(keyword, value, _)| (&**keyword, value));
        let positional = known.map_or(&[][..], |known| known.positional);
        let positional = positional.iter().filter_map(|&(at, keyword)| Some((keyword, args.positional.get(at).filter(|_| !args.spread)?)));
        let mut found = Vec::new();
        let listed = |keyword: &str| {
            NAMED.contains(&keyword) || known.is_some_and(|known| known.positional.iter().any(|(_, name)| *name == keyword))
        };
        for (keyword, value) in keywords.chain(positional) {
            if PRESENT.contains(&keyword) {
                found.push((format!("{name}:{keyword}"), how));
            }
            for value in value.alternatives() {
                if let Some((text, sure)) = self.constant(keyword, value, listed(keyword)) {
                    found.push((format!("{name}:{keyword}={text}"), how.max(sure)));
                }
            }
        }
        for (value, how) in found {
            self.core.sink.value(Kind::Arg, &value, self.scope, how, offset);
        }
    }

    /// Notes the constant that an attribute of an outside object is set to, as if it were made with it:
    /// `requests.Session:verify=False`.
    pub(super) fn set_on(&mut self, base: &Value<'a>, attribute: &str, value: &Value<'a>, offset: u32) {
        let mut found = Vec::new();
        for object in base.alternatives() {
            let Value::Made(node, how) = object else { continue };
            let class = self.core.names.text(*node);
            for value in value.alternatives() {
                if let Some((text, sure)) = self.constant(attribute, value, NAMED.contains(&attribute)) {
                    found.push((format!("{class}:{attribute}={text}"), (*how).max(sure)));
                }
            }
        }
        for (value, how) in found {
            self.core.sink.value(Kind::Arg, &value, self.scope, how, offset);
        }
    }

    /// A constant as an `arg` shows it: a word, a number, a truth; and names where the keyword asks for one.
    fn constant(&self, keyword: &str, value: &Value<'a>, named: bool) -> Option<(String, How)> {
        let plain = |text: &str| {
            let fits = (1..=32).contains(&text.len());
            (fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'.'))).then(|| text.to_owned())
        };
        match value {
            Value::Bool(true) => Some(("True".to_owned(), How::Resolved)),
            Value::Bool(false) => Some(("False".to_owned(), How::Resolved)),
            Value::None => Some(("None".to_owned(), How::Resolved)),
            Value::Int(int) if matches!(keyword, "mode" | "mask") && *int >= 0 => Some((format!("0o{int:o}"), How::Resolved)),
            Value::Int(int) => Some((int.to_string(), How::Resolved)),
            Value::Text(text) => Some((plain(text.as_str())?, text.origin.how())),
            Value::Name(node, how) if named => Some((self.core.names.text(*node).to_owned(), *how)),
            _ => None,
        }
    }

    // Calls that are worked out

    fn special(&mut self, special: Special, node: Node, args: &Args<'a>, offset: u32) -> Option<Value<'a>> {
        let first = args.positional.first();
        match special {
            Special::Getattr => {
                let object = first?.clone().into();
                let names = args.positional.get(1)?.alternatives().iter().filter_map(whole);
                let found = names.map(|name| self.attribute(&object, name).value).fold(Value::Unknown, Value::or);
                Some(folded(found))
            }
            Special::ImportModule => self.import_call(first.or_else(|| args.keyword("name"))?, true, offset),
            Special::Import => {
                let whole = args.positional.len() > 3 || args.keyword("fromlist").is_some_and(|list| !matches!(list, Value::None));
                self.import_call(first.or_else(|| args.keyword("name"))?, whole, offset)
            }
            Special::Namespace => match first {
                None => Some(Value::Globals),
                Some(Value::Name(node, _) | Value::Made(node, _)) => Some(Value::Namespace(*node)),
                Some(_) => None,
            },
            Special::Partial => first.cloned(),
            Special::Bind => bound::partial(args),
            Special::Getter => bound::getter(self.core.names.last(node), args),
            Special::Same => first.cloned().map(|mut value| {
                settle(&mut value);
                value
            }),
            Special::Execute => {
                self.core.executed = self.payload(first?, offset);
                None
            }
            Special::JoinPath => {
                let parts = args.positional.iter().map(|part| match part {
                    Value::Text(text) => text.as_str().to_owned(),
                    _ => HOLE.to_string(),
                });
                Some(Value::text(parts.collect::<Vec<_>>().join("/")))
            }
            Special::Map => {
                let (function, values) = (first?, args.positional.get(1)?);
                match (function, self.core.names.last(node)) {
                    (Value::Function(def), "map") => self.map_each(*def, values, args.taint),
                    (Value::Function(def), _) if args.positional.len() == 2 => self.reduce(*def, values, args.taint),
                    (Value::Name(function, _), "map") => fold::map(&mut self.core.budget, self.core.names.text(*function), values),
                    _ => None,
                }
            }
            Special::Marshal => {
                self.marshalled(first?, offset);
                None
            }
            Special::Dict => self.dict_call(args, offset),
            Special::Type => self.type_call(args),
            Special::Fold => {
                let name = self.core.names.text(node);
                fold::call(&mut self.core.budget, name, &args.positional)
            }
        }
    }

    /// `dict(mapping, key=value)`: of the environment, a copy of it.
    fn dict_call(&mut self, args: &Args<'a>, offset: u32) -> Option<Value<'a>> {
        let named = |(name, value, _): &(Cow<'a, str>, Value<'a>, u32)| (Value::text(name.as_ref()), value.clone());
        match args.positional.first() {
            None => Some(Value::dict(args.keywords.iter().map(named).collect())),
            Some(Value::Dict(pairs)) if fold::spend(&mut self.core.budget, pairs.len() * 64) => {
                Some(Value::dict(pairs.iter().cloned().chain(args.keywords.iter().map(named)).collect()))
            }
            Some(environment) if self.is(environment, "os.environ") => {
                args.keywords.iter().for_each(|(name, ..)| self.environment(&Value::text(name.as_ref()), offset));
                Some(Value::Made(self.core.names.dotted("os.environ.copy"), How::Resolved))
            }
            Some(_) => None,
        }
    }

    /// `type(name, bases, namespace)`: a class of this file.
    fn type_call(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let [_, bases, Value::Dict(namespace)] = &*args.positional else { return None };
        let bases = if let Value::List(bases) = bases { bases.to_vec() } else { Vec::new() };
        let outer = self.enter(self.frame, FrameKind::Class);
        let frame = std::mem::replace(&mut self.frame, outer);
        let written = |(name, value): &(Value<'a>, Value<'a>)| match name {
            Value::Text(name) => Some((name.borrowed()?, Val::from(value.clone()))),
            _ => None,
        };
        let attributes = namespace.iter().filter_map(written).collect();
        self.classes.push(Class { frame, attributes, bases });
        Some(Value::Class(self.classes.len() - 1))
    }

    /// A module imported by a call.
    fn import_call(&mut self, name: &Value<'a>, whole_name: bool, offset: u32) -> Option<Value<'a>> {
        let is_name = |name: &str| name.split('.').all(|part| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let mut found = Value::Unknown;
        for name in name.alternatives().iter().filter_map(whole).filter(|name| !name.is_empty() && name.len() <= 256 && is_name(name)) {
            let node = self.core.names.dotted(name);
            self.imported(node, name, How::Folded, offset);
            let shown = if whole_name { name } else { name.split('.').next().unwrap_or(name) };
            found = found.or(Value::Name(self.core.names.dotted(shown), How::Folded));
        }
        (!matches!(found, Value::Unknown)).then_some(found)
    }

    /// Code in a constant that is executed: seen as part of this file, at the line of the call. False where it is none.
    pub(super) fn payload(&mut self, code: &Value<'a>, offset: u32) -> bool {
        let (text, origin) = match code {
            Value::Text(text) => (text.whole(), text.origin),
            Value::Bytes(bytes, origin) => (std::str::from_utf8(bytes).ok(), *origin),
            _ => return false,
        };
        let Some(text) = text else { return false };
        if self.core.depth >= PAYLOADS || self.core.sink.muted || !fold::spend(&mut self.core.budget, text.len() * 4) {
            return false;
        }
        let Some(parsed) = super::parse(text) else { return false };
        let names = &self.frames[0].names;
        if !fold::spend(&mut self.core.budget, names.len() * 64) {
            return false;
        }
        let shared: HashMap<&str, Val<'_>> =
            names.iter().filter(|(_, val)| matches!(val.value, Value::Name(..))).map(|(name, val)| (*name, val.clone())).collect();
        let before = self.core.sink.payload;
        let how = if origin.folded { How::Decoded } else { How::Folded };
        self.core.sink.payload = Some(before.map_or((offset, how), |(at, least)| (at, least.max(how))));
        self.core.depth += 1;
        let mut inner = Walker::new(&mut *self.core, shared, self.scope);
        inner.module(&parsed.syntax().body);
        let imports = std::mem::take(&mut inner.imports);
        self.core.depth -= 1;
        self.core.sink.payload = before;
        self.imports.extend(imports);
        true
    }

    /// A code object in constant bytes: seen as part of this file, at the line of the call.
    fn marshalled(&mut self, code: &Value<'a>, offset: u32) {
        let Value::Bytes(bytes, _) = code else { return };
        if self.core.depth >= PAYLOADS || self.core.sink.muted || !fold::spend(&mut self.core.budget, bytes.len() * 4) {
            return;
        }
        let before = self.core.sink.payload;
        self.core.sink.payload = Some(before.map_or((offset, How::Decoded), |(at, _)| (at, How::Decoded)));
        self.core.depth += 1;
        pyc::payload(bytes, self.core, self.scope);
        self.core.depth -= 1;
        self.core.sink.payload = before;
    }

    /// Registry keys, which are split between a hive and a constant; modules whose functions are programs.
    fn specific(&mut self, node: Node, args: &Args<'a>, offset: u32) {
        let name = self.core.names.text(node);
        if let Some(program) =
            name.strip_prefix("sh.").or_else(|| name.strip_prefix("plumbum.cmd.")).filter(|p| !p.contains('.') && *p != "Command")
        {
            let mut words = vec![program.trim_start_matches('_').to_owned()];
            words.extend(args.positional.iter().filter_map(|word| whole(word).map(str::to_owned)));
            self.command_words(&words, How::Resolved, offset);
        } else if name.starts_with("winreg.") || name.starts_with("_winreg.") || name.starts_with("win32api.Reg") {
            self.registry(args, offset);
        } else if name == "os.environ.update" {
            for (name, ..) in &args.keywords {
                self.environment(&Value::text(name.as_ref()), offset);
            }
            if let Some(Value::Dict(pairs)) = args.positional.first() {
                pairs.clone().iter().take(VARIABLES).for_each(|(name, _)| self.environment(name, offset));
            }
        } else if name == "builtins.setattr"
            && let [object, Value::Text(attribute), value] = &*args.positional
            && let Some(attribute) = attribute.whole()
        {
            self.set_on(object, attribute, value, offset);
        }
    }

    fn registry(&mut self, args: &Args<'a>, offset: u32) {
        let [Value::Name(hive, _), Value::Text(key), ..] = &*args.positional else { return };
        let hive = self.core.names.last(*hive);
        let Some(key_text) = key.whole().filter(|_| hive.starts_with("HKEY_")) else { return };
        let joined = format!("{hive}\\{}", key_text.trim_matches('\\'));
        self.core.sink.value(Kind::Regkey, joined.trim_end_matches('\\'), self.scope, key.origin.how(), offset);
    }
}

/// Keywords that say something by being there, whatever their value.
const PRESENT: &[&str] = &["cmdclass", "data_files", "dependency_links", "distclass", "ext_modules", "preexec_fn", "setup_requires"];

/// Keywords whose value is a name that changes what a call means.
const NAMED: &[&str] = &["Loader", "cert_reqs", "creationflags", "ssl_version", "verify_mode", "start_new_session"];

fn whole<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => text.whole(),
        Value::Bytes(bytes, _) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// What a body does before it returns, and the expression that it returns, if it only computes.
fn computed(body: &[ast::Stmt]) -> Option<(&[ast::Stmt], &Expr)> {
    let (last, before) = body.split_last()?;
    let ast::Stmt::Return(last) = last else { return None };
    let value = last.value.as_deref()?;
    unroll::is_plain(before).then_some((before, value))
}
