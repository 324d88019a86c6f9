//! Step B for Python: imports and re-exports followed between the modules of one artifact.

use census_model::{How, Kind, Phase, Role, Term};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::tables::STANDARD;
use crate::hash::{HashMap, HashSet};
use crate::{Packaging, Scope, Seen, Sighting};

/// How many re-exports are followed from one name.
const HOPS: usize = 16;

/// How many names are met on the way from one: modules that star-import each other may lengthen a name at every hop.
const MET: usize = 128;

/// How many names one re-export may stand for.
const ALTERNATIVES: usize = 8;

/// A Python member of the artifact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    /// Its number in the artifact.
    pub(crate) member: i32,
    /// Its path in the artifact.
    pub(crate) path: &'a str,
    /// What it is for.
    pub(crate) role: Role,
    /// What step A saw.
    pub(crate) seen: &'a Seen,
    /// Whether it is `setup.py` or a build hook: run when the artifact is built or installed.
    pub(crate) install: bool,
    /// Whether the site module runs it at every start of the interpreter.
    pub(crate) start: bool,
}

/// A fact of a Python member, linked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Linked {
    /// The member's number.
    pub(crate) member: i32,
    /// What was seen, by the name it has outside the artifact.
    pub(crate) term: Term,
    /// When it would run.
    pub(crate) phase: Phase,
    /// How sure.
    pub(crate) how: How,
    /// How many times.
    pub(crate) count: i32,
    /// The first line.
    pub(crate) line: i32,
}

/// The facts of all Python members, stubs among them, sorted and merged: one per (member, term, phase, how).
pub(crate) fn link(files: &[File<'_>], packaging: Packaging) -> Vec<Linked> {
    let world = World::new(files, packaging);
    let installed = world.run_by(|file| file.install, true);
    let started = world.run_by(|file| file.start, false);
    let mut linked = Vec::new();
    for (at, file) in files.iter().enumerate() {
        for sighting in &file.seen.sightings {
            let phase = phase(file, sighting.scope, installed.contains(&at), started.contains(&at));
            let Sighting { how, count, line, .. } = *sighting;
            world.outside(at, &sighting.term, &mut |term| linked.push(Linked { member: file.member, term, phase, how, count, line }));
        }
    }
    merge(linked)
}

fn merge(mut linked: Vec<Linked>) -> Vec<Linked> {
    linked.sort();
    linked.dedup_by(|next, kept| {
        let same = (next.member, &next.term, next.phase, next.how) == (kept.member, &kept.term, kept.phase, kept.how);
        if same {
            kept.count = kept.count.saturating_add(next.count);
            kept.line = kept.line.min(next.line);
        }
        same
    });
    linked
}

fn phase(file: &File<'_>, scope: Scope, installed: bool, started: bool) -> Phase {
    match scope {
        Scope::Inert => Phase::Never,
        _ if file.role == Role::Stub => Phase::Never,
        Scope::Native => Phase::Native,
        // The lines of a `.pth` are run, with all that is in them, or are not.
        _ if is_pth(file.path) && !started => Phase::Never,
        scope if started && (scope == Scope::Module || is_pth(file.path)) => Phase::Startup,
        // All of setup.py may run: its commands are called by the build tool, not by itself.
        _ if file.install => Phase::Install,
        Scope::Module | Scope::Build if installed => Phase::Install,
        Scope::Function if installed && file.role == Role::Build => Phase::Install,
        Scope::Module if file.path.contains(".data/scripts/") => Phase::Script,
        Scope::Module => Phase::Import,
        Scope::Function | Scope::Build => Phase::Call,
        Scope::Script => Phase::Script,
    }
}

/// The outside names that one stands for.
type Outside = Rc<[String]>;

/// Where a file stands among the modules.
struct Place<'a> {
    /// Its module's whole name, by which relative imports are worked out.
    name: String,
    /// Whether it is a package's `__init__`.
    init: bool,
    /// The directories from which its absolute imports may be answered: its own, and those of the archive it lies in.
    bases: Vec<&'a str>,
}

/// The modules of the artifact.
struct World<'a> {
    files: &'a [File<'a>],
    /// The file of each module, by the directory that would be on the import path, and its name below that.
    modules: HashMap<&'a str, HashMap<String, usize>>,
    /// The first parts of the names of all modules.
    firsts: HashSet<String>,
    places: Vec<Place<'a>>,
    /// What a name of a module stands for outside, once worked out.
    followed: RefCell<HashMap<(usize, String), Outside>>,
}

impl<'a> World<'a> {
    fn new(files: &'a [File<'a>], packaging: Packaging) -> Self {
        let packages: HashSet<&str> =
            files.iter().filter_map(|file| file.path.strip_suffix("__init__.py")).map(|dir| dir.trim_end_matches('/')).collect();
        let places = Vec::with_capacity(files.len());
        let mut world = Self { files, modules: HashMap::default(), firsts: HashSet::default(), places, followed: RefCell::default() };
        let mut archives: HashMap<&str, Vec<&str>> = HashMap::default();
        for (at, file) in files.iter().enumerate() {
            let (root, chain) = roots(file.path, packaging, &packages);
            let below = &file.path[root.len()..];
            let stub = file.role == Role::Stub || is_stub(file.path);
            // The lines of a `.pth` are no module that anyone imports.
            let nameless = is_pth(file.path);
            let name = if stub { stub_name(below) } else { module_name(below) };
            if !stub && !nameless {
                world.add(chain, module_name(&file.path[chain.len()..]), at);
                world.add(root, name.clone(), at);
            }
            let init = file.path.rsplit('/').next().is_some_and(|name| name.starts_with("__init__."));
            let roots = archives.entry(archive(file.path)).or_default();
            if !roots.contains(&root) {
                roots.push(root);
            }
            world.places.push(Place { name, init, bases: vec![chain, root] });
        }
        for (place, file) in world.places.iter_mut().zip(files) {
            let roots = &archives[archive(file.path)];
            let more: Vec<&str> = roots.iter().filter(|root| !place.bases.contains(root)).copied().collect();
            place.bases.extend(more);
            place.bases.dedup();
        }
        world
    }

    fn add(&mut self, base: &'a str, name: String, at: usize) {
        let first = first(&name);
        if !self.firsts.contains(first) {
            self.firsts.insert(first.to_owned());
        }
        self.modules.entry(base).or_default().entry(name).or_insert(at);
    }

    /// The files that run where these do: they, and what they import, transitively; `inner` where their functions count as well.
    fn run_by(&self, first: impl Fn(&File<'_>) -> bool, inner: bool) -> HashSet<usize> {
        let mut queue: VecDeque<usize> = (0..self.files.len()).filter(|&at| first(&self.files[at])).collect();
        let mut seen: HashSet<usize> = queue.iter().copied().collect();
        while let Some(at) = queue.pop_front() {
            let hook = inner && first(&self.files[at]);
            let imports = self.files[at].seen.module.iter().flat_map(|module| &module.imports);
            for (import, scope) in imports {
                if *scope == Scope::Module || (hook && *scope != Scope::Inert) {
                    queue.extend(self.targets(at, import).into_iter().filter(|&target| seen.insert(target)));
                }
            }
        }
        seen
    }

    /// The files that importing `import` runs: the module's own, and its parent packages'.
    fn targets(&self, at: usize, import: &str) -> Vec<usize> {
        let Some(name) = self.absolute(at, import) else { return Vec::new() };
        let dots = name.match_indices('.').map(|(dot, _)| dot);
        dots.chain([name.len()]).filter_map(|end| self.module(at, &name[..end])).collect()
    }

    /// The absolute form of a name, `None` where its dots climb out.
    fn absolute<'n>(&self, at: usize, name: &'n str) -> Option<Cow<'n, str>> {
        let rest = name.trim_start_matches('.');
        let dots = name.len() - rest.len();
        if dots == 0 {
            return Some(Cow::Borrowed(name));
        }
        let place = &self.places[at];
        let mut parts: Vec<&str> = place.name.split('.').collect();
        parts.truncate((parts.len() + usize::from(place.init)).checked_sub(dots)?);
        parts.extend(rest.split('.').filter(|part| !part.is_empty()));
        Some(Cow::Owned(parts.join(".")))
    }

    /// Gives `found` the terms that one stands for outside the artifact; none where it names something inside.
    fn outside(&self, at: usize, term: &Term, found: &mut dyn FnMut(Term)) {
        match term.kind {
            Kind::Call | Kind::Name => match self.follow(at, &term.value) {
                None => found(term.clone()),
                Some(names) => names.iter().for_each(|name| found(Term::new(term.kind, name.as_str()))),
            },
            Kind::Arg => {
                let (name, rest) = term.value.split_once(':').unwrap_or((&term.value, ""));
                match self.follow(at, name) {
                    None => found(term.clone()),
                    Some(names) => names.iter().for_each(|name| found(Term::new(term.kind, format!("{name}:{rest}")))),
                }
            }
            Kind::Import => {
                if is_standard(&term.value) || self.inside(at, &term.value).is_none() {
                    found(term.clone());
                }
            }
            Kind::Declare => {
                if let Some(value) = self.declared(at, &term.value) {
                    found(Term::new(term.kind, value));
                }
            }
            _ => found(term.clone()),
        }
    }

    /// What a stub declares: a leading dot stands for the stub's own module. A package's stubs of itself say nothing of the world, and
    /// what lies in a private module is nobody's interface.
    fn declared(&self, at: usize, value: &str) -> Option<String> {
        let name = match value.strip_prefix('.') {
            Some(own) if !own.starts_with('.') => format!("{}.{own}", self.places[at].name),
            _ => self.absolute(at, value)?.into_owned(),
        };
        let public = !name.starts_with(['.', '_']) && !name.contains("._");
        (public && (is_standard(&name) || self.inside(at, &name).is_none())).then_some(name)
    }

    /// The file of a module, as an import in file `at` finds it.
    fn module(&self, at: usize, name: &str) -> Option<usize> {
        self.places[at].bases.iter().find_map(|base| self.modules.get(base)?.get(name).copied())
    }

    /// Whether a name lies inside the artifact: the module it begins with, and what follows that.
    fn inside<'n>(&self, at: usize, name: &'n str) -> Option<(usize, &'n str)> {
        if !self.firsts.contains(first(name)) {
            return None;
        }
        let mut end = name.len();
        loop {
            if let Some(module) = self.module(at, &name[..end]) {
                return Some((module, name[end..].trim_start_matches('.')));
            }
            end = name[..end].rfind('.')?;
        }
    }

    /// The outside names that `name`, written in file `at`, stands for; `None` where it is one itself.
    fn follow(&self, at: usize, name: &str) -> Option<Outside> {
        let relative = name.starts_with('.');
        if !relative && is_standard(name) {
            return None;
        }
        let whole = self.absolute(at, name).unwrap_or_default();
        let Some((module, rest)) = self.inside(at, &whole) else {
            // What is relative and not found is inside all the same: built, or made at run time.
            return relative.then(|| Rc::from([]));
        };
        let key = (module, rest.to_owned());
        if let Some(known) = self.followed.borrow().get(&key) {
            return Some(known.clone());
        }
        let found: Outside = self.search(module, rest).into();
        self.followed.borrow_mut().insert(key, found.clone());
        Some(found)
    }

    /// The outside names that `rest`, a name of a module, stands for.
    fn search(&self, module: usize, rest: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut met = HashSet::from_iter([(module, rest.to_owned())]);
        let mut queue = VecDeque::from([(module, rest.to_owned(), 0)]);
        while let Some((at, rest, hops)) = queue.pop_front() {
            if rest.is_empty() || hops == HOPS {
                continue;
            }
            for name in self.exported(at, &rest) {
                let relative = name.starts_with('.');
                let Some(whole) = self.absolute(at, &name) else { continue };
                match self.inside(at, &whole) {
                    _ if !relative && is_standard(&whole) => add(&mut found, whole.into_owned()),
                    Some((module, rest)) if met.len() < MET => {
                        let key = (module, rest.to_owned());
                        if !met.contains(&key) {
                            met.insert(key.clone());
                            queue.push_back((key.0, key.1, hops + 1));
                        }
                    }
                    None if !relative => add(&mut found, whole.into_owned()),
                    _ => {}
                }
                if found.len() == ALTERNATIVES {
                    return found;
                }
            }
        }
        found
    }

    /// What `rest` of a module's name is bound to there; nothing where the module defines it or nobody knows.
    fn exported(&self, at: usize, rest: &str) -> Vec<String> {
        let Some(module) = &self.files[at].seen.module else { return Vec::new() };
        let (first, more) = rest.split_once('.').unwrap_or((rest, ""));
        let start = module.bindings.partition_point(|(name, _)| name.as_str() < first);
        let bound: Vec<String> =
            module.bindings[start..].iter().take_while(|(name, _)| name == first).map(|(_, target)| dot(target, more)).collect();
        if !bound.is_empty() || module.defines.binary_search_by(|name| name.as_str().cmp(first)).is_ok() {
            return bound;
        }
        let only = module.stars.len() == 1;
        let may_give = |star: &&String| star.starts_with('.') || self.inside(at, star).is_some() || only;
        module.stars.iter().filter(may_give).map(|star| dot(star, rest)).collect()
    }
}

/// Adds a name that is not there yet.
fn add(names: &mut Vec<String>, name: String) {
    if !names.contains(&name) {
        names.push(name);
    }
}

/// The first part of a dotted name.
fn first(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn dot(name: &str, more: &str) -> String {
    match (name.ends_with('.'), more.is_empty()) {
        (_, true) => name.to_owned(),
        (true, false) => format!("{name}{more}"),
        (false, false) => format!("{name}.{more}"),
    }
}

fn is_pth(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension == "pth")
}

fn is_stub(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension == "pyi")
}

/// Whether a name begins with a module of the standard library.
fn is_standard(name: &str) -> bool {
    STANDARD.binary_search(&first(name)).is_ok()
}

/// The archive that a path lies in, where archives nest: the path's beginning.
fn archive(path: &str) -> &str {
    &path[..path.rfind("!/").map_or(0, |at| at + 2)]
}

/// The directories, as prefixes of a path, that may be on the import path for it: the artifact's own, and the one above the
/// topmost of the packages that hold it.
fn roots<'p>(path: &'p str, packaging: Packaging, packages: &HashSet<&str>) -> (&'p str, &'p str) {
    let mut root = archive(path).len();
    if packaging == Packaging::Sdist && root == 0 {
        root = path.find('/').map_or(0, |at| at + 1);
    }
    for marker in [".data/purelib/", ".data/platlib/"] {
        if let Some(at) = path[root..].find(marker) {
            root += at + marker.len();
        }
    }
    if packaging == Packaging::Sdist {
        let source = ["src/", "lib/", "python/"]
            .iter()
            .find(|dir| path[root..].starts_with(**dir) && !packages.contains(&path[..root + dir.len() - 1]));
        root += source.map_or(0, |dir| dir.len());
    }
    let mut chain = path.rfind('/').map_or(0, |at| at + 1);
    while chain > root && packages.contains(&path[..chain - 1]) {
        chain = path[..chain - 1].rfind('/').map_or(0, |at| at + 1);
    }
    (&path[..root], &path[..chain.max(root)])
}

/// `a/b/__init__.py` as `a.b`.
fn module_name(path: &str) -> String {
    // `__pycache__/b.cpython-312.pyc` is compiled from `b.py` beside that directory.
    if let Some((dir, file)) = path.strip_suffix(".pyc").and_then(|path| path.rsplit_once("__pycache__/")) {
        return module_name(&format!("{dir}{}.py", file.split('.').next().unwrap_or(file)));
    }
    let path = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let path = path.strip_suffix("__init__").map_or(path, |dir| dir.trim_end_matches('/'));
    path.replace('/', ".")
}

/// The module that a stub describes, by its place in typeshed's layout or in a stub-only package.
fn stub_name(path: &str) -> String {
    for marker in ["typeshed/stdlib/", "typeshed/stubs/", "stubs/"] {
        if let Some(at) = path.find(marker).filter(|&at| at == 0 || path.as_bytes()[at - 1] == b'/') {
            let rest = &path[at + marker.len()..];
            let rest = if marker.ends_with("stdlib/") { rest } else { rest.split_once('/').map_or(rest, |(_, below)| below) };
            return module_name(rest);
        }
    }
    let name = module_name(path);
    let (root, more) = name.split_once('.').unwrap_or((&name, ""));
    dot(root.strip_suffix("-stubs").unwrap_or(root), more)
}
