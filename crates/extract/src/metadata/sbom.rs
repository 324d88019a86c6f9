//! Bills of materials (PEP 770): `CycloneDX` in JSON and XML, `SPDX` in JSON and as tags.

use serde::Deserialize;
use serde_json::Value;

use super::Fields;

/// The most components of a bill that are kept.
const MOST: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bill {
    #[serde(default)]
    components: Vec<Entry>,
    #[serde(default)]
    packages: Vec<Entry>,
    #[serde(default, rename = "@graph")]
    graph: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: Option<String>,
    #[serde(alias = "packageVersion", alias = "software_packageVersion", alias = "versionInfo")]
    version: Option<String>,
    #[serde(default)]
    components: Vec<Entry>,
}

/// What the bill lists; none where it is neither form.
pub(super) fn read(text: &str) -> Option<Fields> {
    match text.trim_start().as_bytes().first()? {
        b'<' => return Some(Fields { components: xml(text), ..Fields::default() }),
        b'{' => {}
        _ => return Some(Fields { components: tags(text), ..Fields::default() }).filter(|fields| !fields.components.is_empty()),
    }
    let bill: Bill = serde_json::from_str(text).ok()?;
    let mut fields = Fields::default();
    list(bill.components, &mut fields.components);
    list(bill.packages, &mut fields.components);
    // SPDX 3: a graph of elements, the packages among them.
    let packages = bill.graph.into_iter().filter(|element| element.get("type").is_some_and(|t| t == "software_Package"));
    list(packages.filter_map(|element| serde_json::from_value(element).ok()).collect(), &mut fields.components);
    Some(fields)
}

/// The components of an XML bill: name and version that stand directly inside a `<component>`.
fn xml(text: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    // The elements that are open; of a component where it is in what was found.
    let mut open: Vec<(&str, Option<usize>)> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, content) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.split([' ', '\t', '\n', '\r', '/']).next().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or(name);
        if tag.starts_with('/') {
            open.pop();
        } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
            let inside = open.last().and_then(|(_, at)| *at);
            match (name, inside) {
                ("component", _) if found.len() < MOST => found.push((String::new(), None)),
                ("name", Some(at)) => content.trim().clone_into(&mut found[at].0),
                ("version", Some(at)) => found[at].1 = Some(content.trim().to_owned()).filter(|version| !version.is_empty()),
                _ => {}
            }
            let listed = name == "component" && !open.iter().any(|(name, _)| *name == "metadata") && !found.is_empty();
            open.push((name, listed.then(|| found.len() - 1)));
        }
    }
    found.retain(|(name, _)| !name.is_empty());
    found
}

/// `PackageName:` and `PackageVersion:` of SPDX.
fn tags(text: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("PackageName:").filter(|_| found.len() < MOST) {
            found.push((name.trim().to_owned(), None));
        } else if let (Some(version), Some(last)) = (line.strip_prefix("PackageVersion:"), found.last_mut()) {
            last.1 = Some(version.trim().to_owned());
        }
    }
    found
}

fn list(entries: Vec<Entry>, into: &mut Vec<(String, Option<String>)>) {
    for entry in entries {
        if into.len() >= MOST {
            return;
        }
        if let Some(name) = entry.name.filter(|name| !name.is_empty()) {
            into.push((name, entry.version.filter(|version| !version.is_empty())));
        }
        list(entry.components, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bills_in_xml_and_tags_are_read() {
        let text = "<?xml version='1.0'?><bom><metadata><component><name>self</name></component></metadata><components>\n\
                    <component type='library'><supplier><name>Them</name></supplier><name>zlib</name><version>1.3</version>\
                    <hashes/><components><component><name>inner</name></component></components></component></components></bom>";
        let expected = [("zlib".to_owned(), Some("1.3".to_owned())), ("inner".to_owned(), None)];
        assert_eq!(read(text).expect("a bill").components, expected);
        let text = "SPDXVersion: SPDX-2.3\nPackageName: openssl\nPackageVersion: 3.0\n";
        assert_eq!(read(text).expect("a bill").components, [("openssl".to_owned(), Some("3.0".to_owned()))]);
    }

    #[test]
    fn both_forms_list_their_components() {
        let cyclone = r#"{"bomFormat":"CycloneDX","components":[{"name":"zlib","version":"1.3","components":[{"name":"inner"}]},{}]}"#;
        let nested = [("zlib".to_owned(), Some("1.3".to_owned())), ("inner".to_owned(), None)];
        assert_eq!(read(cyclone).expect("a bill").components, nested);
        let spdx = r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"openssl","versionInfo":"3.0.1"}]}"#;
        assert_eq!(read(spdx).expect("a bill").components, [("openssl".to_owned(), Some("3.0.1".to_owned()))]);
        let graph = r#"{"@graph":[{"type":"Person","name":"x"},{"type":"software_Package","name":"y","software_packageVersion":"2"}]}"#;
        assert_eq!(read(graph).expect("a bill").components, [("y".to_owned(), Some("2".to_owned()))]);
        assert_eq!(read("["), None);
    }
}
