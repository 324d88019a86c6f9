//! `pyproject.toml`: who builds the project, what the build runs of the project's own, and which commands are installed.

use toml::{Table, Value};

use super::{Fields, requirement};

/// Code of the project's own that a back end runs while building: the table, the key, the back end, and the file where none is named.
const HOOKS: &[(&[&str], &str, &str, &str)] = &[
    (&["tool", "hatch", "build", "hooks", "custom"], "path", "hatch", "hatch_build.py"),
    (&["tool", "hatch", "build", "targets", "wheel", "hooks", "custom"], "path", "hatch", "hatch_build.py"),
    (&["tool", "hatch", "build", "targets", "sdist", "hooks", "custom"], "path", "hatch", "hatch_build.py"),
    (&["tool", "hatch", "metadata", "hooks", "custom"], "path", "hatch", "hatch_build.py"),
    (&["tool", "pdm", "build"], "custom-hook", "pdm", ""),
    (&["tool", "poetry", "build"], "script", "poetry", ""),
    (&["tool", "poetry"], "build", "poetry", ""),
];

/// The build back end, as a field and as facts, with what it requires; none where the file does not parse.
pub(super) fn read(text: &str, meta: &mut impl FnMut(String, i32)) -> Option<Fields> {
    let whole: Table = toml::from_str(text).ok()?;
    let system = |key: &str| at(&whole, &["build-system"]).and_then(|system| system.get(key));
    for required in strings(system("requires")).filter_map(requirement) {
        meta(format!("build-requires:{}", required.requires), 0);
    }
    for path in strings(system("backend-path")) {
        meta(format!("build-backend-path:{path}"), 0);
    }
    let mut fields = Fields::default();
    if let Some(backend) = system("build-backend").and_then(Value::as_str) {
        meta(format!("build-backend:{backend}"), 0);
        fields.metadata.build_backend = Some(backend.to_owned());
    }
    hooks(&whole, meta);
    scripts(&whole, meta);
    for name in strings(at(&whole, &["project"]).and_then(|project| project.get("dynamic"))) {
        meta(format!("dynamic:{name}"), 0);
    }
    Some(fields)
}

fn hooks(whole: &Table, meta: &mut impl FnMut(String, i32)) {
    for &(path, key, backend, default) in HOOKS {
        let Some(table) = at(whole, path) else { continue };
        let file = match table.get(key) {
            Some(Value::String(file)) => file.as_str(),
            None if !default.is_empty() => default,
            _ => continue,
        };
        meta(format!("install-hook:{backend}"), 0);
        meta(format!("build-hook-path:{file}"), 0);
    }
    if at(whole, &["tool", "setuptools"]).is_some_and(|table| table.contains_key("cmdclass")) {
        meta("install-hook:cmdclass".to_owned(), 0);
    }
}

fn scripts(whole: &Table, meta: &mut impl FnMut(String, i32)) {
    let tables: &[(&[&str], &str)] = &[
        (&["project", "scripts"], "console_scripts"),
        (&["project", "gui-scripts"], "gui_scripts"),
        (&["tool", "poetry", "scripts"], "console_scripts"),
    ];
    for (path, group) in tables {
        for name in at(whole, path).into_iter().flat_map(Table::keys) {
            meta(format!("entry-point:{group}:{name}"), 0);
        }
    }
    for (group, points) in at(whole, &["project", "entry-points"]).into_iter().flatten() {
        for name in points.as_table().into_iter().flat_map(Table::keys) {
            meta(format!("entry-point:{group}:{name}"), 0);
        }
    }
}

fn at<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Table> {
    path.iter().try_fold(table, |table, key| table.get(*key)?.as_table())
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        read(text, &mut |value, _| seen.push(value));
        seen
    }

    #[test]
    fn the_build_system_is_read() {
        let text = "[build-system]\nrequires = ['Flit_core>=3']\nbuild-backend = 'backend'\nbackend-path = ['.']\n[tool.x]\ny = 1\n";
        let fields = read(text, &mut |_, _| ()).expect("it parses");
        assert_eq!(fields.metadata.build_backend.as_deref(), Some("backend"));
        assert_eq!(facts(text), ["build-requires:flit-core", "build-backend-path:.", "build-backend:backend"]);
        assert_eq!(read("[", &mut |_, _| ()), None);
    }

    #[test]
    fn hooks_and_scripts_are_facts() {
        for (text, expected) in [
            ("[tool.hatch.build.hooks.custom]\n", &["install-hook:hatch", "build-hook-path:hatch_build.py"] as &[_]),
            ("[tool.poetry.build]\nscript = 'b/build.py'\n", &["install-hook:poetry", "build-hook-path:b/build.py"]),
            ("[tool.setuptools.cmdclass]\nx = 'a.B'\n", &["install-hook:cmdclass"]),
            (
                "[project]\ndynamic = ['version']\n[project.scripts]\nrun = 'a:b'\n[project.entry-points.pytest11]\nx = 'a'\n",
                &["entry-point:console_scripts:run", "entry-point:pytest11:x", "dynamic:version"],
            ),
        ] {
            assert_eq!(facts(text), expected, "{text}");
        }
    }
}
