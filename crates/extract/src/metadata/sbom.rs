//! Bills of materials (PEP 770): `CycloneDX` and `SPDX` in JSON.

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
    let bill: Bill = serde_json::from_str(text).ok()?;
    let mut fields = Fields::default();
    list(bill.components, &mut fields.components);
    list(bill.packages, &mut fields.components);
    // SPDX 3: a graph of elements, the packages among them.
    let packages = bill.graph.into_iter().filter(|element| element.get("type").is_some_and(|t| t == "software_Package"));
    list(packages.filter_map(|element| serde_json::from_value(element).ok()).collect(), &mut fields.components);
    Some(fields)
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
