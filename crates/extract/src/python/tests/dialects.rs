//! Python in other forms: Python 2, Cython, templates, encodings, compiled.

use census_model::{How, What};

use super::{check, lines, see};
use crate::{Format, Scope, member};

/// The sightings of a member of this format, as [`lines`] gives them.
#[track_caller]
fn of(format: Format, bytes: &[u8], wanted: &[&str], absent: &[&str]) {
    let seen = member(format, bytes);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let lines = lines(&seen);
    for line in wanted {
        assert!(lines.iter().any(|l| l == line), "missing {line:?} of {lines:#?}");
    }
    for start in absent {
        assert!(!lines.iter().any(|l| l.starts_with(start)), "unexpected {start:?} of {lines:#?}");
    }
}

#[test]
fn python_2_is_mended() {
    for statement in [
        "print 'a', x",
        "print >>f, x",
        "print",
        "print x,",
        "print ('a'), b",
        "print 'a'; print 'b'",
        "if x: print 'a'\nelse: print 'b'",
        "exec code in ns",
        "exec 'x = 1'",
        "try:\n\tpass\nexcept OSError, e:\n        pass",
        "try:\n    pass\nexcept (OSError, IOError), e:\n    pass",
        "raise ValueError, 'x'",
        "raise ValueError, 'x', tb",
        "a = `x`",
        "a = x <> y",
        "a = 0777 + 10L + 0xFFL",
        "a = ur'\\d' + UR\"x\"",
        "def f(a, (b, c)):\n    return b",
        "a = lambda (k, v): k",
        "async = 5\nf(async=async)",
        "print '''\nlong\n''' # (",
        "print \"%s\" % (a,\n  b)",
        "print x if y else z",
    ] {
        let source = format!("import os\n{statement}\nos.system('x')\n");
        let line = source.lines().count();
        check(&source, &[&format!("call os.system module resolved {line}")], &[]);
    }
    check("exec code in ns\nprint x\n", &["call builtins.exec module resolved 1", "call builtins.print module resolved 2"], &[]);
    check("import os\ntry: pass\nexcept E, os:\n    os.system('x')\nprint 1\n", &[], &["call os"]);
}

#[test]
fn what_cannot_be_mended_is_text() {
    let seen = see(b"import os\nprint 'x'\nos.system('ls')\n) (\n", false);
    assert_eq!(seen.gaps.iter().map(|gap| gap.0).collect::<Vec<_>>(), [What::Unparsed]);
    assert!(lines(&seen).contains(&"call os.system module text 3".to_owned()));
}

#[test]
fn cython_is_read() {
    let source = b"# distutils: language = c++
from libc.stdlib cimport malloc, free
cimport numpy as np
import os
include \"x.pxi\"
DEF N = 5
cdef extern from \"a.h\" nogil:
    int system(char *c)
    ctypedef struct S:
        int x
ctypedef unsigned int uint
cdef struct P:
    int a
cdef class A(B):
    cdef public int n
    cdef:
        int m
    def __cinit__(self, int n=3, char *c = NULL, object o not None):
        self.n = <int>n
    cpdef int run(self, double x,
                  bytes y=b'a') except -1:
        os.system('x')
        for i from 0 <= i < n:
            f(&x)
    property p:
        def __get__(self):
            return <object> self.q
cdef inline int g(int a) nogil:
    return a < b
cdef int h(int a)
cdef int x = 5, y
cdef list z = os.listdir('/')
IF N:
    os.getcwd()
ELSE:
    pass
";
    of(
        Format::Cython,
        source,
        &[
            "call os.system function resolved 22",
            "call os.listdir module resolved 32",
            "call os.getcwd module resolved 34",
            "import libc.stdlib module resolved 2",
        ],
        &[],
    );
    of(Format::Cython, b"cdef int f(x) except *:\n    print 'a'\nimport os\n", &["import os module resolved 3"], &[]);
    let seen = member(Format::Cython, b"import os\nif if\nos.system('x')\n");
    assert!(!seen.gaps.is_empty() && lines(&seen).contains(&"call os.system module text 3".to_owned()));
}

#[test]
fn templates_with_python_are_read() {
    of(
        Format::Mako,
        b"<%!\n    import os\n    def f(): pass\n%>\n<html>\n${os.popen('id').read()} ${x | h}\n% if os.getcwd():\n<% y = os.system('ls') %>\n% endif\n<%doc>${os.remove(x)}</%doc>\n## https://a.example/x\n",
        &[
            "import os function resolved 2",
            "call os.popen function resolved 6",
            "call os.getcwd function resolved 7",
            "call os.system function resolved 8",
            "command ls function resolved 8",
            "url https://a.example/x inert text 11",
        ],
        &["call os.remove"],
    );
    of(
        Format::Jinja,
        b"{# {{ os }} #}\n{{ user.name | upper }} {{ open }} {{ input('a') }}\n{{ lipsum.__globals__.os.popen('id').read() }}\n{% set x = ''.__class__.__base__.__subclasses__() %}\n{% if cycler.__init__.__globals__['__builtins__'].eval(y) %}\n{% endif %}{{ x y }}\n",
        &[
            "call os.popen function folded 3",
            "command id function resolved 3",
            "call builtins.object.__subclasses__ function folded 4",
            "call builtins.eval function folded 5",
        ],
        &["call builtins.input", "name builtins.open"],
    );
}

#[test]
fn disguised_encodings_are_read() {
    for source in [
        &b"# coding: utf-7\nimport os+AA0ACg-os.system('x')\n"[..],
        b"# coding: rot13\nvzcbeg bf\nbf.flfgrz('k')\n",
        b"# coding: unicode_escape\nimport os\n# \\nos.system('x')\n",
        b"# coding: gbk\nimport os\nx = '\x95\x5c'; os.system('x')\n",
        b"# coding: shift_jis\nimport os\nx = '\x83\x5c'; os.system('x')\n",
        b"\xef\xbb\xbfimport os\nos.system('x')\n",
        b"\xff\xfei\0m\0p\0o\0r\0t\0 \0o\0s\0\n\0o\0s\0.\0s\0y\0s\0t\0e\0m\0(\0'\0x\0'\0)\0\n\0",
        b"import os\r\ros.system('x')\r",
        b"\x0cimport os\n\x0cos.system('x')\n",
    ] {
        let seen = see(source, false);
        assert!(seen.gaps.is_empty(), "{source:?}");
        assert!(lines(&seen).iter().any(|line| line.starts_with("call os.system module resolved")), "{source:?} {:#?}", lines(&seen));
    }
    let seen = see(b"# coding: cp037\nimport os\n", false);
    assert_eq!(seen.gaps[0].0, What::Unparsed);
}

#[test]
fn carriage_returns_end_lines() {
    check("import os\r\ros.system('x')\r", &["call os.system module resolved 3"], &[]);
}

/// A marshalled code object of these instructions, with `os`, `system` and `eval` as names, and a command and a number as constants.
fn code(version: u8, instructions: &[u8]) -> Vec<u8> {
    let string = |bytes: &[u8]| [&[b's'][..], &u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat();
    let text = |text: &str| {
        if version < 3 { string(text.as_bytes()) } else { [&[b'z', u8::try_from(text.len()).unwrap()], text.as_bytes()].concat() }
    };
    let tuple = |items: &[Vec<u8>]| [&[b'(', u8::try_from(items.len()).unwrap(), 0, 0, 0][..], &items.concat()].concat();
    let counts = match version {
        2 => 4,
        8..=10 => 6,
        _ => 5,
    };
    let mut out = vec![b'c'];
    out.extend(std::iter::repeat_n(0, counts * 4));
    out.extend(string(instructions));
    out.extend(tuple(&[b"i\0\0\0\0".to_vec(), b"N".to_vec(), text("chmod +x y")]));
    out.extend(tuple(&["os", "system", "eval"].map(text)));
    out.extend(tuple(&[]));
    if version >= 11 {
        out.extend(string(b""));
        out.extend([text("f"), text("<module>"), text("<module>")].concat());
    } else {
        out.extend([tuple(&[]), tuple(&[]), text("f"), text("<module>")].concat());
    }
    out.extend([1, 0, 0, 0]);
    out.extend(string(b""));
    if version >= 11 {
        out.extend(string(b""));
    }
    out
}

/// `import os; os.system('chmod +x y'); eval(0)` as each version compiles it.
fn compiled() -> Vec<(u8, u16, usize, Vec<u8>)> {
    let two: Vec<u8> =
        [(100, 0), (100, 1), (108, 0), (90, 0), (101, 0), (106, 1), (100, 2), (131, 1), (1, 0), (101, 2), (100, 0), (131, 1), (1, 0)]
            .into_iter()
            .flat_map(|(op, argument): (u8, u8)| if op < 90 { vec![op] } else { vec![op, argument, 0] })
            .collect();
    let begin = [100, 0, 100, 1, 108, 0, 90, 0, 101, 0];
    let end = [100, 2, 161, 1, 1, 0, 101, 2, 100, 0, 131, 1, 1, 0];
    let eight = [&begin[..], &[160, 1], &end].concat();
    let six = [&begin[..], &[106, 1, 100, 2, 131, 1, 1, 0, 101, 2, 100, 0, 131, 1, 1, 0]].concat();
    let eleven =
        [&[151, 0][..], &begin, &[160, 1, 0, 0, 100, 2, 166, 1, 171, 1, 1, 0, 2, 0, 101, 2, 100, 0, 166, 1, 171, 1, 1, 0]].concat();
    let twelve = [&[151, 0][..], &begin, &[106, 3, 0, 0, 100, 2, 171, 1, 1, 0, 2, 0, 101, 2, 100, 0, 171, 1, 1, 0]].concat();
    let thirteen = vec![149, 0, 83, 0, 83, 1, 75, 0, 114, 0, 92, 0, 82, 3, 83, 2, 53, 1, 32, 0, 92, 2, 34, 0, 83, 0, 53, 1, 32, 0];
    let fourteen = vec![128, 0, 94, 0, 82, 1, 73, 0, 116, 0, 93, 0, 80, 3, 82, 2, 52, 1, 31, 0, 93, 2, 33, 0, 94, 0, 52, 1, 31, 0];
    vec![
        (2, 62_211, 8, two),
        (6, 3379, 12, six),
        (8, 3413, 16, eight.clone()),
        (10, 3439, 16, eight),
        (11, 3495, 16, eleven),
        (12, 3531, 16, twelve),
        (13, 3571, 16, thirteen),
        (14, 3627, 16, fourteen),
    ]
}

#[test]
fn compiled_python_is_read() {
    for (version, magic, header, instructions) in compiled() {
        let mut bytes = [&magic.to_le_bytes()[..], b"\r\n"].concat();
        bytes.resize(header, 0);
        bytes.extend(code(version, &instructions));
        let seen = member(Format::Pyc, &bytes);
        assert!(seen.gaps.is_empty(), "{version}");
        let lines = lines(&seen);
        for want in [
            "import os module resolved 0",
            "call os.system module resolved 0",
            "command chmod +x y module resolved 0",
            "call builtins.eval module resolved 0",
        ] {
            assert!(lines.iter().any(|line| line == want), "{version}: missing {want} of {lines:#?}");
        }
        assert!(seen.module.is_some());
        // Cut anywhere it is a gap, never a crash.
        for cut in 0..bytes.len() {
            assert!(!member(Format::Pyc, &bytes[..cut]).gaps.is_empty(), "{version} {cut}");
        }
    }
    assert!(!member(Format::Pyc, b"\x01\x00\r\n0000000000000000").gaps.is_empty());
}

#[test]
fn marshalled_payloads_are_read() {
    for (version, _, _, instructions) in compiled().into_iter().filter(|(version, ..)| *version != 10) {
        let bytes = code(version, &instructions).iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
        let source = format!("import marshal\ndef f():\n    exec(marshal.loads(b'{bytes}'))\n");
        check(&source, &["call os.system function decoded 3", "command chmod +x y function decoded 3"], &["call os.system module"]);
    }
    check("import marshal\nmarshal.loads(b'no code')\n", &["call marshal.loads module resolved 2"], &["call os"]);
}

#[test]
fn notebooks_lines_of_the_shell_are_commands() {
    let cell = |source: &str| serde_json::json!({"cells": [{"cell_type": "code", "source": source}]}).to_string();
    let seen = member(Format::Notebook, cell("import os\nfiles = !ls -l\nos.system('x')\n!pip install y\n%env A=b\n").as_bytes());
    assert!(seen.gaps.is_empty());
    let lines = lines(&seen);
    for want in ["call os.system module resolved 3", "command ls -l script resolved 2", "command pip install y script resolved 4"] {
        assert!(lines.iter().any(|line| line == want), "missing {want} of {lines:#?}");
    }
    assert!(seen.sightings.iter().all(|s| s.how != How::Text || s.scope == Scope::Inert));
}
