//! What an artifact carries inside: copies of other projects, shared libraries, and what its bills of materials list.

use std::collections::BTreeMap;

use census_model::{Role, name};

use crate::native::banner;
use crate::role::{inside, is_known_copy, is_vendored_dir};
use crate::{Component, Format, Member, Packaging};

/// The components of an artifact, sorted.
pub(crate) fn components(packaging: Packaging, project: &str, members: &[Member<'_>], roles: &[Role]) -> Vec<Component> {
    let mut components = vendored(packaging, project, members);
    for (member, &role) in members.iter().zip(roles) {
        components.extend(bundled(member, role));
        let bill = member.seen.metadata.iter().flat_map(|fields| &fields.components);
        components.extend(bill.map(|(name, version)| Component {
            member: member.number,
            name: name.clone(),
            version: version.clone(),
            kind: "sbom".to_owned(),
        }));
    }
    components.sort();
    components.dedup();
    components
}

/// What a binary says it was built with, and what it is where a repair tool put it in. Where it says itself what it is, its file name
/// says nothing more: the version there is often that of the interface.
fn bundled(member: &Member<'_>, role: Role) -> Vec<Component> {
    let said = &member.seen.components;
    let mut found = said.clone();
    if role == Role::Bundled {
        let (name, version) = library(member.path);
        let own = banner::of_file(&name);
        if !said.iter().any(|(said, version)| Some(said.as_str()) == own && version.is_some()) {
            found.push((name, version));
        }
    }
    let component = |(name, version)| Component { member: member.number, name, version, kind: "bundled".to_owned() };
    found.into_iter().map(component).collect()
}

/// Copies of other projects: one of each name below a vendoring directory, with the version that a list or metadata beside it tells.
fn vendored(packaging: Packaging, project: &str, members: &[Member<'_>]) -> Vec<Component> {
    let mut found: BTreeMap<(&str, String), i32> = BTreeMap::new();
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for member in members {
        let Some((dir, rest)) = below_vendor(inside(member.path, packaging)) else { continue };
        if let Some(fields) = &member.seen.metadata {
            let pinned = fields.dependencies.iter().filter(|_| member.format == Format::Requirements);
            versions.extend(pinned.filter_map(|d| Some((d.requires.clone(), d.specifier.strip_prefix("==")?.to_owned()))));
            if let (Format::Metadata, Some(named), Some(version)) = (member.format, &fields.name, &fields.version) {
                versions.insert(name::normalize(named), version.clone());
            }
        }
        let copied = copy(rest, member.format);
        // A module that gives its version gives that of the copy, where it lies at its top.
        if let (Format::Python, Some(name), Some(version)) =
            (member.format, &copied, member.seen.metadata.as_ref().and_then(|fields| fields.version.as_ref()))
            && (rest.matches('/').count() <= 1)
        {
            given.entry(name.clone()).or_insert_with(|| version.clone());
        }
        if let Some(copy) = copied.filter(|copy| copy != project) {
            found.entry((dir, copy)).or_insert(member.number);
        }
    }
    let component = |((_, name), member): ((&str, String), i32)| Component {
        member,
        version: versions.get(&name).or_else(|| given.get(&name)).cloned(),
        name,
        kind: "vendored".to_owned(),
    };
    found.into_iter().map(component).collect()
}

/// The innermost vendoring directory of a path, and what lies below it.
fn below_vendor(path: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    let mut found = None;
    for dir in path.split('/') {
        at += dir.len() + 1;
        let copies = || is_vendored_dir(dir) || dir == "packages" && path[at..].split('/').next().is_some_and(is_known_copy);
        if at > dir.len() + 1 && at < path.len() && copies() {
            found = Some((&path[..at - 1], &path[at..]));
        }
    }
    found
}

/// The name of the copy that a path below a vendoring directory belongs to.
fn copy(rest: &str, format: Format) -> Option<String> {
    let copied = match rest.split_once('/') {
        Some((dir, _)) if dir.ends_with(".dist-info") || dir.ends_with(".egg-info") => return None,
        Some((dir, _)) if format.is_code() => dir,
        None if format == Format::Python => rest.strip_suffix(".py")?,
        _ => return None,
    };
    let copied = name::normalize(copied);
    (name::is_valid(&copied) && !matches!(copied.as_str(), "init" | "tests" | "test" | "src")).then_some(copied)
}

/// Name and version of a shared library by its file name, the hash that a repair tool put in taken off.
fn library(path: &str) -> (String, Option<String>) {
    let file = path.rsplit('/').next().unwrap_or(path);
    let (stem, tail) = [".so", ".dylib", ".dll"].iter().find_map(|ext| file.rsplit_once(ext)).unwrap_or((file, ""));
    let mut version = tail.trim_start_matches('.').to_owned();
    let mut name = stem.to_owned();
    if let Some((before, hash)) = stem.rsplit_once('-') {
        // auditwheel: `libz-8f2e1c3a`, with the rest of a version after the hash where there is one.
        let (hash, rest) = hash.split_once('.').unwrap_or((hash, ""));
        if hash.len() >= 6 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            before.clone_into(&mut name);
            if version.is_empty() {
                rest.clone_into(&mut version);
            }
        }
    }
    // macOS: `libpng16.16.dylib`.
    if version.is_empty()
        && let Some((before, numbers)) = name.clone().split_once('.')
        && numbers.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        (name, version) = (before.to_owned(), numbers.to_owned());
    }
    (name, (!version.is_empty()).then_some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_says_its_version_is_believed() {
        let bundled = |path, said: &[(&str, Option<&str>)]| {
            let components = said.iter().map(|(name, version)| ((*name).to_owned(), version.map(str::to_owned))).collect();
            let seen = crate::Seen { components, ..crate::Seen::default() };
            let member = Member { number: 0, path, format: Format::Elf, size: 1, sha256: [0; 32], seen: &seen };
            let found = super::bundled(&member, Role::Bundled);
            found.into_iter().map(|component| (component.name, component.version.unwrap_or_default())).collect::<Vec<_>>()
        };
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(bundled("a.libs/libssl-0a1b2c3d.so.3", &[("openssl", Some("3.0.8"))]), [pair("openssl", "3.0.8")]);
        assert_eq!(bundled("a.libs/libssl-0a1b2c3d.so.3", &[]), [pair("libssl", "3")]);
        assert_eq!(
            bundled("a.libs/libfreetype-0a1b2c3d.so.6.18.3", &[("freetype", None), ("zlib", Some("1.3"))]),
            [pair("freetype", ""), pair("zlib", "1.3"), pair("libfreetype", "6.18.3")]
        );
    }

    #[test]
    fn libraries_lose_their_hash() {
        for (path, name, version) in [
            ("a.libs/libz-8f2e1c3a.so.1.2.11", "libz", Some("1.2.11")),
            ("a.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so", "libopenblas64_p-r0", Some("3.23.dev")),
            ("a/.dylibs/libpng16.16.dylib", "libpng16", Some("16")),
            ("a.libs/msvcp140-263139962577ecda4cd9469ca360a746.dll", "msvcp140", None),
            ("a.libs/libstdc++-a.so.6", "libstdc++-a", Some("6")),
        ] {
            assert_eq!(library(path), (name.to_owned(), version.map(str::to_owned)), "{path}");
        }
    }

    #[test]
    fn copies_are_named_by_what_lies_below_the_vendoring_directory() {
        assert_eq!(below_vendor("pip/_vendor/urllib3/util.py"), Some(("pip/_vendor", "urllib3/util.py")));
        assert_eq!(below_vendor("requests/packages/urllib3/util.py"), Some(("requests/packages", "urllib3/util.py")));
        assert_eq!(below_vendor("npm/packages/core/a.py"), None);
        assert_eq!(below_vendor("vendor/a.py"), None);
        assert_eq!(copy("urllib3/util.py", Format::Python).as_deref(), Some("urllib3"));
        assert_eq!(copy("typing_extensions.py", Format::Python).as_deref(), Some("typing-extensions"));
        assert_eq!(copy("__init__.py", Format::Python), None);
        assert_eq!(copy("README.md", Format::Markdown), None);
    }
}
