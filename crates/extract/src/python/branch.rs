//! Statements that branch: each branch is walked from the same state, and what they bind is joined behind them.

use ruff_python_ast::{self as ast, ExceptHandler, Expr, Pattern, Stmt};

use super::value::Val;
use super::walk::{Walker, element};
use crate::Scope;

impl<'a> Walker<'a, '_> {
    pub(super) fn arms(&mut self, arms: &[&'a [Stmt]], whole: bool) {
        let mut fork = self.fork();
        for arm in arms {
            self.body(arm);
            self.arm(&mut fork);
        }
        self.join(fork, whole);
    }

    pub(super) fn if_chain(&mut self, s: &'a ast::StmtIf) {
        let before = self.scope;
        self.eval(&s.test);
        let mut fork = self.fork();
        self.scope = scope_of_test(&s.test, before);
        self.body(&s.body);
        self.scope = before;
        self.arm(&mut fork);
        let mut whole = false;
        for clause in &s.elif_else_clauses {
            whole |= clause.test.is_none();
            self.eval_all(clause.test.as_ref());
            self.body(&clause.body);
            self.arm(&mut fork);
        }
        self.join(fork, whole);
    }

    pub(super) fn try_arms(&mut self, s: &'a ast::StmtTry) {
        let mut fork = self.fork();
        self.body(&s.body);
        self.body(&s.orelse);
        self.arm(&mut fork);
        for ExceptHandler::ExceptHandler(handler) in &s.handlers {
            self.eval_all(handler.type_.as_deref());
            if let Some(name) = &handler.name {
                self.bind(name.as_str(), Val::default());
            }
            self.body(&handler.body);
            self.arm(&mut fork);
        }
        self.join(fork, true);
        self.body(&s.finalbody);
    }

    pub(super) fn for_loop(&mut self, s: &'a ast::StmtFor) {
        let iter = self.eval(&s.iter);
        if self.unroll(s, &iter) {
            return;
        }
        let mut fork = self.fork();
        self.assign(&s.target, element(&iter));
        self.body(&s.body);
        self.arm(&mut fork);
        self.join(fork, false);
        self.body(&s.orelse);
    }

    pub(super) fn with(&mut self, s: &'a ast::StmtWith) {
        for item in &s.items {
            let val = self.eval(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                self.assign(target, val);
            }
        }
        self.body(&s.body);
    }

    pub(super) fn match_cases(&mut self, s: &'a ast::StmtMatch) {
        let subject = self.eval(&s.subject);
        let mut fork = self.fork();
        let mut whole = false;
        for case in &s.cases {
            self.pattern(&case.pattern, &subject);
            self.eval_all(case.guard.as_deref());
            self.body(&case.body);
            self.arm(&mut fork);
            whole |= case.guard.is_none() && case.pattern.is_irrefutable();
        }
        self.join(fork, whole);
    }

    fn pattern(&mut self, pattern: &'a Pattern, subject: &Val<'a>) {
        let part = Val::unknown(subject.taint);
        match pattern {
            Pattern::MatchValue(p) => self.eval_all([&*p.value]),
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(p) => p.patterns.iter().for_each(|p| self.pattern(p, &part)),
            Pattern::MatchMapping(p) => {
                self.eval_all(&p.keys);
                p.patterns.iter().for_each(|p| self.pattern(p, &part));
                if let Some(rest) = &p.rest {
                    self.bind(rest.as_str(), part);
                }
            }
            Pattern::MatchClass(p) => {
                self.eval(&p.cls);
                p.arguments.patterns.iter().for_each(|p| self.pattern(p, &part));
                p.arguments.keywords.iter().for_each(|k| self.pattern(&k.pattern, &part));
            }
            Pattern::MatchStar(p) => {
                if let Some(name) = &p.name {
                    self.bind(name.as_str(), part);
                }
            }
            Pattern::MatchAs(p) => {
                if let Some(inner) = &p.pattern {
                    self.pattern(inner, subject);
                }
                if let Some(name) = &p.name {
                    self.bind(name.as_str(), subject.clone());
                }
            }
            Pattern::MatchOr(p) => p.patterns.iter().for_each(|p| self.pattern(p, subject)),
        }
    }
}

/// The scope of the code behind a test: type checking alone, or a script's own part.
fn scope_of_test(test: &Expr, scope: Scope) -> Scope {
    let is_name = |expr: &Expr, name: &str| match expr {
        Expr::Name(n) => n.id == name,
        Expr::Attribute(a) => a.attr.as_str() == name,
        _ => false,
    };
    match test {
        test if is_name(test, "TYPE_CHECKING") => Scope::Inert,
        Expr::Compare(compare) if scope == Scope::Module && is_main(compare) => Scope::Script,
        _ => scope,
    }
}

/// `__name__ == "__main__"`, either way round.
fn is_main(compare: &ast::ExprCompare) -> bool {
    let [right] = &*compare.comparators else { return false };
    let pair = |name: &Expr, text: &Expr| {
        matches!(name, Expr::Name(n) if n.id == "__name__") && matches!(text, Expr::StringLiteral(t) if t.value.to_str() == "__main__")
    };
    matches!(*compare.ops, [ast::CmpOp::Eq]) && (pair(&compare.left, right) || pair(right, &compare.left))
}
