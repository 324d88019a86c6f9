//! `.pth` files: lines that begin with `import` are run at every start of the interpreter, the others name directories.

use census_model::{How, Kind};

use crate::tally::Tally;
use crate::{Scope, Seen, python};

/// What the site module runs; the lines of the file are kept.
pub(super) fn see(text: &str) -> Seen {
    let mut tally = Tally::default();
    let mut code = String::with_capacity(text.len());
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with("import ") || line.starts_with("import\t") {
            code.push_str(line);
            tally.add(Kind::Meta, "pth:import", Scope::Module, How::Resolved, number);
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            tally.add(Kind::Meta, "pth:path", Scope::Inert, How::Resolved, number);
        }
        code.push('\n');
    }
    let mut seen = python::see(code.as_bytes(), false);
    tally.finish(&mut seen);
    seen
}
