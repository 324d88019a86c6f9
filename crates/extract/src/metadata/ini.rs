//! Files of the packaging that are sections and lines: `entry_points.txt`, `setup.cfg`, `requires.txt` and requirement files.

use super::{Dependency, Fields, requirement};

/// Walks sections, keys and the continued lines below a key: `(section, key, value, line)`, once per line with a value.
fn walk(text: &str, mut each: impl FnMut(&str, &str, &str, i32)) {
    let (mut section, mut key) = (String::new(), String::new());
    for (line, number) in text.lines().zip(1..) {
        let body = line.trim();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = body.strip_prefix('[').and_then(|b| b.strip_suffix(']')) {
            section.clear();
            section.push_str(name.trim());
            key.clear();
        } else if line.starts_with([' ', '\t']) && !key.is_empty() {
            each(&section, &key, body, number);
        } else {
            let (name, value) = body.split_once(['=', ':']).unwrap_or((body, ""));
            key.clear();
            key.push_str(name.trim());
            each(&section, &key, value.trim(), number);
        }
    }
}

/// `entry_points.txt`: `entry-point:<group>:<name>`.
pub(super) fn entry_points(text: &str, meta: &mut impl FnMut(String, i32)) {
    walk(text, |group, name, _, line| meta(format!("entry-point:{group}:{name}"), line));
}

/// `setup.cfg`: command classes, which run when the package is built, and entry points.
pub(super) fn setup_cfg(text: &str, meta: &mut impl FnMut(String, i32)) {
    walk(text, |section, key, value, line| match (section, key) {
        ("options" | "global", "cmdclass" | "command_packages") if !value.is_empty() => meta(format!("install-hook:{key}"), line),
        ("options.entry_points", group) => {
            if let Some((name, _)) = value.split_once('=') {
                meta(format!("entry-point:{group}:{}", name.trim()), line);
            }
        }
        _ => {}
    });
}

/// `requires.txt` of an egg (sections are `[extra:marker]`), or a requirements file.
pub(super) fn requirements(text: &str) -> Fields {
    let mut dependencies = Vec::new();
    let mut section = Dependency::default();
    for line in text.lines().map(|line| line.split(" #").next().unwrap_or(line).trim()) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let (extra, marker) = name.split_once(':').unwrap_or((name, ""));
            section.extra = (!extra.is_empty()).then(|| census_model::name::normalize(extra));
            section.marker = (!marker.is_empty()).then(|| marker.to_owned());
        } else if let Some(found) = requirement(line) {
            let extra = found.extra.or_else(|| section.extra.clone());
            let marker = found.marker.or_else(|| section.marker.clone());
            dependencies.push(Dependency { extra, marker, ..found });
        }
    }
    Fields { dependencies, ..Fields::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(read: impl FnOnce(&mut dyn FnMut(String, i32))) -> Vec<(String, i32)> {
        let mut seen = Vec::new();
        read(&mut |value, line| seen.push((value, line)));
        seen
    }

    #[test]
    fn entry_points_are_named_with_their_group() {
        let seen = collect(|mut meta| entry_points("[console_scripts]\nrun = a.b:main\n\n[pytest11]\nx=a\n", &mut meta));
        assert_eq!(seen, [("entry-point:console_scripts:run".to_owned(), 2), ("entry-point:pytest11:x".to_owned(), 5)]);
    }

    #[test]
    fn setup_cfg_shows_hooks_and_entry_points() {
        let text =
            "[metadata]\nname = a\n[options]\ncmdclass =\n    install = a.b.C\n[options.entry_points]\nconsole_scripts =\n    run = a:b\n";
        let seen = collect(|mut meta| setup_cfg(text, &mut meta));
        assert_eq!(seen, [("install-hook:cmdclass".to_owned(), 5), ("entry-point:console_scripts:run".to_owned(), 8)]);
    }

    #[test]
    fn sections_of_an_eggs_requirements_are_extras_and_markers() {
        let found = requirements("a>=1\n# no\n\n[Dev:os_name == 'nt']\nb # why\n-e .\n").dependencies;
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].requires.as_str(), found[0].extra.as_deref()), ("a", None));
        let b = (found[1].requires.as_str(), found[1].extra.as_deref(), found[1].marker.as_deref());
        assert_eq!(b, ("b", Some("dev"), Some("os_name == 'nt'")));
    }
}
