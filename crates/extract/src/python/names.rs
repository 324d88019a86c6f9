//! Dotted names as a tree: each is its parent and a last part, so that `os.path.join` costs one look-up more than `os.path`.

use super::known::{self, Known};
use crate::hash::HashMap;

/// How long a name is that parts are still added to: `x = x.a`, over and over, would else be of the square of its length.
const LONGEST: usize = 512;

/// A dotted name, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node(u32);

impl Node {
    /// The empty name, parent of every first part.
    pub(super) const ROOT: Self = Self(0);
}

struct Entry {
    text: Box<str>,
    last: usize,
    known: Option<&'static Known>,
}

/// Every dotted name met in a file.
pub(super) struct Names {
    entries: Vec<Entry>,
    parts: HashMap<Box<str>, u32>,
    children: HashMap<(Node, u32), Node>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { entries: vec![Entry { text: "".into(), last: 0, known: None }], parts: HashMap::default(), children: HashMap::default() }
    }

    /// `parent.part`. A first part may consist of dots alone: what follows is then relative, `.` and `compat` giving `.compat`.
    pub(super) fn child(&mut self, parent: Node, part: &str) -> Node {
        let id = if let Some(&id) = self.parts.get(part) {
            id
        } else {
            let id = u32::try_from(self.parts.len()).expect("fewer parts than bytes in a bounded file");
            self.parts.insert(part.into(), id);
            id
        };
        if let Some(&node) = self.children.get(&(parent, id)) {
            return node;
        }
        let above = &self.entries[parent.0 as usize].text;
        if above.len() > LONGEST {
            return parent;
        }
        if let Some(name) = known::canonical(above, part) {
            let node = self.dotted(name);
            self.children.insert((parent, id), node);
            return node;
        }
        let above = &self.entries[parent.0 as usize].text;
        let text = if above.is_empty() || above.bytes().all(|b| b == b'.') { format!("{above}{part}") } else { format!("{above}.{part}") };
        let node = Node(u32::try_from(self.entries.len()).expect("fewer names than bytes in a bounded file"));
        let known = known::find(&text);
        self.entries.push(Entry { last: text.len() - part.len(), text: text.into(), known });
        self.children.insert((parent, id), node);
        node
    }

    /// The node of a whole dotted name.
    pub(super) fn dotted(&mut self, name: &str) -> Node {
        let rest = name.trim_start_matches('.');
        let dots = &name[..name.len() - rest.len()];
        let start = if dots.is_empty() { Node::ROOT } else { self.child(Node::ROOT, dots) };
        rest.split('.').filter(|part| !part.is_empty()).fold(start, |node, part| self.child(node, part))
    }

    /// The whole name.
    pub(super) fn text(&self, node: Node) -> &str {
        &self.entries[node.0 as usize].text
    }

    /// Its last part.
    pub(super) fn last(&self, node: Node) -> &str {
        let entry = &self.entries[node.0 as usize];
        &entry.text[entry.last..]
    }

    /// What is known of it.
    pub(super) fn known(&self, node: Node) -> Option<&'static Known> {
        self.entries[node.0 as usize].known
    }

    /// Whether calling it gives an object of its own type, as far as naming tells (PEP 8).
    pub(super) fn is_class(&self, node: Node) -> bool {
        self.last(node).trim_start_matches('_').starts_with(|c: char| c.is_ascii_uppercase())
    }
}
