//! Scopes: what names are bound to, where, and on which branch.

use census_model::How;

use super::known;
use super::value::{Val, Value};
use super::walk::Walker;
use crate::hash::{HashMap, HashSet};

/// A scope's names.
pub(super) struct Frame<'a> {
    pub(super) parent: usize,
    pub(super) kind: FrameKind,
    pub(super) names: HashMap<&'a str, Val<'a>>,
    pub(super) globals: Vec<&'a str>,
    pub(super) nonlocals: Vec<&'a str>,
}

/// What kind of scope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Module,
    Function,
    Class,
    Comprehension,
}

/// Branches being walked: what each bound, and how many there were.
pub(super) struct Fork<'a> {
    mark: usize,
    outcomes: HashMap<(usize, &'a str), (u32, Val<'a>)>,
    order: Vec<(usize, &'a str)>,
    arms: u32,
}

impl<'a> Walker<'a, '_> {
    /// Opens a scope inside `parent`, and says which one was current.
    pub(super) fn enter(&mut self, parent: usize, kind: FrameKind) -> usize {
        self.frames.push(Frame { parent, kind, names: HashMap::default(), globals: Vec::new(), nonlocals: Vec::new() });
        std::mem::replace(&mut self.frame, self.frames.len() - 1)
    }

    /// What a name is bound to where it stands.
    pub(super) fn lookup(&mut self, name: &str) -> Val<'a> {
        let mut at = self.frame;
        let mut own = true;
        loop {
            let frame = &self.frames[at];
            let global = frame.globals.contains(&name);
            if !global
                && (own || frame.kind != FrameKind::Class)
                && let Some(val) = frame.names.get(name)
            {
                return val.clone();
            }
            if at == 0 {
                return self.unbound(name).into();
            }
            own = own && frame.kind == FrameKind::Comprehension;
            at = if global { 0 } else { frame.parent };
        }
    }

    /// What a name means that nothing in the file binds: a builtin, or what a star import gives.
    fn unbound(&mut self, name: &str) -> Value<'a> {
        if name == "__builtins__" {
            return Value::Name(self.core.names.dotted("builtins"), How::Resolved);
        }
        if known::is_builtin(name) {
            return self.builtin(name);
        }
        if self.stars.is_empty() || name.starts_with("__") {
            return Value::Unknown;
        }
        // Linking checks what a relative star gives; of outside ones, only a single star leaves no doubt.
        let single = self.stars.len() == 1;
        let stars = self.stars.clone();
        let mut found = Value::Unknown;
        for star in stars {
            if single || self.core.names.text(star).starts_with('.') {
                found = found.or(Value::Name(self.core.names.child(star, name), How::Resolved));
            }
        }
        found
    }

    pub(super) fn builtin(&mut self, name: &str) -> Value<'a> {
        let builtins = self.core.names.dotted("builtins");
        Value::Name(self.core.names.child(builtins, name), How::Resolved)
    }

    /// The scope in which assigning `name` binds it.
    pub(super) fn target(&self, name: &str) -> usize {
        let mut at = self.frame;
        while self.frames[at].kind == FrameKind::Comprehension {
            at = self.frames[at].parent;
        }
        if self.frames[at].globals.contains(&name) {
            return 0;
        }
        if self.frames[at].nonlocals.contains(&name) {
            let mut outer = self.frames[at].parent;
            while outer != 0 && !(self.frames[outer].kind == FrameKind::Function && self.frames[outer].names.contains_key(name)) {
                outer = self.frames[outer].parent;
            }
            return outer;
        }
        at
    }

    pub(super) fn bind(&mut self, name: &'a str, val: Val<'a>) {
        let frame = self.target(name);
        self.set(frame, name, Some(val));
    }

    /// Binds a comprehension's own name.
    pub(super) fn bind_here(&mut self, name: &'a str, val: Val<'a>) {
        self.frames[self.frame].names.insert(name, val);
    }

    pub(super) fn set(&mut self, frame: usize, name: &'a str, val: Option<Val<'a>>) {
        let names = &mut self.frames[frame].names;
        let old = match val {
            Some(val) => names.insert(name, val),
            None => names.remove(name),
        };
        if self.forks > 0 {
            self.journal.push((frame, name, old));
        }
    }

    // Branches

    pub(super) fn fork(&mut self) -> Fork<'a> {
        self.forks += 1;
        Fork { mark: self.journal.len(), outcomes: HashMap::default(), order: Vec::new(), arms: 0 }
    }

    /// Ends a branch: what it bound is kept aside, and the state before it restored.
    pub(super) fn arm(&mut self, fork: &mut Fork<'a>) {
        fork.arms += 1;
        let mut met: HashSet<(usize, &'a str)> = HashSet::default();
        for (frame, name, old) in self.journal.split_off(fork.mark).into_iter().rev() {
            let names = &mut self.frames[frame].names;
            let new = match old {
                Some(old) => names.insert(name, old),
                None => names.remove(name),
            };
            // The first met, going back, is what the branch left behind.
            if !met.insert((frame, name)) {
                continue;
            }
            let Some(new) = new else { continue };
            if let Some((arms, val)) = fork.outcomes.get_mut(&(frame, name)) {
                *arms += 1;
                *val = std::mem::take(val).or(new);
            } else {
                fork.outcomes.insert((frame, name), (1, new));
                fork.order.push((frame, name));
            }
        }
    }

    /// Joins the branches; `whole` where one of them must have been taken.
    pub(super) fn join(&mut self, mut fork: Fork<'a>, whole: bool) {
        self.forks -= 1;
        for (frame, name) in std::mem::take(&mut fork.order) {
            let Some((arms, mut val)) = fork.outcomes.remove(&(frame, name)) else { continue };
            if !whole || arms < fork.arms {
                match self.frames[frame].names.get(name) {
                    Some(old) => val = old.clone().or(val),
                    None if frame == 0 && known::is_builtin(name) => val.value = self.builtin(name).or(val.value),
                    None => {}
                }
            }
            self.set(frame, name, Some(val));
        }
    }
}
