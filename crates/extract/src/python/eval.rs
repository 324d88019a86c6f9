//! What expressions are worth.

use std::rc::Rc;

use census_model::{How, Kind};
use ruff_python_ast::{self as ast, Expr, InterpolatedStringElement, Number};
use ruff_text_size::Ranged;

use super::fold;
use super::known;
use super::names::Node;
use super::scope::FrameKind;
use super::strings;
use super::tables::CONSTANTS;
use super::unroll;
use super::value::{HOLE, Origin, Text, Val, Value};
use super::walk::{Walker, element, parts};

/// How many elements of a display are kept.
const ELEMENTS: usize = 100_000;

/// How many classes an attribute is looked for in.
const ANCESTORS: usize = 32;

impl<'a> Walker<'a, '_> {
    /// What an expression is worth; names and constants in it are noted as used.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Val<'a> {
        let mut val = self.raw(expr);
        self.finish(&val, expr.start().to_u32());
        settle(&mut val.value);
        val
    }

    /// Notes what stands for itself: a name that is not called, a constant that nothing was made of.
    pub(super) fn finish(&mut self, val: &Val<'a>, offset: u32) {
        for value in val.value.alternatives() {
            match value {
                Value::Name(node, how) => self.note(Kind::Name, *node, *how, offset),
                Value::Text(text) if text.origin.fresh => {
                    strings::note(&mut self.core.sink, text.as_str(), text.origin, None, self.scope, offset);
                }
                Value::Bytes(bytes, origin) if origin.fresh => {
                    if let Ok(text) = std::str::from_utf8(bytes) {
                        strings::note(&mut self.core.sink, text, *origin, None, self.scope, offset);
                    }
                }
                _ => {}
            }
        }
    }

    /// What an expression is worth, not yet noted.
    pub(super) fn raw(&mut self, expr: &'a Expr) -> Val<'a> {
        match expr {
            Expr::Name(name) => {
                let val = self.lookup(&name.id);
                self.tainted(val)
            }
            Expr::Attribute(attribute) => {
                let base = self.raw(&attribute.value);
                let val = self.attribute(&base, attribute.attr.as_str());
                if matches!(val.value, Value::Unknown) {
                    self.finish_constant(&base, attribute.start().to_u32());
                }
                self.tainted(val)
            }
            Expr::Call(call) => self.call(call),
            Expr::StringLiteral(s) => Value::Text(Text::written(s.value.to_str())).into(),
            Expr::BytesLiteral(b) => Value::Bytes(Rc::new(b.value.bytes().collect()), Origin::WRITTEN).into(),
            Expr::NumberLiteral(n) => match &n.value {
                Number::Int(int) => match int.as_i64() {
                    Some(int) => Value::Int(int).into(),
                    None => unroll::large(&mut self.core.budget, &int.to_string())
                        .map_or(Value::Unknown, |int| Value::Large(Rc::new(int)))
                        .into(),
                },
                _ => Val::default(),
            },
            Expr::BooleanLiteral(b) => Value::Bool(b.value).into(),
            Expr::NoneLiteral(_) => Value::None.into(),
            Expr::BinOp(op) => self.binary(op),
            Expr::FString(f) => self.f_string(&f.value),
            Expr::Subscript(s) => self.subscript(s),
            Expr::List(ast::ExprList { elts, .. }) | Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::Set(ast::ExprSet { elts, .. }) => {
                self.display(elts)
            }
            Expr::Dict(dict) => self.mapping(dict),
            Expr::Lambda(lambda) => Value::Function(self.lambda(lambda)).into(),
            Expr::Named(named) => {
                let val = self.eval(&named.value);
                self.assign(&named.target, val.clone());
                val
            }
            Expr::If(conditional) => {
                self.eval(&conditional.test);
                let body = self.raw(&conditional.body);
                body.or(self.raw(&conditional.orelse))
            }
            Expr::BoolOp(op) => op.values.iter().fold(Val::default(), |all, value| {
                let val = self.raw(value);
                all.or(val)
            }),
            Expr::UnaryOp(op) => {
                let operand = self.eval(&op.operand);
                match (op.op, operand.value) {
                    (ast::UnaryOp::USub, Value::Int(int)) => Value::Int(int.wrapping_neg()).into(),
                    _ => Val::unknown(operand.taint),
                }
            }
            Expr::Await(a) => self.raw(&a.value),
            Expr::Starred(s) => Val::unknown(self.eval(&s.value).taint),
            Expr::ListComp(c) => self.comprehension(&c.generators, &[&c.elt]),
            Expr::SetComp(c) => self.comprehension(&c.generators, &[&c.elt]),
            Expr::Generator(c) => self.comprehension(&c.generators, &[&c.elt]),
            Expr::DictComp(c) => match &c.key {
                Some(key) => self.comprehension(&c.generators, &[&c.value, key]),
                None => self.comprehension(&c.generators, &[&c.value]),
            },
            other => self.plain(other),
        }
    }

    /// Expressions that are only walked.
    fn plain(&mut self, expr: &'a Expr) -> Val<'a> {
        let mut taint = 0;
        match expr {
            Expr::Compare(compare) => self.compare(compare),
            Expr::Yield(y) => taint = y.value.as_ref().map_or(0, |value| self.eval(value).taint),
            Expr::YieldFrom(y) => taint = self.eval(&y.value).taint,
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step].into_iter().flatten() {
                    self.eval(part);
                }
            }
            Expr::TString(t) => {
                for element in t.value.elements() {
                    taint |= self.interpolated(element, &mut String::new());
                }
            }
            _ => {}
        }
        Val::unknown(taint)
    }

    fn compare(&mut self, compare: &'a ast::ExprCompare) {
        let left = self.eval(&compare.left);
        for (op, right) in compare.ops.iter().zip(&compare.comparators) {
            let right_value = self.eval(right);
            if matches!(op, ast::CmpOp::In | ast::CmpOp::NotIn) && self.is(&right_value.value, "os.environ") {
                self.environment(&left.value, compare.start().to_u32());
            }
        }
    }

    /// Whether a value is this outside name.
    pub(super) fn is(&self, value: &Value<'a>, name: &str) -> bool {
        value.alternatives().iter().any(|value| matches!(value, Value::Name(node, _) if self.core.names.text(*node) == name))
    }

    /// Data that a name stands for without being called.
    fn tainted(&self, mut val: Val<'a>) -> Val<'a> {
        if let Value::Name(node, _) = val.value
            && let Some(known) = self.core.names.known(node)
            && matches!(self.core.names.text(node), "os.environ" | "sys.argv")
        {
            val.taint |= known.source;
        }
        val
    }

    fn finish_constant(&mut self, val: &Val<'a>, offset: u32) {
        if matches!(val.value, Value::Text(_) | Value::Bytes(..) | Value::List(_)) {
            self.finish(val, offset);
        }
    }

    /// `base.name`.
    pub(super) fn attribute(&mut self, base: &Val<'a>, name: &str) -> Val<'a> {
        let mut found = Value::Unknown;
        for value in base.value.alternatives() {
            found = found.or(self.attribute_of(value, name));
        }
        Val { value: found, taint: base.taint }
    }

    fn attribute_of(&mut self, value: &Value<'a>, name: &str) -> Value<'a> {
        match value {
            Value::Name(node, _) if name == "__dict__" => Value::Namespace(*node),
            Value::Name(..) | Value::Function(_) if name == "__call__" => value.clone(),
            Value::Name(node, how)
                if matches!(name, "__base__" | "__mro__" | "__bases__") && self.core.names.text(*node).starts_with("builtins.") =>
            {
                Value::Name(self.core.names.dotted("builtins.object"), (*how).max(How::Folded))
            }
            Value::Name(node, how) | Value::Made(node, how) => Value::Name(self.core.names.child(*node, name), *how),
            Value::Class(class) | Value::Object(class) => match self.member(*class, name) {
                Value::Unknown => self.gadget(value, name),
                found => found,
            },
            Value::Namespace(Node::ROOT) if known::is_standard(name) => Value::Name(self.core.names.dotted(name), How::Folded),
            _ => self.gadget(value, name),
        }
    }

    /// The ways from any object to the builtins: `().__class__.__base__`, `f.__globals__`, `x.__builtins__`.
    fn gadget(&mut self, value: &Value<'a>, name: &str) -> Value<'a> {
        if !name.starts_with("__") {
            return Value::Unknown;
        }
        let class = match (name, value) {
            ("__builtins__", _) => "builtins",
            ("__globals__" | "func_globals", Value::Function(_)) => return Value::Globals,
            ("__globals__" | "func_globals", _) => return Value::Namespace(Node::ROOT),
            ("__class__", Value::Text(_)) => "builtins.str",
            ("__class__", Value::Bytes(..)) => "builtins.bytes",
            ("__class__", Value::Int(_)) => "builtins.int",
            ("__class__", Value::Bool(_)) => "builtins.bool",
            ("__class__", Value::List(_)) => "builtins.list",
            ("__class__", Value::Dict(_)) => "builtins.dict",
            ("__base__" | "__mro__" | "__bases__", _) => "builtins.object",
            _ => return Value::Unknown,
        };
        Value::Name(self.core.names.dotted(class), How::Folded)
    }

    /// An attribute of a class of this file or of one of its bases here, depth first as far as [`ANCESTORS`] go.
    pub(super) fn member(&self, class: usize, name: &str) -> Value<'a> {
        let mut queue = vec![class];
        let mut met = 0;
        while let Some(class) = queue.pop() {
            let Some(found) = self.classes.get(class) else { continue };
            if let Some(val) = found.attributes.get(name).or_else(|| self.frames[found.frame].names.get(name)) {
                return val.value.clone();
            }
            met += 1;
            if met == ANCESTORS {
                break;
            }
            queue.extend(found.bases.iter().rev().filter_map(|base| if let Value::Class(base) = base { Some(*base) } else { None }));
        }
        Value::Unknown
    }

    fn display(&mut self, elts: &'a [Expr]) -> Val<'a> {
        let mut taint = 0;
        let mut values = Vec::with_capacity(elts.len().min(ELEMENTS));
        for elt in elts {
            let val = self.raw(elt);
            taint |= val.taint;
            self.finish(&val, elt.start().to_u32());
            if values.len() < ELEMENTS {
                values.push(val.value);
                values.last_mut().into_iter().for_each(settle);
            }
        }
        Val { value: Value::list(values), taint }
    }

    /// A mapping display; what is spread into it is part of it where it is known.
    fn mapping(&mut self, dict: &'a ast::ExprDict) -> Val<'a> {
        let mut taint = 0;
        let mut pairs = Vec::with_capacity(dict.items.len().min(ELEMENTS));
        for item in &dict.items {
            let key = item.key.as_ref().map(|key| self.eval(key));
            let val = self.eval(&item.value);
            taint |= val.taint | key.as_ref().map_or(0, |key| key.taint);
            match (key, val.value) {
                (Some(key), value) if pairs.len() < ELEMENTS => pairs.push((key.value, value)),
                (None, Value::Dict(more)) if pairs.len() + more.len() < ELEMENTS && fold::spend(&mut self.core.budget, more.len() * 64) => {
                    pairs.extend(more.iter().cloned());
                }
                _ => {}
            }
        }
        Val { value: Value::dict(pairs), taint }
    }

    /// A chain of operators from the left, without recursion down its spine.
    fn binary(&mut self, op: &'a ast::ExprBinOp) -> Val<'a> {
        let mut spine = vec![op];
        let mut left = &*op.left;
        while let Expr::BinOp(inner) = left {
            spine.push(inner);
            left = &inner.left;
        }
        let mut val = self.raw(left);
        for op in spine.into_iter().rev() {
            let right = self.raw(&op.right);
            // Constants that go on in the result are noted with it, the rest here.
            let (left_kept, right_kept) = fold::keeps(&val.value, op.op, &right.value);
            if !left_kept {
                self.finish(&val, op.left.start().to_u32());
            }
            if !right_kept {
                self.finish(&right, op.right.start().to_u32());
            }
            val = self.operate(val, op.op, right);
        }
        val
    }

    /// What an operator gives.
    pub(super) fn operate(&mut self, left: Val<'a>, op: ast::Operator, right: Val<'a>) -> Val<'a> {
        let taint = left.taint | right.taint;
        let value = match op {
            ast::Operator::Div if matches!(&left.value, Value::Made(node, _) if self.core.names.text(*node) == "pathlib.Path") => {
                left.value
            }
            _ => fold::binary(&mut self.core.budget, left.value, op, right.value),
        };
        Val { value, taint }
    }

    fn f_string(&mut self, f: &'a ast::FStringValue) -> Val<'a> {
        let mut text = String::new();
        let mut taint = 0;
        for part in f {
            match part {
                ast::FStringPart::Literal(literal) => text.push_str(literal),
                ast::FStringPart::FString(f) => {
                    for element in &f.elements {
                        taint |= self.interpolated(element, &mut text);
                    }
                }
            }
        }
        Val { value: Value::text(text), taint }
    }

    fn interpolated(&mut self, element: &'a InterpolatedStringElement, text: &mut String) -> u128 {
        match element {
            InterpolatedStringElement::Literal(literal) => {
                text.push_str(literal);
                0
            }
            InterpolatedStringElement::Interpolation(inner) => {
                let val = self.eval(&inner.expression);
                match (&val.value, &inner.format_spec) {
                    (Value::Text(part), None) if fold::spend(&mut self.core.budget, part.as_str().len()) => text.push_str(part.as_str()),
                    (Value::Int(int), None) => text.push_str(&int.to_string()),
                    _ => text.push(HOLE),
                }
                let mut taint = val.taint;
                for element in inner.format_spec.iter().flat_map(|spec| &spec.elements) {
                    taint |= self.interpolated(element, &mut String::new());
                }
                taint
            }
        }
    }

    fn subscript(&mut self, s: &'a ast::ExprSubscript) -> Val<'a> {
        let base = self.raw(&s.value);
        if let Expr::Slice(slice) = &*s.slice {
            let mut part = |part: &'a Option<Box<Expr>>| part.as_ref().map(|expr| self.eval(expr).value);
            let bounds = [part(&slice.lower), part(&slice.upper), part(&slice.step)];
            if let Some(value) = fold::slice(&mut self.core.budget, &base.value, &bounds) {
                return Val { value, taint: base.taint };
            }
            self.finish(&base, s.start().to_u32());
            return Val::unknown(base.taint);
        }
        let index = self.eval(&s.slice);
        self.index(&base, &index, s.start().to_u32())
    }

    /// `base[index]`.
    pub(super) fn index(&mut self, base: &Val<'a>, index: &Val<'a>, offset: u32) -> Val<'a> {
        let mut found = Value::Unknown;
        self.finish(base, offset);
        for value in base.value.alternatives() {
            found = found.or(self.item(value, &index.value, offset));
        }
        Val { value: found, taint: base.taint }
    }

    fn item(&mut self, value: &Value<'a>, index: &Value<'a>, offset: u32) -> Value<'a> {
        let key = match index {
            Value::Text(text) => text.whole(),
            _ => None,
        };
        match (value, key) {
            (Value::Made(node, _), Some(_)) if self.core.names.text(*node) == "os.environ.copy" => {
                self.environment(index, offset);
                Value::Unknown
            }
            (Value::Globals, Some(name)) => {
                let frame = std::mem::replace(&mut self.frame, 0);
                let found = self.lookup(name).value;
                self.frame = frame;
                folded(found)
            }
            // Of what no one knows: a module or builtin that may well be there.
            (Value::Namespace(Node::ROOT), Some("__builtins__")) => Value::Name(self.core.names.dotted("builtins"), How::Folded),
            (Value::Namespace(Node::ROOT), Some(name)) if known::is_builtin(name) => folded(self.builtin(name)),
            (Value::Namespace(Node::ROOT), Some(name)) if !known::is_standard(name) => Value::Unknown,
            (Value::Namespace(node), Some(name)) => Value::Name(self.core.names.child(*node, name), How::Folded),
            (Value::Name(node, _), Some(name)) => match self.core.names.text(*node) {
                "sys.modules" => Value::Name(self.core.names.dotted(name), How::Folded),
                "builtins" => Value::Name(self.core.names.child(*node, name), How::Folded),
                "os.environ" | "os.environb" => {
                    self.environment(index, offset);
                    Value::Unknown
                }
                "plumbum.local" => {
                    self.command_words(&[name.to_owned()], How::Resolved, offset);
                    Value::Unknown
                }
                _ => Value::Unknown,
            },
            (Value::Name(node, _), None) if matches!(index, Value::Int(_)) && self.core.names.text(*node).starts_with("string.") => {
                let constant = CONSTANTS.iter().find(|(name, _)| *name == self.core.names.text(*node));
                constant.map_or(Value::Unknown, |(_, text)| fold::item(&Value::text(*text), index))
            }
            // `().__class__.__mro__[1]`.
            (Value::Name(node, How::Folded), None) if self.core.names.text(*node) == "builtins.object" => value.clone(),
            (Value::Dict(pairs), _) if !fold::spend(&mut self.core.budget, pairs.len() * 8) => Value::Unknown,
            _ => match fold::item(value, index) {
                Value::Unknown => fold::any_callable(value),
                found => found,
            },
        }
    }

    /// Notes the environment variable that a constant names.
    pub(super) fn environment(&mut self, name: &Value<'a>, offset: u32) {
        for value in name.alternatives() {
            let (text, how) = match value {
                Value::Text(text) => (text.whole(), text.origin.how()),
                Value::Bytes(bytes, origin) => (std::str::from_utf8(bytes).ok(), origin.how()),
                _ => continue,
            };
            let is_name = |text: &&str| (1..=128).contains(&text.len()) && !text.bytes().any(|b| b.is_ascii_whitespace() || b == b'=');
            if let Some(name) = text.filter(is_name) {
                self.core.sink.value(Kind::Env, name, self.scope, how, offset);
            }
        }
    }

    fn comprehension(&mut self, generators: &'a [ast::Comprehension], elts: &[&'a Expr]) -> Val<'a> {
        let outer = self.enter(self.frame, FrameKind::Comprehension);
        let mut taint = 0;
        let mut whole = None;
        let mut any = Val::default();
        for generator in generators {
            let iter = self.eval(&generator.iter);
            taint |= iter.taint;
            if let ([_], Expr::Name(_) | Expr::Tuple(_), []) = (generators, &generator.target, &*generator.ifs) {
                whole = fold::elements(&iter.value).map(|values| (&generator.target, values));
            }
            any = element(&iter);
            self.assign_here(&generator.target, any.clone());
            for test in &generator.ifs {
                self.eval(test);
            }
        }
        let folded = match (whole, elts) {
            (Some((target, values)), [elt]) => self.each(target, &values, any, elt, taint),
            _ => None,
        };
        let val = folded.unwrap_or_else(|| {
            let taint = elts.iter().fold(taint, |taint, elt| taint | self.eval(elt).taint);
            Val::unknown(taint)
        });
        self.frame = outer;
        val
    }

    /// A comprehension over constants, worked out: `[chr(c) for c in (104, 105)]`. Nothing where it gives anything but constants: its
    /// target is then any of them again.
    fn each(&mut self, target: &'a Expr, values: &[Value<'a>], any: Val<'a>, elt: &'a Expr, mut taint: u128) -> Option<Val<'a>> {
        let muted = std::mem::replace(&mut self.core.sink.muted, true);
        let mut found = Vec::with_capacity(values.len());
        for value in values {
            if !fold::spend(&mut self.core.budget, 64) {
                break;
            }
            self.assign_here(target, value.clone().into());
            let val = self.eval(elt);
            taint |= val.taint;
            if !matches!(val.value, Value::Text(_) | Value::Int(_) | Value::Bytes(..)) {
                break;
            }
            found.push(val.value);
        }
        self.core.sink.muted = muted;
        if found.is_empty() || found.len() < values.len() {
            self.assign_here(target, any);
            return None;
        }
        // What one element shows, all show.
        self.assign_here(target, values[0].clone().into());
        self.eval(elt);
        Some(Val { value: Value::list(found), taint })
    }

    fn assign_here(&mut self, target: &'a Expr, val: Val<'a>) {
        match target {
            Expr::Name(name) => self.bind_here(&name.id, val),
            Expr::Starred(s) => self.assign_here(&s.value, val),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for (elt, value) in elts.iter().zip(parts(elts, &val.value)) {
                    self.assign_here(elt, Val { value, taint: val.taint });
                }
            }
            other => {
                self.eval(other);
            }
        }
    }
}

/// A value reached by a disguised name.
pub(super) fn folded(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Name(node, how) => Value::Name(node, how.max(How::Folded)),
        Value::Made(node, how) => Value::Made(node, how.max(How::Folded)),
        Value::Any(values) => values.iter().cloned().map(folded).fold(Value::Unknown, Value::or),
        other => other,
    }
}

/// Marks constants as noted.
pub(super) fn settle(value: &mut Value<'_>) {
    match value {
        Value::Text(text) => text.origin.fresh = false,
        Value::Bytes(_, origin) => origin.fresh = false,
        _ => {}
    }
}
