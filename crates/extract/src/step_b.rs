//! Step B: the whole artifact. Decides roles and phases, links Python, and says what the artifact carries and declares.

use census_model::{Fact, Gap, How, Kind, Phase, Role, Term};

use crate::format::{Family, mismatch};
use crate::python::link::{File, Linked, link};
use crate::role::{Roles, inside};
use crate::{Extract, Format, Member, Packaging, Scope, carried, declared};

/// Step B: everything an artifact shows, by what step A saw in each of its members.
///
/// `project` is the normalized name of the project; `members` are in the order of their numbers.
pub fn artifact(packaging: Packaging, project: &str, members: &[Member<'_>]) -> Extract {
    let places = Roles::new(packaging, members);
    let roles: Vec<Role> = members.iter().map(|member| places.of(member.path, member.format)).collect();
    let hooks = declared::hooks(packaging, members);
    let mut facts = python(packaging, members, &roles, &hooks);
    for (member, &role) in members.iter().zip(&roles) {
        if !is_module(member) {
            others(member, role, &mut facts);
        }
        form(member, role, &mut facts);
    }
    declared::layout(packaging, members, &roles, &mut facts);
    declared::record(packaging, project, members, &roles, &mut facts);
    let declared = declared::declared(packaging, project, members);
    let components = carried::components(packaging, project, members, &roles);
    let gaps = gaps(members);
    Extract { facts: merge(facts), metadata: declared.metadata, dependencies: declared.dependencies, components, gaps, roles }
}

/// Whether a member is a Python module in any form, a stub, or code that the site module runs: these are linked together.
fn is_module(member: &Member<'_>) -> bool {
    match member.format {
        Format::Python | Format::Stub | Format::Cython => true,
        Format::Pyc | Format::Pth => member.seen.module.is_some(),
        _ => false,
    }
}

fn python(packaging: Packaging, members: &[Member<'_>], roles: &[Role], hooks: &[String]) -> Vec<Fact> {
    let modules = members.iter().zip(roles).filter(|(member, _)| is_module(member));
    let files: Vec<File<'_>> = modules
        .map(|(member, &role)| {
            let install = hooks.iter().any(|hook| hook == member.path);
            let start = starts(packaging, member);
            File { member: member.number, path: member.path, role, seen: member.seen, install, start }
        })
        .collect();
    let role_of: std::collections::HashMap<i32, Role> = files.iter().map(|file| (file.member, file.role)).collect();
    let mut facts = Vec::new();
    for Linked { member, term, phase, how, count, line } in link(&files, packaging) {
        let role = role_of.get(&member).copied().unwrap_or(Role::Runtime);
        if phase == Phase::Install && is_command_class(&term) {
            let term = Term::new(Kind::Meta, "install-hook:cmdclass");
            facts.push(Fact { member, term, phase, role, how, count, line });
        }
        facts.push(Fact { member, term, phase, role, how, count, line });
    }
    facts
}

/// Whether the site module runs a member at every start of the interpreter.
fn starts(packaging: Packaging, member: &Member<'_>) -> bool {
    let name = member.path.rsplit('/').next().unwrap_or(member.path);
    let customizes = matches!(name, "sitecustomize.py" | "usercustomize.py" | "sitecustomize.pyc" | "usercustomize.pyc");
    match member.format {
        Format::Pth => is_run(packaging, member.path),
        _ => customizes && is_at_root(packaging, member.path),
    }
}

/// Whether a module of this path is installed at the root of where packages lie.
fn is_at_root(packaging: Packaging, path: &str) -> bool {
    let path = inside(path, packaging);
    let path = path.split_once(".data/purelib/").or_else(|| path.split_once(".data/platlib/")).map_or(path, |(_, rest)| rest);
    let path = if packaging == Packaging::Sdist { path.strip_prefix("src/").unwrap_or(path) } else { path };
    !path.contains('/')
}

/// Whether an argument hands the build its own commands.
fn is_command_class(term: &Term) -> bool {
    term.kind == Kind::Arg
        && (term.value.starts_with("setuptools.setup:cmdclass") || term.value.starts_with("distutils.core.setup:cmdclass"))
}

/// The facts of a member that is no Python module.
fn others(member: &Member<'_>, role: Role, facts: &mut Vec<Fact>) {
    for sighting in &member.seen.sightings {
        let phase = phase(member, role, sighting.scope);
        let crate::Sighting { how, count, line, .. } = *sighting;
        facts.push(Fact { member: member.number, term: sighting.term.clone(), phase, role, how, count, line });
    }
}

fn phase(member: &Member<'_>, role: Role, scope: Scope) -> Phase {
    match scope {
        Scope::Inert => Phase::Never,
        _ if role == Role::Stub => Phase::Never,
        Scope::Native => Phase::Native,
        Scope::Script => Phase::Script,
        Scope::Module | Scope::Function | Scope::Build => match member.format {
            Format::Pth => Phase::Never,
            Format::Mako | Format::Jinja => Phase::Call,
            _ if member.format.family() == Family::Packaging => Phase::Install,
            _ => Phase::Script,
        },
    }
}

/// Whether a `.pth` will lie where the site module looks: at the root of what is installed, or anywhere in a source distribution,
/// whose build may put it there.
fn is_run(packaging: Packaging, path: &str) -> bool {
    packaging == Packaging::Sdist || !path.contains('/') || path.contains(".data/purelib/") || path.contains(".data/platlib/")
}

/// What the form of a member says: code and packed things by their format, and names that lie.
fn form(member: &Member<'_>, role: Role, facts: &mut Vec<Fact>) {
    let phase = match member.format.family() {
        Family::Native => Some(Phase::Native),
        Family::Script => Some(Phase::Script),
        Family::Code | Family::Archive | Family::Document => Some(Phase::Never),
        _ if matches!(member.format, Format::Pickle | Format::Notebook | Format::Pth) => Some(Phase::Never),
        _ => None,
    };
    let mut add = |value: String, phase| {
        facts.push(Fact {
            member: member.number,
            term: Term::new(Kind::Format, value),
            phase,
            role,
            how: How::Resolved,
            count: 1,
            line: 0,
        });
    };
    if let Some(phase) = phase {
        add(member.format.name().to_owned(), phase);
    }
    if let Some(claim) = mismatch(member.path, member.format) {
        add(format!("{}≠{}", claim.name(), member.format.name()), phase.unwrap_or(Phase::Never));
    }
}

/// One fact per (member, term, phase, role, how), sorted.
fn merge(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.sort();
    facts.dedup_by(|next, kept| {
        let key = |fact: &Fact| (fact.member, fact.phase, fact.role, fact.how);
        let same = key(next) == key(kept) && next.term == kept.term;
        if same {
            kept.count = kept.count.saturating_add(next.count);
            kept.line = kept.line.min(next.line);
        }
        same
    });
    facts
}

fn gaps(members: &[Member<'_>]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for member in members {
        for &(what, bytes) in &member.seen.gaps {
            gaps.push(Gap { member: Some(member.number), path: member.path.to_owned(), what, bytes });
        }
    }
    gaps.sort();
    gaps
}
