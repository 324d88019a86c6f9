//! One walk over a module: statements, scopes and what names are bound to.
//!
//! The module level is walked first, in order; function bodies wait until it is done, since they run with its final names.
//! Functions that the module level calls are walked as part of it, then the rest. Branches are walked one after the other from
//! the same state, and what they bind is joined behind them.

use std::collections::VecDeque;

use census_model::{How, Kind};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::flow::Written;
use super::known;
use super::names::{Names, Node};
use super::scope::{Frame, FrameKind};
use super::sink::Sink;
use super::value::{Val, Value};
use crate::hash::HashMap;
use crate::{Module, Scope};

/// How many classes are looked through for a base.
const ANCESTORS: usize = 32;

/// The longest list that a starred target takes apart.
const ELEMENTS: usize = 1024;

/// What all walkers of a file share: its own and those of the payloads inside it.
pub(super) struct Core {
    pub(super) names: Names,
    pub(super) sink: Sink,
    /// How many bytes constants may still be folded over.
    pub(super) budget: usize,
    /// How many payloads deep.
    pub(super) depth: usize,
    /// Whether the constant that was last executed was code.
    pub(super) executed: bool,
}

/// How many bytes constants are folded over, in all.
const BUDGET: usize = 64 << 20;

impl Core {
    pub(super) fn new() -> Self {
        Self { names: Names::new(), sink: Sink::new(), budget: BUDGET, depth: 0, executed: false }
    }

    /// Whether something was left out.
    pub(super) fn is_bounded(&self) -> bool {
        self.sink.bounded || self.budget == 0
    }
}

/// A function of this file.
pub(super) struct Def<'a> {
    pub(super) code: Code<'a>,
    /// The scope it was defined in.
    pub(super) frame: usize,
    /// The class whose method it is, and whether its first parameter is an object, a class or none.
    receiver: Option<(usize, Receiver)>,
    /// What its parameters are without an argument, as far as known.
    defaults: Vec<(&'a str, Val<'a>)>,
    inert: bool,
    pub(super) walked: bool,
    reached: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    Def(&'a ast::StmtFunctionDef),
    Lambda(&'a ast::ExprLambda),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    Object,
    Class,
    None,
}

/// A class of this file.
pub(super) struct Class<'a> {
    pub(super) frame: usize,
    pub(super) attributes: HashMap<&'a str, Val<'a>>,
    pub(super) bases: Vec<Value<'a>>,
}

pub(super) struct Walker<'a, 'c> {
    pub(super) core: &'c mut Core,
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) defs: Vec<Def<'a>>,
    pub(super) classes: Vec<Class<'a>>,
    pub(super) frame: usize,
    pub(super) scope: Scope,
    /// The functions being inlined, outermost first.
    pub(super) inlined: Vec<usize>,
    pub(super) stars: Vec<Node>,
    pub(super) imports: Vec<(String, Scope)>,
    pub(super) journal: Vec<(usize, &'a str, Option<Val<'a>>)>,
    pub(super) forks: usize,
    /// The files that were written.
    pub(super) written: Vec<Written<'a>>,
    queue: VecDeque<usize>,
}

impl<'a, 'c> Walker<'a, 'c> {
    pub(super) fn new(core: &'c mut Core, names: HashMap<&'a str, Val<'a>>, scope: Scope) -> Self {
        let module = Frame { parent: 0, kind: FrameKind::Module, names, globals: Vec::new(), nonlocals: Vec::new() };
        Self {
            core,
            frames: vec![module],
            defs: Vec::new(),
            classes: Vec::new(),
            frame: 0,
            scope,
            inlined: Vec::new(),
            stars: Vec::new(),
            imports: Vec::new(),
            journal: Vec::new(),
            forks: 0,
            written: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    /// Walks a whole module.
    pub(super) fn module(&mut self, body: &'a [Stmt]) {
        self.body(body);
        let top = self.scope;
        let mut next = 0;
        loop {
            while let Some(def) = self.queue.pop_front() {
                self.function(def, top);
            }
            if next == self.defs.len() {
                return;
            }
            // What a class's objects hold is known once its constructor is.
            if let Some((class, _)) = self.defs[next].receiver
                && let Value::Function(constructor) = self.member(class, "__init__")
            {
                self.function(constructor, Scope::Function);
            }
            self.function(next, Scope::Function);
            next += 1;
        }
    }

    /// What linking needs of the module.
    pub(super) fn into_module(mut self) -> Module {
        let mut module = Module::default();
        for (name, val) in std::mem::take(&mut self.frames[0].names) {
            for value in val.value.alternatives() {
                match value {
                    Value::Name(node, _) => module.bindings.push((name.to_owned(), self.core.names.text(*node).to_owned())),
                    _ => module.defines.push(name.to_owned()),
                }
            }
        }
        module.stars = self.stars.iter().map(|&star| self.core.names.text(star).to_owned()).collect();
        module.imports = self.imports;
        module.bindings.sort();
        module.bindings.dedup();
        module.defines.sort();
        module.defines.dedup();
        module.imports.sort();
        module.imports.dedup();
        module
    }

    /// Notes a dotted name; of builtins, only what tells something.
    pub(super) fn note(&mut self, kind: Kind, node: Node, how: How, offset: u32) {
        let text = self.core.names.text(node);
        if text.strip_prefix("builtins.").is_some_and(|name| !known::is_telling(name)) {
            return;
        }
        self.core.sink.name(kind, node, self.scope, how, offset);
    }

    // Functions and classes

    fn define(&mut self, code: Code<'a>, receiver: Option<(usize, Receiver)>, defaults: Vec<(&'a str, Val<'a>)>) -> usize {
        let inert = self.scope == Scope::Inert;
        // What an inlined call defines is there for its value alone: it is walked where its code stands.
        let walked = self.core.sink.muted;
        self.defs.push(Def { code, frame: self.frame, receiver, defaults, inert, walked, reached: walked });
        self.defs.len() - 1
    }

    pub(super) fn lambda(&mut self, lambda: &'a ast::ExprLambda) -> usize {
        let defaults = lambda.parameters.as_ref().map(|parameters| self.defaults(parameters)).unwrap_or_default();
        self.define(Code::Lambda(lambda), None, defaults)
    }

    /// Notes that code which runs at module level calls a function.
    pub(super) fn reach(&mut self, def: usize) {
        if self.scope == Scope::Module && !self.core.sink.muted && !std::mem::replace(&mut self.defs[def].reached, true) {
            self.queue.push_back(def);
        }
    }

    /// Walks a function's body, once.
    fn function(&mut self, def: usize, scope: Scope) {
        let Def { code, frame, receiver, inert, .. } = self.defs[def];
        if std::mem::replace(&mut self.defs[def].walked, true) {
            return;
        }
        let defaults = std::mem::take(&mut self.defs[def].defaults);
        let before = self.scope;
        self.scope = match (inert, receiver) {
            (true, _) => Scope::Inert,
            (false, Some((class, _))) if scope == Scope::Function && self.is_command(class) => Scope::Build,
            _ => scope,
        };
        let outer = self.enter(frame, FrameKind::Function);
        match code {
            Code::Def(def) => {
                self.parameters(&def.parameters, receiver, &defaults);
                self.body(&def.body);
            }
            Code::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters, None, &defaults);
                }
                self.eval(&lambda.body);
            }
        }
        self.frame = outer;
        self.scope = before;
        self.defs[def].defaults = defaults;
    }

    /// Whether a class is one of commands or hooks that build tools call, as far as this file tells.
    fn is_command(&self, class: usize) -> bool {
        let mut queue = vec![class];
        let mut met = 0;
        while let Some(class) = queue.pop().filter(|_| met < ANCESTORS) {
            met += 1;
            for base in self.classes[class].bases.iter().flat_map(Value::alternatives) {
                match base {
                    Value::Class(base) if *base < class => queue.push(*base),
                    Value::Name(node, _) if known::is_command(self.core.names.text(*node)) => return true,
                    _ => {}
                }
            }
        }
        false
    }

    fn parameters(&mut self, parameters: &'a ast::Parameters, receiver: Option<(usize, Receiver)>, defaults: &[(&'a str, Val<'a>)]) {
        let mut defaults = defaults.iter().peekable();
        for (at, parameter) in parameters.iter_non_variadic_params().enumerate() {
            let val = match receiver {
                Some((class, Receiver::Object)) if at == 0 => Value::Object(class).into(),
                Some((class, Receiver::Class)) if at == 0 => Value::Class(class).into(),
                _ => parameter.annotation().map(|annotation| self.annotated(annotation)).unwrap_or_default(),
            };
            // In the order of the parameters, so that each is met once.
            let default = defaults.next_if(|(name, _)| *name == parameter.name().as_str());
            let val = match default {
                Some((_, default)) => val.or(default.clone()),
                None => val,
            };
            self.bind_here(parameter.name().as_str(), val);
        }
        for variadic in [&parameters.vararg, &parameters.kwarg].into_iter().flatten() {
            self.bind_here(variadic.name.as_str(), Val::default());
        }
    }

    /// What an annotation says of a value: an object of the named class.
    fn annotated(&mut self, annotation: &'a Expr) -> Val<'a> {
        let value = match annotation {
            Expr::Name(name) => self.lookup(&name.id).value,
            Expr::Attribute(attribute) => {
                let base = match &*attribute.value {
                    Expr::Name(name) => self.lookup(&name.id),
                    _ => return Val::default(),
                };
                self.attribute(&base, attribute.attr.as_str()).value
            }
            Expr::Subscript(subscript) => match (&*subscript.value, &*subscript.slice) {
                (Expr::Name(name), slice) if name.id == "Optional" => return self.annotated(slice),
                _ => return Val::default(),
            },
            Expr::BinOp(union) if union.right.is_none_literal_expr() => return self.annotated(&union.left),
            _ => return Val::default(),
        };
        match value {
            Value::Name(node, how)
                if self.core.names.is_class(node) || self.core.names.known(node).is_some_and(|k| k.returns.is_some()) =>
            {
                Value::Made(node, how).into()
            }
            Value::Class(class) => Value::Object(class).into(),
            _ => Val::default(),
        }
    }

    fn defaults(&mut self, parameters: &'a ast::Parameters) -> Vec<(&'a str, Val<'a>)> {
        let mut defaults = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let Some(default) = parameter.default() else { continue };
            let val = self.eval(default);
            if !matches!(val.value, Value::Unknown | Value::None) {
                defaults.push((parameter.name().as_str(), val));
            }
        }
        defaults
    }

    /// What a parameter is where no argument is given.
    pub(super) fn default_of(&self, def: usize, name: &str) -> Val<'a> {
        self.defs[def].defaults.iter().find(|(parameter, _)| *parameter == name).map(|(_, val)| val.clone()).unwrap_or_default()
    }

    fn function_def(&mut self, def: &'a ast::StmtFunctionDef) {
        let mut kind = Receiver::Object;
        for decorator in &def.decorator_list {
            if let Expr::Name(name) = &decorator.expression {
                match name.id.as_str() {
                    "staticmethod" => kind = Receiver::None,
                    "classmethod" => kind = Receiver::Class,
                    _ => {}
                }
            }
        }
        self.decorators(&def.decorator_list);
        let defaults = self.defaults(&def.parameters);
        let class = (self.frames[self.frame].kind == FrameKind::Class).then(|| self.classes.iter().rposition(|c| c.frame == self.frame));
        let id = self.define(Code::Def(def), class.flatten().map(|class| (class, kind)), defaults);
        self.bind(def.name.as_str(), Value::Function(id).into());
    }

    fn decorators(&mut self, decorators: &'a [ast::Decorator]) {
        // The innermost is called first, and each gets what the one below it gave.
        let mut taint = 0;
        for decorator in decorators.iter().rev() {
            let offset = decorator.expression.start().to_u32();
            if decorator.expression.is_call_expr() {
                taint |= self.eval(&decorator.expression).taint;
            } else {
                let val = self.raw(&decorator.expression);
                taint |= self.apply_bare(&val, taint, offset);
            }
        }
    }

    fn class_def(&mut self, def: &'a ast::StmtClassDef) {
        self.decorators(&def.decorator_list);
        let mut bases = Vec::new();
        if let Some(arguments) = &def.arguments {
            bases.extend(arguments.args.iter().map(|base| self.eval(base).value));
            for keyword in &arguments.keywords {
                self.eval(&keyword.value);
            }
        }
        let outer = self.enter(self.frame, FrameKind::Class);
        self.classes.push(Class { frame: self.frame, attributes: HashMap::default(), bases });
        let class = self.classes.len() - 1;
        self.body(&def.body);
        self.frame = outer;
        self.bind(def.name.as_str(), Value::Class(class).into());
    }

    // Statements

    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.function_def(def),
            Stmt::ClassDef(def) => self.class_def(def),
            Stmt::Return(s) => self.eval_all(s.value.as_deref()),
            Stmt::Delete(s) => {
                for target in &s.targets {
                    self.eval(target);
                    self.changes_item(target, "__delitem__");
                }
            }
            Stmt::Assign(s) => {
                let val = self.eval(&s.value);
                for target in &s.targets {
                    self.assign(target, val.clone());
                }
            }
            Stmt::AugAssign(s) => self.augment(s),
            Stmt::AnnAssign(s) => self.annotated_assign(s),
            Stmt::For(s) => self.for_loop(s),
            Stmt::While(s) => {
                self.eval(&s.test);
                self.arms(&[&s.body], false);
                self.body(&s.orelse);
            }
            Stmt::If(s) => self.if_chain(s),
            Stmt::With(s) => self.with(s),
            Stmt::Match(s) => self.match_cases(s),
            Stmt::Raise(s) => {
                self.eval_all(s.exc.as_deref());
                self.eval_all(s.cause.as_deref());
            }
            Stmt::Try(s) => self.try_arms(s),
            Stmt::Assert(s) => {
                self.eval(&s.test);
                self.eval_all(s.msg.as_deref());
            }
            Stmt::Import(s) => self.import(s),
            Stmt::ImportFrom(s) => self.import_from(s),
            Stmt::Global(s) => {
                let names = s.names.iter().map(ast::Identifier::as_str);
                self.frames[self.frame].globals.extend(names);
            }
            Stmt::Nonlocal(s) => {
                let names = s.names.iter().map(ast::Identifier::as_str);
                self.frames[self.frame].nonlocals.extend(names);
            }
            Stmt::Expr(s) if self.grow(&s.value) => {}
            Stmt::Expr(s) => self.expression(&s.value),
            Stmt::TypeAlias(_) | Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    pub(super) fn eval_all(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        for expr in exprs {
            self.eval(expr);
        }
    }

    /// A string that stands alone is a docstring or a comment.
    fn expression(&mut self, expr: &'a Expr) {
        if expr.is_string_literal_expr() {
            let scope = std::mem::replace(&mut self.scope, Scope::Inert);
            self.eval(expr);
            self.scope = scope;
        } else {
            self.eval(expr);
        }
    }

    pub(super) fn assign(&mut self, target: &'a Expr, val: Val<'a>) {
        match target {
            Expr::Name(name) => self.bind(&name.id, val),
            Expr::Starred(starred) => self.assign(&starred.value, val),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for (elt, value) in elts.iter().zip(parts(elts, &val.value)) {
                    self.assign(elt, Val { value, taint: val.taint });
                }
            }
            Expr::Attribute(attribute) => self.assign_attribute(attribute, val),
            other => {
                self.eval(other);
                self.changes_item(other, "__setitem__");
                self.sets_global(other, val);
            }
        }
    }

    /// Notes that an item of the environment is set or deleted, as the call that it is.
    fn changes_item(&mut self, target: &'a Expr, method: &str) {
        let Expr::Subscript(subscript) = target else { return };
        let Some(base) = self.named(&subscript.value) else { return };
        for value in base.alternatives() {
            if let Value::Name(node, how) = value
                && matches!(self.core.names.text(*node), "os.environ" | "os.environb")
            {
                let called = self.core.names.child(*node, method);
                self.note(Kind::Call, called, *how, target.start().to_u32());
            }
        }
    }

    /// `globals()["name"] = value` binds a name of the module.
    fn sets_global(&mut self, target: &'a Expr, val: Val<'a>) {
        if let Expr::Subscript(subscript) = target
            && let Expr::Call(call) = &*subscript.value
            && let Expr::Name(function) = &*call.func
            && matches!(function.id.as_str(), "globals" | "locals" | "vars")
            && call.arguments.is_empty()
            && let Expr::StringLiteral(name) = &*subscript.slice
        {
            let frame = if function.id == "globals" { 0 } else { self.frame };
            self.set(frame, name.value.to_str(), Some(val));
        }
    }

    /// What a plain dotted name is worth, not noted.
    fn named(&mut self, expr: &'a Expr) -> Option<Value<'a>> {
        match expr {
            Expr::Name(name) => Some(self.lookup(&name.id).value),
            Expr::Attribute(attribute) => {
                let base = self.named(&attribute.value)?;
                Some(self.attribute(&base.into(), attribute.attr.as_str()).value)
            }
            _ => None,
        }
    }

    /// Keeps what an object of a class of this file holds; a changed attribute of something outside is a use of its name, and an
    /// argument where an object's own attribute is set to a constant.
    fn assign_attribute(&mut self, attribute: &'a ast::ExprAttribute, val: Val<'a>) {
        let base = self.raw(&attribute.value);
        match base.value {
            Value::Object(class) | Value::Class(class) => {
                let held = self.classes[class].attributes.entry(attribute.attr.as_str()).or_default();
                *held = std::mem::take(held).or(val);
            }
            _ => {
                let offset = attribute.start().to_u32();
                let target = self.attribute(&base, attribute.attr.as_str());
                self.finish(&target, offset);
                self.set_on(&base.value, attribute.attr.as_str(), &val.value, offset);
            }
        }
    }

    fn augment(&mut self, s: &'a ast::StmtAugAssign) {
        let right = self.eval(&s.value);
        let Expr::Name(name) = &*s.target else {
            self.eval(&s.target);
            self.changes_item(&s.target, "__setitem__");
            return;
        };
        let frame = self.target(&name.id);
        // Taken out of its scope, so that a text that grows piece by piece grows in place.
        let left = if self.forks == 0 { self.frames[frame].names.remove(name.id.as_str()) } else { None };
        let left = left.unwrap_or_else(|| self.lookup(&name.id));
        let val = self.operate(left, s.op, right);
        self.set(frame, &name.id, Some(val));
    }

    fn annotated_assign(&mut self, s: &'a ast::StmtAnnAssign) {
        let val = match &s.value {
            Some(value) => self.eval(value),
            None if self.frames[self.frame].kind == FrameKind::Function => self.annotated(&s.annotation),
            None => return,
        };
        let val =
            if matches!(val.value, Value::Unknown | Value::None) { Val { taint: val.taint, ..self.annotated(&s.annotation) } } else { val };
        self.assign(&s.target, val);
    }
}

/// What each of several targets gets of a value: the element in its place, the starred one those that are left.
pub(super) fn parts<'a>(targets: &[Expr], value: &Value<'a>) -> Vec<Value<'a>> {
    let unknown = || vec![Value::Unknown; targets.len()];
    let Value::List(values) = value else { return unknown() };
    let starred = targets.iter().position(Expr::is_starred_expr);
    match (starred, values.len().checked_sub(targets.len())) {
        (None, Some(0)) => values.to_vec(),
        (Some(at), more) if values.len() + 1 >= targets.len() && values.len() <= ELEMENTS => {
            let taken = more.map_or(0, |more| more + 1);
            let rest = Value::list(values[at..at + taken].to_vec());
            values[..at].iter().cloned().chain([rest]).chain(values[at + taken..].iter().cloned()).collect()
        }
        _ => unknown(),
    }
}

/// What going through a value gives.
pub(super) fn element<'a>(iter: &Val<'a>) -> Val<'a> {
    let value = match &iter.value {
        Value::List(values) => values.iter().take(8).cloned().fold(Value::Unknown, Value::or),
        _ => Value::Unknown,
    };
    Val { value, taint: iter.taint }
}
