//! Compiled Python: what the byte code names, calls and holds, without running or decompiling it.
//!
//! Instructions are gone through once, in order, with a stack of what is known: names, constants, results of calls. What is not
//! understood empties the stack: calls are lost then, and nothing is made up. Names, calls and constants are noted by the same
//! [`Walker`] that reads source.

mod marshal;
mod opcode;

use std::borrow::Cow;

use census_model::{How, Kind, What};

use super::args::Args;
use super::strings;
use super::value::{Origin, Text, Val, Value};
use super::walk::{Core, Walker};
use crate::hash::{HashMap, HashSet};
use crate::python::scope::FrameKind;
use crate::{Scope, Seen};
use marshal::{Code, Object, Objects};
use opcode::{Op, Version};

/// How much of the stack is remembered.
const STACK: usize = 256;

/// The largest constant tuple that is taken apart.
const TUPLE: usize = 1024;

/// The flags of code that has variables of its own: a function's, not a class's.
const FUNCTION: i64 = 0x3;

/// Step A of a `.pyc`.
pub(crate) fn see(bytes: &[u8]) -> Seen {
    let unread = || Seen { gaps: vec![(What::Unparsed, i64::try_from(bytes.len()).unwrap_or(i64::MAX))], ..Seen::default() };
    let Some(magic) = bytes.first_chunk().map(|head| u16::from_le_bytes(*head)) else { return unread() };
    let Some(version) = Version::of_magic(magic) else { return unread() };
    let Some((objects, _)) = bytes.get(version.header()..).and_then(|body| marshal::read(body, version.layout())) else {
        return unread();
    };
    let mut core = Core::new();
    core.sink.value(Kind::Format, &format!("pyc:{}", version.name()), Scope::Inert, How::Resolved, 0);
    let mut walker = Walker::new(&mut core, HashMap::default(), Scope::Module);
    let whole = Machine::new(&mut walker, &objects, version).all();
    let module = walker.into_module();
    let bounded = core.is_bounded();
    let mut seen = Seen { module: Some(module), ..Seen::default() };
    seen.sightings = core.sink.finish(&core.names, |_| 0);
    seen.sightings.sort();
    if bounded || !whole {
        seen.gaps.push((if whole { What::Bounded } else { What::Unparsed }, i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
    }
    seen
}

/// Code that `marshal.loads` would make of constant bytes: seen as part of the file that holds them. False where they are none.
pub(super) fn payload(bytes: &[u8], core: &mut Core, scope: Scope) -> bool {
    // Nothing says which version wrote them: the layout that fits to the last byte, and the first instruction.
    for version in [Version(12), Version(10), Version(7), Version::TWO] {
        let Some((objects, taken)) = marshal::read(bytes, version.layout()) else { continue };
        let Some(Object::Code(root)) = objects.root() else { continue };
        if taken < bytes.len() {
            continue;
        }
        let first = match objects.get(root.instructions) {
            Some(Object::Bytes(bytes)) => bytes.first(),
            _ => None,
        };
        let version = match (version, first) {
            (Version(12), Some(&first)) => Version::of_code(first, objects.all()),
            (version, _) => version,
        };
        let mut walker = Walker::new(core, HashMap::default(), scope);
        return Machine::new(&mut walker, &objects, version).all();
    }
    false
}

impl Version {
    /// Which of those from 3.11 on wrote this code: by its first instruction, and one that 3.11 alone has.
    fn of_code(first: u8, objects: &[Object]) -> Self {
        const PRECALL: u8 = 166;
        let is_eleven = |object: &Object| match object {
            Object::Code(code) => {
                matches!(objects.get(code.instructions), Some(Object::Bytes(code)) if code.iter().step_by(2).any(|&op| op == PRECALL))
            }
            _ => false,
        };
        match first {
            128 => Self(14),
            149 => Self(13),
            _ if objects.iter().any(is_eleven) => Self(11),
            _ => Self(12),
        }
    }
}

/// Something on the stack: `None` is an empty place.
#[derive(Default)]
struct Slot<'a> {
    val: Option<Val<'a>>,
    /// The object it was found on, and by which name.
    receiver: Option<(Val<'a>, &'a str)>,
    /// The name it was loaded by.
    name: Option<&'a str>,
    /// Whether its use says nothing: a module being imported.
    quiet: bool,
}

impl<'a> From<Val<'a>> for Slot<'a> {
    fn from(val: Val<'a>) -> Self {
        Self { val: Some(val), ..Self::default() }
    }
}

struct Machine<'a, 'w, 'c> {
    walker: &'w mut Walker<'a, 'c>,
    objects: &'a Objects,
    version: Version,
    stack: Vec<Slot<'a>>,
    /// The constant that names the keywords of the next call.
    keywords: Option<usize>,
    /// Names that code run at module level calls.
    called: HashSet<&'a str>,
}

impl<'a, 'w, 'c> Machine<'a, 'w, 'c> {
    fn new(walker: &'w mut Walker<'a, 'c>, objects: &'a Objects, version: Version) -> Self {
        Self { walker, objects, version, stack: Vec::new(), keywords: None, called: HashSet::default() }
    }

    /// Goes through all code; false where there is none.
    fn all(mut self) -> bool {
        let Some(Object::Code(root)) = self.objects.root() else { return false };
        let top = self.walker.scope;
        self.constants();
        self.code(root, top);
        let is_function = |code: &Code| code.flags & FUNCTION == FUNCTION;
        let mut rest: Vec<&'a Code> = Vec::new();
        for object in self.objects.all() {
            match object {
                Object::Code(code) if std::ptr::eq(code, root) => {}
                Object::Code(code) if is_function(code) => rest.push(code),
                Object::Code(code) => self.code(code, top),
                _ => {}
            }
        }
        // Functions that the module level calls, those that these call, and then the others.
        loop {
            let name = |code: &Code| self.objects.text(code.name).unwrap_or_default();
            let (now, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|code| self.called.contains(name(code)));
            if now.is_empty() {
                for code in later {
                    self.code(code, Scope::Function);
                }
                return true;
            }
            for code in now {
                self.code(code, top);
            }
            rest = later;
        }
    }

    /// What text constants hold.
    fn constants(&mut self) {
        let scope = self.walker.scope;
        for object in self.objects.all() {
            let text = match object {
                Object::Text(text) => Some(text.as_str()),
                Object::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
                _ => None,
            };
            if let Some(text) = text {
                strings::note(&mut self.walker.core.sink, text, Origin::WRITTEN, None, scope, 0);
            }
        }
    }

    fn code(&mut self, code: &'a Code, scope: Scope) {
        let Some(Object::Bytes(bytes)) = self.objects.get(code.instructions) else { return };
        let is_root = matches!(self.objects.root(), Some(Object::Code(root)) if std::ptr::eq(&raw const **root, code));
        let outer = if is_root { 0 } else { self.walker.enter(0, FrameKind::Function) };
        let before = std::mem::replace(&mut self.walker.scope, scope);
        let (mut at, mut high) = (0, 0);
        while let Some(&number) = bytes.get(at) {
            let argument = |place: usize| bytes.get(at + place).copied().map_or(0, usize::from);
            let (argument, width) = match (self.version.is_wide(), number >= 90) {
                (true, _) => (argument(1), 2),
                (false, true) => (argument(1) | argument(2) << 8, 3),
                (false, false) => (0, 1),
            };
            at += width;
            let op = self.version.op(number);
            let argument = high | argument;
            high = if op == Op::Extend { (argument << if width == 2 { 8 } else { 16 }) & 0xffff_ffff } else { 0 };
            self.step(op, argument, code);
        }
        self.clear();
        self.walker.scope = before;
        self.walker.frame = outer;
    }

    fn name(&self, code: &Code, argument: usize) -> &'a str {
        self.objects.items(code.names).get(argument).and_then(|&at| self.objects.text(at)).unwrap_or_default()
    }

    fn local(&self, code: &Code, argument: usize) -> &'a str {
        self.objects.items(code.locals).get(argument).and_then(|&at| self.objects.text(at)).unwrap_or_default()
    }

    fn step(&mut self, op: Op, argument: usize, code: &'a Code) {
        let low = argument & 1 == 1 && self.version.shift(op) == 1;
        let named = argument >> self.version.shift(op);
        match op {
            Op::Const => {
                let value = self.objects.items(code.consts).get(argument).map_or(Value::Unknown, |&at| self.value(at, 0));
                self.push(Val::from(value).into());
            }
            Op::Small => self.push(Val::from(Value::Int(i64::try_from(argument).unwrap_or(i64::MAX))).into()),
            Op::Global | Op::Name => {
                let name = self.name(code, named);
                let val = self.walker.lookup(name);
                // The empty place lies below, from 3.13 on above.
                if low && !self.version.is_place_above() {
                    self.push(Slot::default());
                }
                self.push(Slot { name: Some(name), ..val.into() });
                if low && self.version.is_place_above() {
                    self.push(Slot::default());
                }
            }
            Op::Local => self.load(self.local(code, argument)),
            Op::Locals => {
                self.load(self.local(code, argument >> 4));
                self.load(self.local(code, argument & 15));
            }
            Op::Attribute | Op::Method => {
                let name = self.name(code, named);
                let base = self.pop();
                let val = self.walker.attribute(&base, name);
                self.push(Slot { receiver: Some((base, name)), name: Some(name), ..val.into() });
                if low || op == Op::Method {
                    self.push(Slot::default());
                }
            }
            Op::Store => self.store(self.name(code, argument)),
            Op::StoreLocal => self.store(self.local(code, argument)),
            Op::Import => self.import(self.name(code, argument)),
            Op::From => self.from(self.name(code, argument)),
            Op::Null => self.push(Slot::default()),
            Op::Pop => {
                let slot = self.stack.pop().unwrap_or_default();
                self.used(&slot);
            }
            Op::Call => {
                let keywords = self.keywords.take().map(|at| self.value(at, 0));
                self.call(argument, keywords.as_ref(), self.version.places());
            }
            Op::CallMethod => self.call(argument, None, 2),
            Op::CallNamed => {
                let keywords = self.pop();
                self.call(argument, Some(&keywords.value), self.version.places());
            }
            Op::Keywords => self.keywords = self.objects.items(code.consts).get(argument).copied(),
            Op::Build => self.build(argument),
            Op::Two => {
                let (right, left) = (self.pop(), self.pop());
                self.walker.finish(&left, 0);
                self.walker.finish(&right, 0);
                self.push(Val::unknown(left.taint | right.taint).into());
            }
            Op::Grow => {
                let (more, list) = (self.pop(), self.pop());
                let value = if matches!(&list.value, Value::List(list) if list.is_empty()) { more.value } else { Value::Unknown };
                self.push(Val { value, taint: more.taint | list.taint }.into());
            }
            Op::Execute => {
                let exec = self.walker.builtin("exec");
                self.walker.apply_bare(&exec.into(), 0, 0);
                self.clear();
            }
            Op::Extend | Op::Nothing => {}
            Op::Other => self.clear(),
        }
    }

    fn push(&mut self, slot: Slot<'a>) {
        if self.stack.len() >= STACK {
            self.clear();
        }
        self.stack.push(slot);
    }

    fn pop(&mut self) -> Val<'a> {
        self.stack.pop().and_then(|slot| slot.val).unwrap_or_default()
    }

    /// Notes what is on the stack as used.
    fn clear(&mut self) {
        for slot in std::mem::take(&mut self.stack) {
            self.used(&slot);
        }
    }

    fn used(&mut self, slot: &Slot<'a>) {
        if let Some(val) = slot.val.as_ref().filter(|_| !slot.quiet) {
            self.walker.finish(val, 0);
        }
    }

    /// A local variable: nothing outside is meant by its name.
    fn load(&mut self, name: &'a str) {
        let val = self.walker.frames[self.walker.frame].names.get(name).cloned().unwrap_or_default();
        self.push(val.into());
    }

    fn store(&mut self, name: &'a str) {
        let slot = self.stack.pop().unwrap_or_default();
        self.used(&slot);
        let frame = self.walker.frame;
        self.walker.set(frame, name, Some(slot.val.unwrap_or_default()));
    }

    fn import(&mut self, name: &str) {
        let (from, level) = (self.pop().value, self.pop().value);
        let dots = match level {
            Value::Int(level) => ".".repeat(usize::try_from(level).unwrap_or(0).min(64)),
            _ => String::new(),
        };
        let dotted = format!("{dots}{name}");
        if dotted == "__future__" {
            self.push(Slot { quiet: true, ..Val::default().into() });
            return;
        }
        let node = self.walker.core.names.dotted(&dotted);
        self.walker.imported(node, &dotted, How::Resolved, 0);
        if let Value::List(names) = &from
            && names.iter().any(|name| matches!(name, Value::Text(name) if name.as_str() == "*"))
        {
            self.walker.stars.push(node);
        }
        let shown = if matches!(from, Value::List(_)) || !dots.is_empty() { &dotted } else { name.split('.').next().unwrap_or(name) };
        let shown = self.walker.core.names.dotted(shown);
        self.push(Slot { quiet: true, ..Val::from(Value::Name(shown, How::Resolved)).into() });
    }

    fn from(&mut self, name: &'a str) {
        let Some(module) = self.stack.last().and_then(|slot| slot.val.clone()) else { return };
        let val = self.walker.attribute(&module, name);
        if let Value::Name(node, _) = val.value {
            let imported = (self.walker.core.names.text(node).to_owned(), self.walker.scope);
            self.walker.imports.push(imported);
        }
        self.push(Slot { quiet: true, ..val.into() });
    }

    fn build(&mut self, count: usize) {
        let from = self.stack.len().saturating_sub(count);
        let mut taint = 0;
        let mut values = Vec::new();
        for slot in self.stack.split_off(from) {
            self.used(&slot);
            let val = slot.val.unwrap_or_default();
            taint |= val.taint;
            values.push(val.value);
        }
        self.push(Val { value: Value::list(values), taint }.into());
    }

    /// A call with `argument` arguments, of what lies in the places below them.
    fn call(&mut self, argument: usize, names: Option<&Value<'a>>, places: usize) {
        // Before wide instructions the upper byte counted pairs of keyword and value.
        let (count, pairs) = if self.version.is_wide() { (argument, 0) } else { (argument & 0xff, argument >> 8) };
        let mut keywords = Vec::new();
        for _ in 0..pairs {
            let (value, name) = (self.pop(), self.pop());
            if let Value::Text(name) = name.value {
                keywords.push((Cow::Owned(name.as_str().to_owned()), value.value));
            }
        }
        let from = self.stack.len().saturating_sub(count);
        let mut taint = 0;
        let mut positional: Vec<Value<'a>> = Vec::new();
        for slot in self.stack.split_off(from) {
            let val = slot.val.unwrap_or_default();
            taint |= val.taint;
            positional.push(val.value);
        }
        if let Some(Value::List(names)) = names {
            let values = positional.split_off(positional.len().saturating_sub(names.len()));
            for (name, value) in names.iter().zip(values) {
                if let Value::Text(name) = name {
                    keywords.push((Cow::Owned(name.as_str().to_owned()), value));
                }
            }
        }
        let from = self.stack.len().saturating_sub(places);
        let slot = self.stack.split_off(from).into_iter().rfind(|slot| slot.val.is_some()).unwrap_or_default();
        if let Some(name) = slot.name.filter(|_| self.walker.scope != Scope::Function) {
            self.called.insert(name);
        }
        let args = Args::placed(positional, keywords, taint, 0);
        let val = self.walker.invoke(&slot.val.unwrap_or_default(), slot.receiver, args, None, 0);
        self.push(val.into());
    }

    /// A constant as a value.
    fn value(&self, at: usize, depth: usize) -> Value<'a> {
        match self.objects.get(at) {
            Some(Object::None) => Value::None,
            Some(Object::Bool(truth)) => Value::Bool(*truth),
            Some(Object::Int(int)) => Value::Int(*int),
            Some(Object::Text(text)) => Value::Text(Text::noted(text)),
            // In 2.x a plain string is one of bytes.
            Some(Object::Bytes(_)) if self.version == Version::TWO && self.objects.text(at).is_some() => {
                Value::Text(Text::noted(self.objects.text(at).unwrap_or_default()))
            }
            Some(Object::Bytes(bytes)) => Value::Bytes(bytes.clone().into(), Origin { folded: false, fresh: false }),
            Some(Object::Items(items)) if depth < 4 && items.len() <= TUPLE => {
                Value::list(items.iter().map(|&at| self.value(at, depth + 1)).collect())
            }
            _ => Value::Unknown,
        }
    }
}
