//! Code that only computes: loops over constants that build other constants, and functions that decode them.
//!
//! A statement is *plain* if all it does is bind names of its own scope. Plain loops over what is known are walked once an element,
//! plain functions once a call; the facts in them are taken once. Everything is bounded by the budget.

use ruff_python_ast::{self as ast, Expr, Stmt};

use super::args::Args;
use super::fold;
use super::value::{Text, Val, Value};
use super::walk::Walker;

/// How many statements a plain body has at most.
const STATEMENTS: usize = 16;

/// How deep plain loops nest.
const LOOPS: usize = 3;

/// What a plain statement costs.
const STEP: usize = 64;

/// Whether statements only compute: what they bind are names of their own scope.
pub(super) fn is_plain(body: &[Stmt]) -> bool {
    plain(body, LOOPS).is_some_and(|count| count <= STATEMENTS)
}

/// How many statements there are, if all are plain.
fn plain(body: &[Stmt], loops: usize) -> Option<usize> {
    if body.len() > STATEMENTS {
        return None;
    }
    body.iter().try_fold(0, |count, stmt| {
        let more = match stmt {
            Stmt::Assign(s) => s.targets.iter().all(is_names).then_some(1)?,
            Stmt::AugAssign(s) => s.target.is_name_expr().then_some(1)?,
            Stmt::Expr(s) => (grown(&s.value).is_some() || s.value.is_string_literal_expr()).then_some(1)?,
            Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::Pass(_) => 1,
            Stmt::For(s) if loops > 0 && s.orelse.is_empty() && is_names(&s.target) => 1 + plain(&s.body, loops - 1)?,
            _ => return None,
        };
        Some(count + more)
    })
}

fn is_names(target: &Expr) -> bool {
    match target {
        Expr::Name(_) => true,
        Expr::Tuple(tuple) => tuple.elts.iter().all(Expr::is_name_expr),
        _ => false,
    }
}

/// `name.append(value)` or `name.extend(values)`: the name, whether it is the former, and what is added.
fn grown(expr: &Expr) -> Option<(&ast::ExprName, bool, &Expr)> {
    let Expr::Call(call) = expr else { return None };
    let Expr::Attribute(method) = &*call.func else { return None };
    let Expr::Name(name) = &*method.value else { return None };
    let append = match method.attr.as_str() {
        "append" => true,
        "extend" => false,
        _ => return None,
    };
    match (&*call.arguments.args, &*call.arguments.keywords) {
        ([value], []) if !value.is_starred_expr() => Some((name, append, value)),
        _ => None,
    }
}

/// The names that plain statements bind.
fn bound<'a>(body: &'a [Stmt], into: &mut Vec<&'a str>) {
    for stmt in body {
        match stmt {
            Stmt::Assign(s) => s.targets.iter().for_each(|target| names(target, into)),
            Stmt::AugAssign(s) => names(&s.target, into),
            Stmt::Expr(s) => into.extend(grown(&s.value).map(|(name, ..)| name.id.as_str())),
            Stmt::For(s) => {
                names(&s.target, into);
                bound(&s.body, into);
            }
            _ => {}
        }
    }
}

/// The names of a target.
fn names<'a>(target: &'a Expr, into: &mut Vec<&'a str>) {
    match target {
        Expr::Name(name) => into.push(&name.id),
        Expr::Tuple(tuple) => into.extend(tuple.elts.iter().filter_map(|elt| elt.as_name_expr().map(|name| name.id.as_str()))),
        _ => {}
    }
}

impl<'a> Walker<'a, '_> {
    /// Walks a plain loop over what is known, element by element; false where it is no such loop.
    pub(super) fn unroll(&mut self, s: &'a ast::StmtFor, iter: &Val<'a>) -> bool {
        if s.is_async || !s.orelse.is_empty() || !is_names(&s.target) || !is_plain(&s.body) {
            return false;
        }
        let Some(values) = fold::elements(&iter.value).filter(|values| !values.is_empty()) else { return false };
        if !fold::spend(&mut self.core.budget, values.len() * s.body.len() * STEP) {
            return false;
        }
        // Behind a branch, what is bound here is put back as it was before, not as it was in between.
        let forks = std::mem::take(&mut self.forks);
        if forks > 0 {
            let mut bindings = Vec::new();
            names(&s.target, &mut bindings);
            bound(&s.body, &mut bindings);
            for name in bindings {
                let frame = self.target(name);
                let old = self.frames[frame].names.get(name).cloned();
                self.journal.push((frame, name, old));
            }
        }
        let muted = self.core.sink.muted;
        for value in values {
            self.assign(&s.target, Val { value, taint: iter.taint });
            self.body(&s.body);
            self.core.sink.muted = true;
        }
        self.core.sink.muted = muted;
        self.forks = forks;
        true
    }

    /// Adds to a list that a name of this scope is bound to; false where the statement is something else.
    pub(super) fn grow(&mut self, expr: &'a Expr) -> bool {
        let Some((name, append, value)) = grown(expr) else { return false };
        let frame = self.target(&name.id);
        if !matches!(self.frames[frame].names.get(name.id.as_str()), Some(Val { value: Value::List(_), .. })) {
            return false;
        }
        let added = self.eval(value);
        // Taken out of its scope, so that a list that grows piece by piece grows in place.
        let held = if self.forks == 0 { self.frames[frame].names.remove(name.id.as_str()) } else { None };
        let mut held = held.unwrap_or_else(|| self.lookup(&name.id));
        held.taint |= added.taint;
        if let Value::List(list) = &mut held.value {
            fold::grow(&mut self.core.budget, list, append, added.value);
        }
        self.set(frame, &name.id, Some(held));
        true
    }

    /// What `map(function, values)` gives, for a function of this file.
    pub(super) fn map_each(&mut self, def: usize, values: &Value<'a>, taint: u128) -> Option<Value<'a>> {
        let values = fold::elements(values)?;
        let mut mapped = Vec::with_capacity(values.len());
        for value in values {
            let val = self.inline(def, &Args::of(vec![value], taint));
            if !matches!(val.value, Value::Text(_) | Value::Int(_) | Value::Bytes(..)) {
                return None;
            }
            mapped.push(val.value);
        }
        Some(Value::list(mapped))
    }

    /// What `functools.reduce(function, values)` gives, for a function of this file.
    pub(super) fn reduce(&mut self, def: usize, values: &Value<'a>, taint: u128) -> Option<Value<'a>> {
        let mut values = fold::elements(values)?.into_iter();
        let mut whole = values.next()?;
        for value in values {
            whole = self.inline(def, &Args::of(vec![whole, value], taint)).value;
            if matches!(whole, Value::Unknown) {
                return None;
            }
        }
        Some(whole)
    }
}

/// A literal number that is too large to count with, as its bytes, the first the highest.
pub(super) fn large(budget: &mut usize, literal: &str) -> Option<Vec<u8>> {
    let literal = literal.replace('_', "").to_ascii_lowercase();
    let (digits, radix) = match literal.get(..2) {
        Some("0x") => (&literal[2..], 16),
        Some("0o") => (&literal[2..], 8),
        Some("0b") => (&literal[2..], 2),
        _ => (&*literal, 10),
    };
    if digits.len() > 8192 || !fold::spend(budget, digits.len() * digits.len() / 8) {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(digits.len() / 2);
    for digit in digits.chars() {
        let mut carry = digit.to_digit(radix)?;
        for byte in &mut bytes {
            let value = u32::from(*byte) * radix + carry;
            *byte = u8::try_from(value & 0xff).ok()?;
            carry = value >> 8;
        }
        if carry > 0 {
            bytes.push(u8::try_from(carry).ok()?);
        }
    }
    bytes.reverse();
    Some(bytes)
}

/// `bytes` as wide as `int.to_bytes` was asked for, in the order asked for.
pub(super) fn to_bytes<'a>(bytes: &[u8], args: &Args<'a>) -> Option<Value<'a>> {
    let width = match args.positional.first().or_else(|| args.keyword("length")) {
        Some(Value::Int(width)) => usize::try_from(*width).ok().filter(|width| *width <= 1 << 16)?,
        _ => return None,
    };
    let order = match args.positional.get(1).or_else(|| args.keyword("byteorder")) {
        Some(Value::Text(order)) => Text::whole(order)?,
        _ => "big",
    };
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut wide = vec![0; width.checked_sub(bytes.len())?];
    wide.extend_from_slice(bytes);
    if order == "little" {
        wide.reverse();
    }
    Some(Value::bytes(wide))
}
