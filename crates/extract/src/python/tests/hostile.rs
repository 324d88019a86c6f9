use census_model::{Kind, What};
use proptest::prelude::*;

use super::{lines, see};

fn gaps(text: &str) -> Vec<What> {
    see(text.as_bytes(), false).gaps.into_iter().map(|(what, _)| what).collect()
}

#[test]
fn deep_nesting_is_a_gap_and_never_a_crash() {
    let n = 50_000;
    for source in [
        format!("x = {}1{}", "(".repeat(n), ")".repeat(n)),
        format!("x = {}", "[".repeat(n)),
        format!("x = {}1", "-".repeat(n)),
        format!("x = {}1", "not ".repeat(n)),
        format!("x = 1{}", " + 1".repeat(n)),
        format!("x = 1{}", " ** 1".repeat(n)),
        format!("x = a{}", ".b".repeat(n)),
        format!("x = a{}", "()".repeat(n)),
        format!("x = {}1", "lambda: ".repeat(n)),
        format!("x = {}1", "1 if 1 else ".repeat(n)),
        format!("x = {}'", "f'{".repeat(n)),
        format!("x = {}", "await ".repeat(n)),
    ] {
        let source = format!("import os\nos.system('x')\n{source}\n");
        let seen = see(source.as_bytes(), false);
        assert_eq!(seen.gaps.iter().map(|gap| gap.0).collect::<Vec<_>>(), [What::Bounded], "{}", &source[..60]);
        assert!(lines(&seen).contains(&"call os.system module text 2".to_owned()));
    }
    let deeper = format!("import os\nx = {}os.system('x'){}\n", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(gaps(&deeper), [What::Bounded]);
    let steps = (0..3000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect::<Vec<_>>().concat();
    assert!(!gaps(&steps).is_empty());
}

#[test]
fn nesting_that_can_be_read_is_read() {
    let n = 1500;
    for source in [
        format!("{}os.system('x'){}", "[".repeat(n), "]".repeat(n)),
        format!("{}os.system('x'){}", "f(".repeat(n), ")".repeat(n)),
        format!("{}os.system('x')", "not ".repeat(n)),
        format!("os.system('x'){}", ".b()".repeat(n)),
        format!("{}os.system('x')", "lambda: ".repeat(n)),
        format!("os.system('x'){}", "[0]".repeat(n)),
    ] {
        let seen = see(format!("import os\n{source}\n").as_bytes(), false);
        assert!(seen.gaps.is_empty(), "{}", &source[..40]);
        assert!(lines(&seen).iter().any(|line| line.starts_with("call os.system")), "{}", &source[..40]);
    }
}

#[test]
fn chains_of_real_code_are_read() {
    let source = format!("import os\nx = 'os'{}\nos.system(x)\n", " + \\\n 'a'".repeat(2000));
    assert_eq!(gaps(&source), []);
    let source = format!("import os\nx = ''\n{}os.system('ls' + x)\n", "x += 'abcdefgh'\n".repeat(20_000));
    assert_eq!(gaps(&source), []);
}

#[test]
fn what_does_not_parse_is_matched_as_text() {
    let seen = see(b"import os, subprocess as sp\nfrom shutil import rmtree as rm\nprint 'x'\nos.system('ls')\n\nsp.call(x)\nrm(y)\nexec code\ndef eval(x):\n    pass\n) (\nu = 'https://a.example/x'\n", false);
    assert_eq!(seen.gaps.len(), 1);
    assert_eq!(seen.gaps[0].0, What::Unparsed);
    let lines = lines(&seen);
    for line in [
        "call os.system module text 4",
        "call subprocess.call module text 6",
        "call shutil.rmtree module text 7",
        "call builtins.exec module text 8",
        "call builtins.print module text 3",
        "import os module text 1",
    ] {
        assert!(lines.iter().any(|l| l == line), "{line} of {lines:#?}");
    }
    assert!(!lines.iter().any(|l| l.contains("builtins.eval")));
}

#[test]
fn long_lines_stay_linear() {
    let source = format!("x = [{}]\n", "'https://a.example/x', 0xff, ".repeat(60_000));
    let seen = see(source.as_bytes(), false);
    assert_eq!(seen.sightings.iter().filter(|s| s.term.kind == Kind::Url).map(|s| s.count).sum::<i32>(), 60_000);
    let source = format!("x = '{}'\n", "A".repeat(1 << 20));
    assert!(see(source.as_bytes(), false).gaps.is_empty());
    let source = format!("exec({}", "exec(".repeat(50_000));
    assert!(!see(source.as_bytes(), false).gaps.is_empty());
}

#[test]
fn growing_constants_are_bounded() {
    let doubling = format!("x = 'ab'\n{}", "x = x + x\n".repeat(60));
    see(doubling.as_bytes(), false);
    let product = format!("x = 'ab'\n{}", "x = x * 1000\n".repeat(60));
    see(product.as_bytes(), false);
    let calls = (1..40).map(|n| format!("f{n} = lambda x: f{}(x) + f{}(x)\n", n - 1, n - 1)).collect::<Vec<_>>().concat();
    see(format!("f0 = lambda x: x\n{calls}f39('a')\n").as_bytes(), false);
}

#[test]
fn values_nest_no_deeper_than_can_be_dropped() {
    for source in [
        format!("x = []\n{}", "x = [x]\n".repeat(200_000)),
        format!("x = {{}}\n{}", "x = {1: x}\n".repeat(100_000)),
        format!("x = []\n{}", "x.append(x)\n".repeat(100_000)),
        format!("import functools\nx = f\n{}", "x = functools.partial(x, x)\n".repeat(50_000)),
    ] {
        see(source.as_bytes(), false);
    }
}

#[test]
fn names_grow_no_longer_than_anyone_reads() {
    let seen = see(format!("import os\nx = os\n{}", "x = x.a\n".repeat(50_000)).as_bytes(), false);
    assert!(seen.sightings.iter().all(|sighting| sighting.term.value.len() < 1024));
}

#[test]
fn loops_over_constants_are_bounded() {
    let n = 5_000;
    for source in [
        format!("x = ''\nif y:\n{}", "    x += 'abcdefgh'\n".repeat(n)),
        format!("x = ''\nfor c in range(60000):\n    x += 'abcdefgh'\n{}", "y = x + x\n".repeat(n)),
        "x = []\nfor a in range(60000):\n    for b in range(60000):\n        for c in range(60000):\n            x.append(a)\n".to_owned(),
        "def f(x):\n    y = ''\n    for c in x:\n        y += f(x)\n    return y\nf('a' * 60000)\n".to_owned(),
        format!("import itertools\n{}", "x = itertools.cycle('a')\n".repeat(n)),
        format!("d = {{{}}}\n{}", "'a': 1, ".repeat(n), "d['b']\n".repeat(n)),
        format!("x = {}\n", "9".repeat(100_000)),
        format!("x = [{}]\n", format!("{},", "9".repeat(4000)).repeat(50)),
    ] {
        see(source.as_bytes(), false);
    }
    let bases = |n: usize| (0..8).map(|b| format!("C{n}_{b}")).collect::<Vec<_>>().join(", ");
    let layer = |n: usize| (0..8).map(|c| format!("class C{n}_{c}({}): pass\n", bases(n - 1))).collect::<Vec<_>>().concat();
    let classes = (1..20).map(layer).collect::<Vec<_>>().concat();
    let first = (0..8).map(|c| format!("class C0_{c}: pass\n")).collect::<Vec<_>>().concat();
    see(format!("{first}{classes}C19_0().missing()\n").as_bytes(), false);
}

#[test]
fn ten_megabytes_in_a_line_are_read() {
    for source in [
        format!("x = '{}'\n", "A".repeat(10 << 20)),
        format!("x = [{}]\n", "1,".repeat(1 << 18)),
        format!("x = '{}'\n", "\\x41".repeat(1 << 18)),
        format!("#{}\n", " ".repeat(10 << 20)),
    ] {
        assert_eq!(gaps(&source), [], "{}", &source[..20]);
    }
    for source in [format!("print '{}'\n(", "A".repeat(10 << 20)), "`".repeat(1 << 20), "\0".repeat(1 << 20), "print ".repeat(1 << 18)] {
        assert!(!gaps(&source).is_empty(), "{}", &source[..6]);
    }
}

#[test]
fn functions_that_make_functions_end() {
    let source = "def y(le):\n    def g(f):\n        return le(lambda x: f(f)(x))\n    return g(g)\ndef curry(f, a):\n    return lambda b: f(a, b)\nh = curry(curry, y)\nh(h)(h)(y)\nexec(y(h))\nw = lambda f: lambda x: f(f)(x)\nw(w)(w)(w)\n";
    assert_eq!(gaps(source), []);
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "import",
        "from",
        "os",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        "\n",
        "\n    ",
        "def f",
        "class A",
        "lambda",
        "x",
        "=",
        "+=",
        ":=",
        "'a'",
        "b'a'",
        "f'{x!r:>{y}}'",
        "\"\"\"",
        "'",
        "getattr",
        "exec",
        "*",
        "**",
        ",",
        "if",
        "else",
        "for",
        "in",
        "try",
        "except",
        "with",
        "as",
        "match",
        "case",
        "_",
        "global",
        "nonlocal",
        "return",
        "yield",
        "await",
        "async",
        "1",
        "-1",
        "%",
        "'%s%c%(a)d'",
        ".format",
        ".join",
        "[::-1]",
        "globals()",
        "@",
        "\\",
        "é",
        "self",
        "del",
        "open",
        "print ",
        "exec ",
        "cdef int",
        "`",
        "<%",
        "%>",
        "{%",
        "%}",
        "0777",
        "except E, e:",
        "for c in 'abc':",
        "s += c",
        ".append(",
        "{'a': x}",
        "__globals__",
        "os.environ",
        "\t",
        "#",
        "0x",
        "~",
        "not",
        "__import__",
        "eval",
        "chr",
        "''",
        "b64decode",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn token_soup_never_panics(tokens in prop::collection::vec(token(), 0..60), stub: bool) {
        see(tokens.join(" ").as_bytes(), stub);
        see(tokens.concat().as_bytes(), stub);
    }

    #[test]
    fn dialects_never_panic(tokens in prop::collection::vec(token(), 0..60)) {
        for format in [crate::Format::Cython, crate::Format::Mako, crate::Format::Jinja] {
            crate::member(format, tokens.join(" ").as_bytes());
            crate::member(format, format!("${{{}}} {{{{{}}}}}", tokens.join(" "), tokens.concat()).as_bytes());
        }
    }

    #[test]
    fn compiled_bytes_never_panic(version in 0usize..6, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let magic = [62_211_u16, 3379, 3413, 3495, 3571, 3627][version];
        crate::member(crate::Format::Pyc, &[&magic.to_le_bytes()[..], b"\r\n", &[0; 12], &bytes].concat());
    }

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        see(&bytes, false);
    }

    #[test]
    fn truncated_sources_never_panic(cut in 0usize..2000) {
        let source = concat!(include_str!("disguises.rs"), include_str!("../walk.rs"));
        let python = "import os\nfrom pathlib import Path\nclass A(B):\n    @c\n    def f(self, x: Path = None, *a, **k):\n        with open(f'{x:>{w}}', 'wb') as g:\n            g.write(b'\\x00' + k['a'][::-1])\n        match x:\n            case {'a': [1, *_]} | A(b=2): return [y for y in z if (q := y)]\nexec(''.join(chr(ord(c) ^ 1) for c in 'abc'))\n";
        let text = format!("{python}{source}");
        let at = text.floor_char_boundary(cut.min(text.len()));
        see(&text.as_bytes()[..at], false);
    }
}
