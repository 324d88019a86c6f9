//! What an artifact declares: whose metadata speaks for it, what runs at its build, what it installs where, and whether it is
//! what its RECORD says.

use std::collections::{BTreeSet, HashMap};

use census_model::{Fact, How, Kind, Phase, Role, Term, name};

use crate::metadata::Fields;
use crate::role::inside;
use crate::{Dependency, Format, Member, Metadata, Packaging};

/// What an artifact says of itself.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) metadata: Metadata,
    pub(crate) dependencies: Vec<Dependency>,
}

/// The metadata that speaks for the artifact: one file of each kind, however many there are.
pub(crate) fn declared(packaging: Packaging, project: &str, members: &[Member<'_>]) -> Declared {
    let of = |format| chosen(packaging, project, members, format).and_then(|member| member.seen.metadata.as_ref());
    let main = of(Format::Metadata).cloned().unwrap_or_default();
    let builder = if packaging == Packaging::Sdist { of(Format::Pyproject) } else { of(Format::WheelInfo) };
    let mut metadata = main.metadata;
    metadata.build_backend = builder.and_then(|fields| fields.metadata.build_backend.clone());
    let mut dependencies = main.dependencies;
    if dependencies.is_empty() {
        dependencies = requires_txt(packaging, members).map(|fields| fields.dependencies.clone()).unwrap_or_default();
    }
    dependencies.sort();
    dependencies.dedup();
    Declared { metadata, dependencies }
}

/// The member of this format nearest to the root; of several at one depth the one whose directory bears the project's name.
fn chosen<'m, 'a>(packaging: Packaging, project: &str, members: &'m [Member<'a>], format: Format) -> Option<&'m Member<'a>> {
    let candidates = members.iter().filter(|member| member.format == format && !member.path.contains("!/"));
    candidates.min_by_key(|member| {
        let path = inside(member.path, packaging);
        let own = path.split('/').next().and_then(|dir| dir.split('-').next()).is_some_and(|named| name::normalize(named) == project);
        (path.matches('/').count(), !own, member.number)
    })
}

/// The requirements of an egg, which PKG-INFO did not hold of old.
fn requires_txt<'m>(packaging: Packaging, members: &'m [Member<'_>]) -> Option<&'m Fields> {
    let listed = members.iter().filter(|member| member.format == Format::Requirements && !member.path.contains("!/"));
    let in_info = listed.filter(|member| {
        let path = inside(member.path, packaging);
        path == "EGG-INFO/requires.txt" || path.ends_with(".egg-info/requires.txt")
    });
    in_info.min_by_key(|member| (member.path.matches('/').count(), member.number)).and_then(|member| member.seen.metadata.as_ref())
}

/// Paths of the Python files that a build runs: `setup.py`, hooks that back ends know by name, and a back end of the project's own.
pub(crate) fn hooks(packaging: Packaging, members: &[Member<'_>]) -> Vec<String> {
    if packaging != Packaging::Sdist {
        return Vec::new();
    }
    let named = members.iter().filter(|m| matches!(inside(m.path, packaging), "setup.py" | "hatch_build.py" | "pdm_build.py"));
    let mut hooks: Vec<String> = named.map(|member| member.path.to_owned()).collect();
    for member in members.iter().filter(|m| inside(m.path, packaging) == "pyproject.toml") {
        let top = &member.path[..member.path.len() - "pyproject.toml".len()];
        let values = |prefix: &'static str| member.seen.sightings.iter().filter_map(move |s| s.term.value.strip_prefix(prefix));
        hooks.extend(values("build-hook-path:").map(|path| format!("{top}{}", path.trim_start_matches("./"))));
        for path in values("build-backend-path:") {
            for backend in values("build-backend:") {
                let module = backend.split(':').next().unwrap_or_default().replace('.', "/");
                let path = path.trim_start_matches("./").trim_matches('/');
                let dir = if path.is_empty() || path == "." { String::new() } else { format!("{path}/") };
                hooks.extend([format!("{top}{dir}{module}.py"), format!("{top}{dir}{module}/__init__.py")]);
            }
        }
    }
    hooks
}

fn meta(member: &Member<'_>, role: Role, value: String, phase: Phase) -> Fact {
    Fact { member: member.number, term: Term::new(Kind::Meta, value), phase, role, how: How::Resolved, count: 1, line: 0 }
}

/// What a wheel or egg puts where: its top-level modules, scripts and data files.
pub(crate) fn layout(packaging: Packaging, members: &[Member<'_>], roles: &[Role], facts: &mut Vec<Fact>) {
    if packaging == Packaging::Sdist {
        return;
    }
    let mut known = BTreeSet::new();
    for (member, &role) in members.iter().zip(roles) {
        let value = placed(member);
        if let Some((value, phase)) = value
            && known.insert(value.clone())
        {
            facts.push(meta(member, role, value, phase));
        }
    }
}

fn placed(member: &Member<'_>) -> Option<(String, Phase)> {
    let (first, rest) = member.path.split_once('/').unwrap_or(("", member.path));
    if first.strip_suffix(".data").is_some() {
        let (scheme, file) = rest.split_once('/')?;
        return match scheme {
            "scripts" => Some((format!("entry-point:scripts:{file}"), Phase::Script)),
            "data" => Some((format!("data-files:{}", file.split('/').next().unwrap_or(file)), Phase::Never)),
            _ => None,
        };
    }
    let is_code = member.format == Format::Python || member.format.is_native();
    let own = if first.is_empty() { rest.split('.').next()? } else { first };
    let is_name = own.chars().all(|c| c.is_alphanumeric() || c == '_') && !own.is_empty() && own != "EGG-INFO";
    (is_code && is_name).then(|| (format!("top-level:{own}"), Phase::Import))
}

/// Whether a wheel's members are those that its RECORD lists.
pub(crate) fn record(packaging: Packaging, project: &str, members: &[Member<'_>], roles: &[Role], facts: &mut Vec<Fact>) {
    if packaging != Packaging::Wheel {
        return;
    }
    let Some(record) = chosen(packaging, project, members, Format::Record) else { return };
    let Some(fields) = &record.seen.metadata else { return };
    let (mut listed, mut twice) = (HashMap::with_capacity(fields.record.len()), Vec::new());
    for line in &fields.record {
        if listed.insert(line.path.as_str(), line).is_some() {
            twice.push(line.path.as_str());
        }
    }
    for (member, &role) in members.iter().zip(roles).filter(|(member, _)| !member.path.contains("!/")) {
        let own = member.path.strip_prefix(record.path).is_some_and(|rest| matches!(rest, "" | ".jws" | ".p7s"));
        let mut add = |what: &str| facts.push(meta(member, role, format!("record:{what}"), Phase::Never));
        match listed.remove(member.path) {
            Some(line) => {
                if disagrees(&line.digest, &member.sha256) {
                    add("mismatch");
                }
                if line.size.is_some_and(|size| size != member.size) {
                    add("size");
                }
                if line.digest.is_empty() && !own {
                    add("unsigned");
                } else if line.digest.starts_with("md5=") || line.digest.starts_with("sha1=") {
                    add("weak");
                }
            }
            None if !own => add("unlisted"),
            None => {}
        }
    }
    // What is not there has no member: it is told by its path.
    let mut missing: Vec<&str> = listed.into_keys().collect();
    missing.sort_unstable();
    let add = |what: &str, path: &str| meta(record, Role::Build, format!("record:{what}:{path}"), Phase::Never);
    facts.extend(missing.into_iter().take(MISSING).map(|path| add("missing", path)));
    facts.extend(twice.into_iter().take(MISSING).map(|path| add("duplicate", path)));
}

/// The most paths of a RECORD that are told one by one.
const MISSING: usize = 1000;

/// Whether a digest of a RECORD is a SHA-256 other than this one. Other algorithms are not compared.
fn disagrees(digest: &str, sha256: &[u8; 32]) -> bool {
    digest.strip_prefix("sha256=").is_some_and(|listed| listed.trim_end_matches('=') != base64url(sha256))
}

/// URL-safe base64 without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for n in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * n) & 63) as usize]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_compared_as_records_write_them() {
        assert_eq!(base64url(b"Ma\xff"), "TWH_");
        assert_eq!(base64url(b"M"), "TQ");
        let empty = census_model::id::sha256(b"");
        assert!(!disagrees("sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", &empty));
        assert!(disagrees("sha256=AAAA", &empty) && !disagrees("md5=x", &empty) && !disagrees("", &empty));
    }
}
