//! Two small catalogs: every kind of pattern and of issue; the second has a rule under another name and a pattern that changed.

use std::collections::BTreeMap;

use census_catalog::{Catalog, Sources};

/// What reviewers may speak of: rules of both catalogs, and one of the second alone.
pub(crate) const RULES: [&str; 10] =
    ["a/chmod", "a/ctypes", "a/path", "a/process", "a/site", "a/any", "a/file", "a/direct", "a/homeless", "a/mode"];

const FIRST: &str = r#"
[[behavior]]
id = "a/chmod"
sentence = "Changes modes."
calls = ["os.chmod", "os.exec*"]

[[behavior]]
id = "a/ctypes"
sentence = "Calls native code."
imports = ["ctypes.*"]

[[behavior]]
id = "a/path"
sentence = "Joins paths."
names = ["os.path.*"]
exclude = ["os.path.join"]
counts = { phases = ["import", "call", "never"], roles = ["runtime", "test"], hows = ["resolved", "string"] }

[[behavior]]
id = "a/process"
sentence = "Creates a process."
calls = ["os.execv"]
symbols = ["CreateProcessW", "RegOpenKey*"]
commands = ["re:sudo|su( .*)?"]

[[behavior]]
id = "a/verify"
sentence = "Trusts anybody."
args = ["requests.get:verify=False"]
metas = ["install-*"]
counts = { roles = ["build", "data", "runtime"] }

[[behavior]]
id = "a/secret"
sentence = "Holds a secret."
patterns = ["token-forge"]
everywhere = true

[[behavior]]
id = "a/site"
sentence = "Names a site."
domains = ["paste.example"]
everywhere = true

[[behavior]]
id = "a/tld"
sentence = "Names an odd domain."
tlds = ["odd"]
exclude = ["re:https?://docs[.].*"]
everywhere = true

[[issue]]
id = "a/any"
severity = "low"
title = "Any"
problem = "Any of them."
next_steps = ["Look."]
behaviors = ["a/chmod", "a/secret"]

[[issue]]
id = "a/file"
severity = "high"
title = "In one file"
problem = "All of them."
next_steps = ["Look."]
behaviors = ["a/chmod", "a/ctypes"]
all = true
within = "file"

[[issue]]
id = "a/together"
severity = "high"
title = "In one artifact"
problem = "All of them."
next_steps = ["Look."]
behaviors = ["a/process", "a/site", "a/path"]
all = true

[[issue]]
id = "a/direct"
severity = "low"
title = "Direct"
problem = "It goes around the index."
next_steps = ["Look."]
where = "artifact_id IN (SELECT artifact_id FROM dependencies WHERE url IS NOT NULL)"

[[issue]]
id = "a/homeless"
severity = "low"
title = "Homeless"
problem = "It has no repository."
next_steps = ["Look."]
where = "repository IS NULL"
"#;

/// The first catalog, with these thresholds of labels.
pub(crate) fn first(labels: [f64; 3]) -> Catalog {
    parse(FIRST, "", labels)
}

/// The second: `a/chmod` is called `a/mode`, `a/ctypes` is shown by more.
pub(crate) fn second(labels: [f64; 3]) -> Catalog {
    let rules = FIRST.replace("a/chmod", "a/mode").replace("\"ctypes.*\"", "\"ctypes.*\", \"cffi\"");
    parse(&rules, "\"a/chmod\"", labels)
}

fn parse(rules: &str, retired: &str, [common, uncommon, coverage]: [f64; 3]) -> Catalog {
    let sources = [
        ("rules/a.toml", rules.to_owned()),
        ("rules/retired.toml", format!("retired = [{retired}]\n")),
        (
            "tlds/odd.toml",
            "dated = \"2026-01-01\"\ncriterion = \"Odd.\"\nsources = [\"A test.\"]\n[[tld]]\ntld = \"odd\"\nwhy = \"Odd.\"\n".to_owned(),
        ),
        ("labels.toml", format!("version = \"2026-01-01\"\ncommon = {common}\nuncommon = {uncommon}\ncoverage = {coverage}\n")),
    ];
    Catalog::parse(&Sources(BTreeMap::from(sources.map(|(path, text)| (path.to_owned(), text))))).expect("a catalog")
}
