//! Type stubs: what they declare.

use census_model::{How, Kind};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::sink::Sink;
use crate::Scope;

/// Notes what a stub declares: functions, classes, the methods of these, and names it passes on from elsewhere.
///
/// A value with one leading dot is the stub's own: step B knows its module. What no rule could name is left out: private names,
/// variables, properties, and what classes inside classes hold.
pub(super) fn declare(body: &[Stmt], sink: &mut Sink) {
    block(body, None, sink);
}

/// Of a module's body, or of the body of a class of it.
fn block(body: &[Stmt], class: Option<&str>, sink: &mut Sink) {
    for stmt in body {
        let offset = stmt.start().to_u32();
        let mut note = |name: &str| {
            if !name.starts_with('_') {
                let value = class.map_or_else(|| format!(".{name}"), |class| format!(".{class}.{name}"));
                sink.value(Kind::Declare, &value, Scope::Inert, How::Resolved, offset);
            }
        };
        match stmt {
            Stmt::FunctionDef(def) if !is_property(def) => note(def.name.as_str()),
            Stmt::ClassDef(def) if class.is_none() => {
                note(def.name.as_str());
                if !def.name.starts_with('_') && !is_message(def) {
                    block(&def.body, Some(def.name.as_str()), sink);
                }
            }
            Stmt::ImportFrom(import) if class.is_none() => passed_on(import, sink),
            Stmt::If(s) => {
                block(&s.body, class, sink);
                s.elif_else_clauses.iter().for_each(|clause| block(&clause.body, class, sink));
            }
            Stmt::Try(s) => [&s.body, &s.orelse, &s.finalbody].into_iter().for_each(|part| block(part, class, sink)),
            _ => {}
        }
    }
}

/// Whether a method is read or set like a variable: `@property`, `@x.setter`.
fn is_property(def: &ast::StmtFunctionDef) -> bool {
    def.decorator_list.iter().any(|decorator| {
        let name = match &decorator.expression {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        name.ends_with("property") || matches!(name, "setter" | "getter" | "deleter")
    })
}

/// Whether a class is a message of a protocol, written by a generator: all of them have the same methods.
fn is_message(def: &ast::StmtClassDef) -> bool {
    def.bases().iter().any(|base| matches!(base, Expr::Attribute(base) if base.attr.as_str() == "Message"))
}

/// `from os import chmod as chmod` passes a name on (PEP 484); without the `as` it is the stub's own business.
fn passed_on(import: &ast::StmtImportFrom, sink: &mut Sink) {
    let Some(module) = import.module.as_ref().filter(|_| import.level == 0) else { return };
    for alias in &import.names {
        if alias.asname.as_ref().is_some_and(|name| name.as_str() == alias.name.as_str()) {
            let value = format!("{}.{}", module.as_str(), alias.name.as_str());
            sink.value(Kind::Declare, &value, Scope::Inert, How::Resolved, alias.start().to_u32());
        }
    }
}
