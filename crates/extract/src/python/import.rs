//! Import statements: what they bind, and what linking must know of them.

use census_model::{How, Kind};
use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::names::Node;
use super::value::Value;
use super::walk::Walker;

impl<'a> Walker<'a, '_> {
    pub(super) fn import(&mut self, s: &'a ast::StmtImport) {
        for alias in &s.names {
            let module = alias.name.as_str();
            let node = self.core.names.dotted(module);
            self.imported(node, module, How::Resolved, alias.start().to_u32());
            if let Some(name) = &alias.asname {
                self.bind(name.as_str(), Value::Name(node, How::Resolved).into());
            } else {
                let first = module.split('.').next().unwrap_or(module);
                let node = self.core.names.dotted(first);
                self.bind(first, Value::Name(node, How::Resolved).into());
            }
        }
    }

    /// Notes that a module is imported.
    pub(super) fn imported(&mut self, node: Node, module: &str, how: How, offset: u32) {
        if self.core.sink.muted {
            return;
        }
        self.imports.push((module.to_owned(), self.scope));
        if !module.starts_with('.') {
            self.core.sink.name(Kind::Import, node, self.scope, how, offset);
        }
    }

    pub(super) fn import_from(&mut self, s: &'a ast::StmtImportFrom) {
        let module = s.module.as_ref().map_or("", ast::Identifier::as_str);
        if module == "__future__" {
            return;
        }
        let dotted = format!("{}{module}", ".".repeat(s.level as usize));
        let node = self.core.names.dotted(&dotted);
        self.imported(node, &dotted, How::Resolved, s.start().to_u32());
        for alias in &s.names {
            if alias.name.as_str() == "*" {
                if !self.stars.contains(&node) {
                    self.stars.push(node);
                }
                continue;
            }
            let target = self.core.names.child(node, alias.name.as_str());
            if !self.core.sink.muted {
                self.imports.push((self.core.names.text(target).to_owned(), self.scope));
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            self.bind(name.as_str(), Value::Name(target, How::Resolved).into());
        }
    }
}
