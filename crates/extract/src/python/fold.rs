//! Constants worked out: joined, sliced, reversed, formatted, decoded.
//!
//! Everything here is bounded by a budget of bytes, so that no chain of foldings costs more than a constant a file.

use std::rc::Rc;

use ruff_python_ast::Operator;

use super::args::Args;
use super::codec;
use super::nested::{Items, Pairs};
use super::unroll;
use super::value::{ALTERNATIVES, HOLE, Origin, Text, Value};
use crate::hash::HashMap;

/// The longest constant that is made.
const LONGEST: usize = 4 << 20;

/// The most elements of a list that is made.
const ELEMENTS: usize = 1 << 16;

/// How many names a format is looked up in.
const NAMED: usize = 64;

/// How many elements of an endless iterator are kept.
const CYCLE: usize = 1 << 13;

/// How many functions of a table are told apart.
const CALLABLES: usize = 16;

/// Takes `bytes` from the budget; false where it is used up.
pub(super) fn spend(budget: &mut usize, bytes: usize) -> bool {
    *budget = budget.saturating_sub(bytes + 1);
    *budget > 0
}

/// Whether `left` and `right` are constants that go on in what `binary` gives.
pub(super) fn keeps(left: &Value<'_>, op: Operator, right: &Value<'_>) -> (bool, bool) {
    match (op, left, right) {
        (Operator::Add | Operator::Mod, Value::Text(_), Value::Text(_) | Value::Int(_))
        | (Operator::Add, Value::Bytes(..), Value::Bytes(..)) => (true, true),
        (Operator::Add | Operator::Mod, Value::Text(_), _) => (true, false),
        (Operator::Add, _, Value::Text(_)) => (false, true),
        (Operator::BitOr, left, right) if flags(left, right) => (true, true),
        _ => (false, false),
    }
}

/// Whether both are names, few enough to be kept: `os.O_CREAT | os.O_WRONLY`.
fn flags(left: &Value<'_>, right: &Value<'_>) -> bool {
    let all = left.alternatives().iter().chain(right.alternatives());
    all.clone().count() <= ALTERNATIVES && all.clone().all(|value| matches!(value, Value::Name(..)))
}

/// `left op right`.
pub(super) fn binary<'a>(budget: &mut usize, left: Value<'a>, op: Operator, right: Value<'a>) -> Value<'a> {
    match (op, left, right) {
        (Operator::Add, Value::Text(left), right) => {
            let hole = HOLE.to_string();
            let more = match &right {
                Value::Text(right) => right.as_str(),
                _ => &hole,
            };
            // Joined in place, only the right side costs.
            let copied = if left.is_shared() { left.as_str().len() } else { 0 };
            if spend(budget, copied + more.len()) && left.as_str().len() + more.len() <= LONGEST {
                Value::Text(left.joined(more))
            } else {
                Value::Unknown
            }
        }
        (Operator::Add, _, Value::Text(right)) if spend(budget, right.as_str().len()) => Value::text(format!("{HOLE}{}", right.as_str())),
        (Operator::Add, Value::Bytes(mut left, _), Value::Bytes(right, _))
            if spend(budget, copied(&left, 1) + right.len()) && left.len() + right.len() <= LONGEST =>
        {
            Rc::make_mut(&mut left).extend_from_slice(&right);
            Value::Bytes(left, Origin::FOLDED)
        }
        (Operator::Add, Value::List(mut left), Value::List(right))
            if spend(budget, copied(&left, 32) + right.len() * 32) && left.len() + right.len() <= ELEMENTS =>
        {
            Rc::make_mut(&mut left).extend(&right);
            Value::List(left)
        }
        (Operator::Add, Value::List(mut left), Value::Unknown | Value::Name(..) | Value::Made(..)) => {
            grow(budget, &mut left, true, Value::Unknown);
            Value::List(left)
        }
        (Operator::BitOr, left, right) if flags(&left, &right) => left.or(right),
        (Operator::Mult, Value::Text(text), Value::Int(n)) | (Operator::Mult, Value::Int(n), Value::Text(text)) => {
            repeat(budget, text.as_str().len(), n).map_or(Value::Unknown, |n| Value::text(text.as_str().repeat(n)))
        }
        (Operator::Mod, Value::Text(format), right) if spend(budget, format.as_str().len()) => {
            Value::text(percent(format.as_str(), &right))
        }
        (op, Value::Int(left), Value::Int(right)) => int(op, left, right).map_or(Value::Unknown, Value::Int),
        _ => Value::Unknown,
    }
}

/// What adding to this copies, where something else holds it.
fn copied<T: Measured>(held: &Rc<T>, width: usize) -> usize {
    if Rc::strong_count(held) > 1 { held.measure() * width } else { 0 }
}

/// Something with a length.
trait Measured {
    fn measure(&self) -> usize;
}

impl Measured for Vec<u8> {
    fn measure(&self) -> usize {
        self.len()
    }
}

impl Measured for Items<'_> {
    fn measure(&self) -> usize {
        self.len()
    }
}

/// Adds an element, or the elements of a list, to a list.
pub(super) fn grow<'a>(budget: &mut usize, list: &mut Rc<Items<'a>>, append: bool, added: Value<'a>) {
    let more = match &added {
        Value::List(more) if !append => more.len(),
        _ => 1,
    };
    if list.len() + more > ELEMENTS || !spend(budget, copied(list, 32) + more * 32) {
        return;
    }
    let list = Rc::make_mut(list);
    match added {
        Value::List(more) if !append => list.extend(&more),
        added => list.push(if append { added } else { Value::Unknown }),
    }
}

fn repeat(budget: &mut usize, len: usize, n: i64) -> Option<usize> {
    let n = usize::try_from(n).ok()?;
    let total = len.checked_mul(n).filter(|&total| total <= 1 << 16)?;
    spend(budget, total).then_some(n)
}

fn int(op: Operator, left: i64, right: i64) -> Option<i64> {
    match op {
        Operator::Add => left.checked_add(right),
        Operator::Sub => left.checked_sub(right),
        Operator::Mult => left.checked_mul(right),
        Operator::BitXor => Some(left ^ right),
        Operator::BitOr => Some(left | right),
        Operator::BitAnd => Some(left & right),
        Operator::FloorDiv if right > 0 => Some(left.div_euclid(right)),
        Operator::Mod if right > 0 => Some(left.rem_euclid(right)),
        Operator::LShift if (0..32).contains(&right) && left.unsigned_abs() < 1 << 24 => Some(left << right),
        Operator::RShift if (0..64).contains(&right) => Some(left >> right),
        _ => None,
    }
}

fn push(out: &mut String, value: Option<&Value<'_>>) {
    match value {
        Some(Value::Text(text)) if out.len() + text.as_str().len() <= LONGEST => out.push_str(text.as_str()),
        Some(Value::Int(int)) => out.push_str(&int.to_string()),
        _ => out.push(HOLE),
    }
}

/// `format % arguments`.
fn percent(format: &str, right: &Value<'_>) -> String {
    let mut out = String::with_capacity(format.len());
    let mut arguments = match right {
        Value::List(values) => values.iter(),
        other => std::slice::from_ref(other).iter(),
    };
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        if rest.starts_with('(') {
            let end = rest.find(')').unwrap_or(rest.len());
            push(&mut out, named(right, &rest[1..end]));
            rest = rest.get(end + 1..).unwrap_or_default();
            let kind = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
            rest = rest.get(kind + 1..).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let argument = arguments.next();
        match rest[end..].chars().next() {
            Some('c') => push(&mut out, argument.map(character).as_ref()),
            Some(_) => push(&mut out, argument),
            None => {}
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn character<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::Int(int) => u32::try_from(*int).ok().and_then(char::from_u32).map_or(Value::Unknown, |c| Value::text(c.to_string())),
        other => other.clone(),
    }
}

/// `format.format(…)`.
fn format(format: &str, args: &Args<'_>) -> String {
    let mut out = String::with_capacity(format.len());
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        if rest.as_bytes().first() == Some(&brace) {
            out.push(char::from(brace));
            rest = &rest[1..];
        } else if brace == b'{' {
            let end = rest.find('}').unwrap_or(rest.len());
            let field = rest[..end].split(['!', ':']).next().unwrap_or_default();
            let argument = if field.is_empty() {
                next += 1;
                args.positional.get(next - 1)
            } else {
                match field.parse::<usize>() {
                    Ok(at) => args.positional.get(at),
                    Err(_) => args.keyword(field).or_else(|| named(args.positional.first()?, field)),
                }
            };
            push(&mut out, argument);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// What a mapping has for a name.
fn named<'v, 'a>(map: &'v Value<'a>, name: &str) -> Option<&'v Value<'a>> {
    let Value::Dict(pairs) = map else { return None };
    // Few formats have many names; a mapping larger than this is no format's.
    pairs.iter().rev().take(NAMED).find(|(key, _)| matches!(key, Value::Text(text) if text.as_str() == name)).map(|(_, value)| value)
}

/// `text.translate(table)`.
fn translate(text: &str, table: &Pairs<'_>) -> String {
    let mut by_char: HashMap<i64, &Value<'_>> = HashMap::default();
    for (key, value) in table.iter() {
        match key {
            Value::Int(int) => by_char.insert(*int, value),
            Value::Text(text) => text.whole().and_then(|t| t.chars().next()).and_then(|c| by_char.insert(u32::from(c).into(), value)),
            _ => None,
        };
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match by_char.get(&i64::from(u32::from(c))) {
            None => out.push(c),
            Some(Value::None) => {}
            Some(Value::Int(int)) => out.push(u32::try_from(*int).ok().and_then(char::from_u32).unwrap_or(HOLE)),
            Some(Value::Text(text)) if text.as_str().len() <= 8 => out.push_str(text.as_str()),
            Some(_) => out.push(HOLE),
        }
    }
    out
}

/// `str.maketrans(…)` as a mapping.
fn maketrans<'a>(arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let chars = |value: &Value<'_>| Some(as_text(value)?.chars().map(|c| Value::Int(u32::from(c).into())).collect::<Vec<_>>());
    match arguments {
        [map @ Value::Dict(_)] => Some(map.clone()),
        [Value::Bytes(from, _), Value::Bytes(to, _)] if from.len() == to.len() => {
            let mut table: Vec<u8> = (0..=u8::MAX).collect();
            from.iter().zip(to.iter()).for_each(|(&from, &to)| table[usize::from(from)] = to);
            Some(Value::bytes(table))
        }
        [from, to, gone @ ..] => {
            let (from, to) = (chars(from)?, chars(to)?);
            let gone = match gone.first() {
                Some(gone) => chars(gone)?,
                None => Vec::new(),
            };
            Some(Value::dict(from.into_iter().zip(to).chain(gone.into_iter().map(|key| (key, Value::None))).collect()))
        }
        _ => None,
    }
}

/// The elements of a constant that can be gone through, where all is known and there are not too many.
pub(super) fn elements<'a>(value: &Value<'a>) -> Option<Vec<Value<'a>>> {
    match value {
        Value::List(values) if values.len() <= ELEMENTS => {
            values.iter().all(|v| matches!(v, Value::Int(_) | Value::Text(_) | Value::Bytes(..) | Value::List(_))).then(|| values.to_vec())
        }
        Value::Text(text) => text.whole().filter(|t| t.len() <= ELEMENTS).map(|t| t.chars().map(|c| Value::text(c.to_string())).collect()),
        Value::Bytes(bytes, _) if bytes.len() <= ELEMENTS => Some(bytes.iter().map(|&b| Value::Int(b.into())).collect()),
        _ => None,
    }
}

/// `value[index]`.
pub(super) fn item<'a>(value: &Value<'a>, index: &Value<'a>) -> Value<'a> {
    if let Value::Dict(pairs) = value {
        // The last of equal keys counts.
        return pairs.iter().rev().find(|(key, _)| key.same(index)).map(|(_, value)| value.clone()).unwrap_or_default();
    }
    let Value::Int(at) = *index else { return Value::Unknown };
    let place = |len: usize| if at < 0 { usize::try_from(at + i64::try_from(len).ok()?).ok() } else { usize::try_from(at).ok() };
    match value {
        Value::List(values) => place(values.len()).and_then(|at| values.get(at)).cloned().unwrap_or_default(),
        Value::Text(text) => {
            let Some(text) = text.whole().filter(|text| text.is_ascii()) else { return Value::Unknown };
            place(text.len()).and_then(|at| text.get(at..=at)).map_or(Value::Unknown, Value::text)
        }
        Value::Bytes(bytes, _) => place(bytes.len()).and_then(|at| bytes.get(at)).map_or(Value::Unknown, |&b| Value::Int(b.into())),
        _ => Value::Unknown,
    }
}

/// Any of the callables that a list or mapping holds: what an unknown index may give, in a table of functions.
pub(super) fn any_callable<'a>(value: &Value<'a>) -> Value<'a> {
    let is_callable = |value: &&Value<'a>| matches!(value, Value::Name(..) | Value::Function(_) | Value::Class(_) | Value::Bound(_));
    match value {
        Value::List(values) => values.iter().filter(is_callable).take(CALLABLES).cloned().fold(Value::Unknown, Value::or),
        Value::Dict(pairs) => {
            pairs.iter().map(|(_, value)| value).filter(is_callable).take(CALLABLES).cloned().fold(Value::Unknown, Value::or)
        }
        _ => Value::Unknown,
    }
}

/// `value[lower:upper:step]`, where the bounds are known or left out.
pub(super) fn slice<'a>(budget: &mut usize, value: &Value<'a>, bounds: &[Option<Value<'a>>; 3]) -> Option<Value<'a>> {
    let bound = |at: usize| match &bounds[at] {
        None | Some(Value::None) => Some(None),
        Some(Value::Int(int)) => Some(Some(*int)),
        Some(_) => None,
    };
    let (lower, upper, step) = (bound(0)?, bound(1)?, bound(2)?.unwrap_or(1));
    match value {
        Value::Text(text) => {
            let text = text.whole()?;
            if !spend(budget, text.len()) {
                return None;
            }
            let chars: Vec<char> = text.chars().collect();
            Some(Value::text(cut(&chars, lower, upper, step)?.into_iter().collect::<String>()))
        }
        Value::Bytes(bytes, _) if spend(budget, bytes.len()) => Some(Value::bytes(cut(bytes, lower, upper, step)?)),
        Value::List(values) if spend(budget, values.len() * 32) => Some(Value::list(cut(values, lower, upper, step)?)),
        _ => None,
    }
}

fn cut<T: Clone>(all: &[T], lower: Option<i64>, upper: Option<i64>, step: i64) -> Option<Vec<T>> {
    let len = i64::try_from(all.len()).ok()?;
    let clamp = |at: i64, low: i64, high: i64| (if at < 0 { at.saturating_add(len) } else { at }).clamp(low, high);
    let pick = |at: i64| all[usize::try_from(at).unwrap_or_default()].clone();
    let stride = usize::try_from(step.unsigned_abs()).ok().filter(|&s| s > 0)?;
    if step > 0 {
        let (from, to) = (lower.map_or(0, |at| clamp(at, 0, len)), upper.map_or(len, |at| clamp(at, 0, len)));
        Some((from..to).step_by(stride).map(pick).collect())
    } else {
        let (from, to) = (lower.map_or(len - 1, |at| clamp(at, -1, len - 1)), upper.map_or(-1, |at| clamp(at, -1, len - 1)));
        Some((to + 1..=from).rev().step_by(stride).map(pick).collect())
    }
}

/// `value.name(arguments)` of a constant.
pub(super) fn method<'a>(budget: &mut usize, value: &Value<'a>, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
    let arguments = &*args.positional;
    match value {
        Value::Text(text) => text_method(budget, text, name, args),
        Value::Bytes(bytes, _) if spend(budget, bytes.len()) => match (name, arguments) {
            ("translate", [Value::Bytes(table, _)]) if table.len() == 256 => {
                Some(Value::bytes(bytes.iter().map(|&b| table[usize::from(b)]).collect()))
            }
            ("decode", _) => {
                let codec = arguments.first().and_then(as_text).unwrap_or("utf-8");
                codec::decode_text(bytes, codec).map(Value::text)
            }
            ("hex", []) => Some(Value::text(codec::to_hex(bytes))),
            ("join", [Value::List(parts)]) => {
                let parts: Option<Vec<&[u8]>> =
                    parts.iter().map(|p| if let Value::Bytes(b, _) = p { Some(b.as_slice()) } else { None }).collect();
                let joined = parts?.join(bytes.as_slice());
                (joined.len() <= LONGEST && spend(budget, joined.len())).then(|| Value::bytes(joined))
            }
            ("strip" | "lstrip" | "rstrip", []) => Some(Value::bytes(bytes.trim_ascii().to_vec())),
            _ => None,
        },
        Value::Int(int) if name == "to_bytes" => unroll::to_bytes(&u64::try_from(*int).ok()?.to_be_bytes(), args),
        Value::Large(int) if name == "to_bytes" => unroll::to_bytes(int, args),
        _ => None,
    }
}

fn as_text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => text.whole(),
        _ => None,
    }
}

fn text_method<'a>(budget: &mut usize, text: &Text<'a>, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
    let (s, arguments) = (text.as_str(), &*args.positional);
    if !spend(budget, s.len()) {
        return None;
    }
    match (name, arguments) {
        ("join", [list]) => join(budget, s, list),
        ("format", _) => Some(Value::text(format(s, args))),
        ("format_map", [map @ Value::Dict(_)]) => Some(Value::text(format(s, &Args::of(vec![map.clone()], 0)))),
        ("translate", [Value::Dict(table)]) if spend(budget, table.len() * 16) => Some(Value::text(translate(s, table))),

        ("replace", [from, to, ..]) => {
            let (from, to) = (as_text(from)?, as_text(to)?);
            let grown = s.len().saturating_mul(to.len() / from.len().max(1) + 1);
            (grown <= LONGEST && spend(budget, grown)).then(|| Value::text(s.replace(from, to)))
        }
        ("lower", []) => Some(Value::text(s.to_lowercase())),
        ("upper", []) => Some(Value::text(s.to_uppercase())),
        ("swapcase", []) => Some(Value::text(s.chars().map(swap).collect::<String>())),
        ("strip" | "lstrip" | "rstrip", [ends]) => {
            let ends: Vec<char> = as_text(ends)?.chars().collect();
            Some(Value::text(match name {
                "strip" => s.trim_matches(&*ends),
                "lstrip" => s.trim_start_matches(&*ends),
                _ => s.trim_end_matches(&*ends),
            }))
        }
        ("strip", []) => Some(Value::text(s.trim())),
        ("lstrip", []) => Some(Value::text(s.trim_start())),
        ("rstrip", []) => Some(Value::text(s.trim_end())),
        ("removeprefix", [p]) => Some(Value::text(s.strip_prefix(as_text(p)?).unwrap_or(s))),
        ("removesuffix", [p]) => Some(Value::text(s.strip_suffix(as_text(p)?).unwrap_or(s))),
        ("encode", [codec, ..]) if as_text(codec).is_some_and(codec::is_rot13) => Some(Value::text(codec::rot13(s))),
        ("encode", _) => text.whole().map(|s| Value::bytes(s.as_bytes().to_vec())),
        ("decode", [codec]) => codec::decode(s.as_bytes(), as_text(codec)?),
        ("split", []) => Some(list(text.whole()?.split_whitespace())),
        ("split", [by]) => {
            let by = as_text(by).filter(|by| !by.is_empty())?;
            Some(list(text.whole()?.split(by)))
        }
        _ => None,
    }
}

fn swap(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

fn list<'a, 's>(parts: impl Iterator<Item = &'s str>) -> Value<'a> {
    Value::list(parts.take(ELEMENTS).map(Value::text).collect())
}

fn join<'a>(budget: &mut usize, between: &str, parts: &Value<'a>) -> Option<Value<'a>> {
    let parts = match parts {
        Value::List(parts) => parts.to_vec(),
        other => elements(other)?,
    };
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        match part {
            Value::Text(text) => out.push_str(text.as_str()),
            _ => out.push(HOLE),
        }
        if out.len() > LONGEST {
            return None;
        }
    }
    spend(budget, out.len()).then(|| Value::text(out))
}

/// `name(arguments)` for the calls listed in `known::FOLDED`.
pub(super) fn call<'a>(budget: &mut usize, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let size = arguments.iter().map(size).sum::<usize>();
    if !spend(budget, size) {
        return None;
    }
    let last = name.strip_prefix("builtins.").unwrap_or(name);
    match (last, arguments) {
        ("chr", [value @ Value::Int(_)]) => Some(character(value)).filter(|v| !matches!(v, Value::Unknown)),
        ("ord", [Value::Text(text)]) => text.whole()?.chars().next().map(|c| Value::Int(u32::from(c).into())),
        ("str", [Value::Bytes(bytes, _), codec]) => codec::decode_text(bytes, as_text(codec)?).map(Value::text),
        ("range" | "xrange", bounds) => range(budget, bounds),
        ("enumerate", [value, rest @ ..]) => {
            let from = if let [Value::Int(from)] = rest { *from } else { 0 };
            let values = elements(value).filter(|values| spend(budget, values.len() * 64))?;
            Some(Value::list((from..).zip(values).map(|(at, value)| Value::list(vec![Value::Int(at), value])).collect()))
        }
        ("zip", [first, second]) => {
            let (first, second) = (elements(first)?, elements(second)?);
            let pairs = first.into_iter().zip(second).map(|(a, b)| Value::list(vec![a, b]));
            spend(budget, pairs.len() * 64).then(|| Value::list(pairs.collect()))
        }
        ("itertools.cycle", [value]) => {
            let values = elements(value).filter(|values| !values.is_empty() && spend(budget, CYCLE * 32))?;
            Some(Value::list(values.iter().cycle().take(CYCLE.max(values.len())).cloned().collect()))
        }
        ("hex", [Value::Int(int)]) if *int >= 0 => Some(Value::text(format!("{int:#x}"))),
        ("hex", [Value::Large(int)]) => Some(Value::text(format!("0x{}", codec::to_hex(int).trim_start_matches('0')))),
        ("int.to_bytes", [Value::Int(int), rest @ ..]) => {
            unroll::to_bytes(&u64::try_from(*int).ok()?.to_be_bytes(), &Args::of(rest.to_vec(), 0))
        }
        ("int.to_bytes", [Value::Large(int), rest @ ..]) => unroll::to_bytes(int, &Args::of(rest.to_vec(), 0)),
        ("str", [Value::Int(int)]) => Some(Value::text(int.to_string())),
        ("int", [Value::Text(text), rest @ ..]) => {
            let radix = match rest {
                [Value::Int(radix)] => u32::try_from(*radix).ok().filter(|r| (2..=36).contains(r))?,
                _ => 10,
            };
            let digits = text.whole()?.trim_start_matches("0x");
            i64::from_str_radix(digits, radix).ok().map(Value::Int)
        }
        ("str", [value @ Value::Text(_)]) | ("bytes" | "bytearray" | "memoryview", [value @ Value::Bytes(..)]) => Some(value.clone()),
        ("bytes" | "bytearray", [Value::Text(text), _]) => Some(Value::bytes(text.whole()?.as_bytes().to_vec())),
        ("bytes" | "bytearray", [Value::List(values)]) => {
            let byte = |v: &Value<'_>| if let Value::Int(int) = v { u8::try_from(*int).ok() } else { None };
            values.iter().map(byte).collect::<Option<Vec<u8>>>().map(Value::bytes)
        }
        ("str.maketrans" | "bytes.maketrans" | "bytearray.maketrans", arguments) => maketrans(arguments),
        ("reversed", [Value::Text(text)]) => Some(Value::text(text.whole()?.chars().rev().collect::<String>())),
        ("reversed", [Value::List(values)]) => Some(Value::list(values.iter().rev().cloned().collect())),
        ("list" | "tuple", [value]) => elements(value).map(Value::list),
        ("len", [value]) => elements(value).and_then(|values| i64::try_from(values.len()).ok()).map(Value::Int),
        ("codecs.decode", [Value::Bytes(bytes, _), codec, ..]) => codec::decode(bytes, as_text(codec)?),
        ("codecs.decode" | "codecs.encode", [Value::Text(text), codec, ..]) => codec::decode(text.whole()?.as_bytes(), as_text(codec)?),
        ("urllib.parse.unquote", [Value::Text(text)]) => Some(Value::text(codec::unquote(text.whole()?))),
        (name, [value, ..]) => {
            let bytes = match value {
                Value::Text(text) => text.whole()?.as_bytes(),
                Value::Bytes(bytes, _) => bytes,
                _ => return None,
            };
            codec::by_call(name, bytes).filter(|out| spend(budget, out.len())).map(Value::bytes)
        }
        _ => None,
    }
}

/// `range(…)` as a list.
fn range<'a>(budget: &mut usize, bounds: &[Value<'_>]) -> Option<Value<'a>> {
    let int = |value: &Value<'_>| if let Value::Int(int) = value { Some(*int) } else { None };
    let (from, to, step) = match bounds {
        [to] => (0, int(to)?, 1),
        [from, to] => (int(from)?, int(to)?, 1),
        [from, to, step] => (int(from)?, int(to)?, int(step)?),
        _ => return None,
    };
    let stride = usize::try_from(step.unsigned_abs()).ok().filter(|stride| *stride > 0)?;
    let (low, high) = if step > 0 { (from, to) } else { (to.checked_add(1)?, from.checked_add(1)?) };
    let count = usize::try_from(high.checked_sub(low)?.max(0)).ok()?.div_ceil(stride);
    if count > ELEMENTS || !spend(budget, count * 16) {
        return None;
    }
    let next = |at: usize| Some(Value::Int(from + step * i64::try_from(at).ok()?));
    (0..count).map(next).collect::<Option<Vec<_>>>().map(Value::list)
}

fn size(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.as_str().len(),
        Value::Bytes(bytes, _) => bytes.len(),
        Value::List(values) => values.len() * 8,
        _ => 0,
    }
}

/// `map(function, values)` for the functions that fold alone.
pub(super) fn map<'a>(budget: &mut usize, function: &str, values: &Value<'a>) -> Option<Value<'a>> {
    let values = elements(values)?;
    let mapped: Option<Vec<Value<'a>>> = values.into_iter().map(|value| call(budget, function, &[value])).collect();
    mapped.map(Value::list)
}
