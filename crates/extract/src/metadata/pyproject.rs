//! `pyproject.toml`: who builds the project.

use serde::Deserialize;

use super::{Fields, requirement};

#[derive(Deserialize)]
struct Pyproject {
    #[serde(rename = "build-system")]
    build_system: Option<BuildSystem>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct BuildSystem {
    build_backend: Option<String>,
    backend_path: Vec<String>,
    requires: Vec<String>,
}

/// The build back end, as a field and as facts, with what it requires; none where the file does not parse.
pub(super) fn read(text: &str, meta: &mut impl FnMut(String, i32)) -> Option<Fields> {
    let system = toml::from_str::<Pyproject>(text).ok()?.build_system.unwrap_or_default();
    for required in system.requires.iter().filter_map(|line| requirement(line)) {
        meta(format!("build-requires:{}", required.requires), 0);
    }
    for path in &system.backend_path {
        meta(format!("build-backend-path:{path}"), 0);
    }
    let mut fields = Fields::default();
    if let Some(backend) = system.build_backend {
        meta(format!("build-backend:{backend}"), 0);
        fields.metadata.build_backend = Some(backend);
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_system_is_read() {
        let mut seen = Vec::new();
        let text = "[build-system]\nrequires = ['Flit_core>=3']\nbuild-backend = 'backend'\nbackend-path = ['.']\n[tool.x]\ny = 1\n";
        let fields = read(text, &mut |value, _| seen.push(value)).expect("it parses");
        assert_eq!(fields.metadata.build_backend.as_deref(), Some("backend"));
        assert_eq!(seen, ["build-requires:flit-core", "build-backend-path:.", "build-backend:backend"]);
        assert_eq!(read("[", &mut |_, _| ()), None);
    }
}
