//! Type stubs: what they declare.

use census_model::{How, Kind};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::sink::Sink;
use crate::Scope;

/// Notes what a stub declares: functions, classes and their methods, and names it passes on from elsewhere.
///
/// A value with one leading dot is the stub's own: step B knows its module. Names with a leading underscore are left out.
pub(super) fn declare(body: &[Stmt], sink: &mut Sink) {
    block(body, ".", sink);
}

fn block(body: &[Stmt], prefix: &str, sink: &mut Sink) {
    for stmt in body {
        let offset = stmt.start().to_u32();
        let mut note = |name: &str| {
            if !name.starts_with('_') {
                sink.value(Kind::Declare, &format!("{prefix}{name}"), Scope::Inert, How::Resolved, offset);
            }
        };
        match stmt {
            Stmt::FunctionDef(def) => note(def.name.as_str()),
            Stmt::ClassDef(def) => {
                note(def.name.as_str());
                block(&def.body, &format!("{prefix}{}.", def.name.as_str()), sink);
            }
            // Of variables, a module's own: what objects hold is no interface to the world.
            Stmt::AnnAssign(assign) if prefix == "." => {
                if let Expr::Name(name) = &*assign.target {
                    note(&name.id);
                }
            }
            Stmt::ImportFrom(import) => passed_on(import, sink),
            Stmt::If(s) => {
                block(&s.body, prefix, sink);
                s.elif_else_clauses.iter().for_each(|clause| block(&clause.body, prefix, sink));
            }
            Stmt::Try(s) => [&s.body, &s.orelse, &s.finalbody].into_iter().for_each(|part| block(part, prefix, sink)),
            _ => {}
        }
    }
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
