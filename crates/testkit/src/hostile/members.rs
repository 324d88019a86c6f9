//! Members that are traps for parsers, tokenizers and patterns, each in a wheel of its own.

use census_model::What;

use super::{End, Kit};
use crate::package::Wheel;

/// As deep as nobody writes.
const DEEP: usize = 100_000;
/// As many as nobody writes.
const MANY: usize = 1_000_000;

const BOUNDED: End = End::Partial(&[What::Bounded]);
const UNPARSED: End = End::Partial(&[What::Unparsed]);
const READ: End = End::Ok(&[]);

pub(super) fn add(kit: &mut Kit) {
    nested(kit);
    endless(kit);
    folded(kit);
    encoded(kit);
    patterns(kit);
    metadata(kit);
    scripts(kit);
}

fn member(kit: &mut Kit, name: &str, path: &'static str, end: End, make: fn() -> Vec<u8>) {
    kit.wheel(name, end, move || Wheel::new("hostile", "1.0").file(path, make()).build().bytes);
}

fn python(kit: &mut Kit, name: &str, end: End, make: fn() -> String) {
    kit.wheel(format!("python/{name}"), end, move || Wheel::new("hostile", "1.0").file("hostile/x.py", make()).build().bytes);
}

fn around(open: &str, close: &str) -> String {
    format!("x = {}y{}\n", open.repeat(DEEP), close.repeat(DEEP))
}

/// Python that nests a hundred thousand deep, in every way that it can.
fn nested(kit: &mut Kit) {
    python(kit, "nested-parentheses", BOUNDED, || around("(", ")"));
    python(kit, "nested-lists", BOUNDED, || around("[", "]"));
    python(kit, "nested-dictionaries", BOUNDED, || around("{1: ", "}"));
    python(kit, "nested-calls", BOUNDED, || around("f(", ")"));
    python(kit, "nested-subscripts", BOUNDED, || around("a[", "]"));
    python(kit, "never-closed", BOUNDED, || "(".repeat(DEEP));
    python(kit, "only-closed", UNPARSED, || ")".repeat(DEEP));
    python(kit, "brackets-that-do-not-match", BOUNDED, || "([{".repeat(DEEP));
    python(kit, "nots", BOUNDED, || around("not ", ""));
    python(kit, "minuses", BOUNDED, || around("-", ""));
    python(kit, "awaits", BOUNDED, || format!("async def f():\n  {}x\n", "await ".repeat(DEEP)));
    python(kit, "lambdas", BOUNDED, || around("lambda: ", ""));
    python(kit, "conditions", BOUNDED, || around("a if b else ", ""));
    python(kit, "powers", BOUNDED, || around("2 ** ", ""));
    python(kit, "sums", BOUNDED, || around("1 + ", ""));
    python(kit, "attributes", BOUNDED, || around("", ".a"));
    python(kit, "calls-of-calls", BOUNDED, || around("", "()"));
    python(kit, "subscripts-of-subscripts", BOUNDED, || around("", "[0]"));
    python(kit, "comprehensions", BOUNDED, || around("[a for a in ", "]"));
    python(kit, "elifs", READ, || format!("if a:\n  pass\n{}", "elif b:\n  pass\n".repeat(DEEP)));
    python(kit, "fstrings-in-fstrings", BOUNDED, || format!("x = {}y{}\n", "f\"{".repeat(DEEP), "}\"".repeat(DEEP)));
    python(kit, "indented-blocks", BOUNDED, || (0..7_000).map(|n| format!("{}if x:\n", " ".repeat(n))).collect());
    python(kit, "indented-functions", BOUNDED, || (0..7_000).map(|n| format!("{}def f():\n", " ".repeat(n))).collect());
    python(kit, "patterns", BOUNDED, || format!("match x:\n  case {}y{}:\n    pass\n", "[".repeat(DEEP), "]".repeat(DEEP)));
    python(kit, "types", BOUNDED, || format!("type X = {}int{}\n", "list[".repeat(DEEP), "]".repeat(DEEP)));
}

/// Python that goes on and on.
fn endless(kit: &mut Kit) {
    python(kit, "one-name-of-4-mb", READ, || format!("{} = 1\n", "n".repeat(4 << 20)));
    python(kit, "one-number-of-4-mb", READ, || format!("x = {}\n", "9".repeat(4 << 20)));
    python(kit, "one-string-of-8-mb", READ, || format!("x = '{}'\n", "s".repeat(8 << 20)));
    python(kit, "string-without-end", UNPARSED, || format!("x = '''{}", "s".repeat(4 << 20)));
    python(kit, "strings-side-by-side", READ, || format!("x = ({})\n", "'a' ".repeat(200_000)));
    python(kit, "backslashes", UNPARSED, || "\\\n".repeat(MANY));
    python(kit, "backslashes-in-a-string", READ, || format!("x = '{}'\n", "\\\\".repeat(MANY)));
    python(kit, "comments", READ, || "#\n".repeat(MANY));
    python(kit, "semicolons", UNPARSED, || ";".repeat(MANY));
    python(kit, "imports", READ, || (0..50_000).fold(String::new(), |text, n| text + &format!("import m{n}\n")));
    python(kit, "aliases-of-aliases", READ, || {
        (0..50_000).fold("import os\na0 = os\n".to_owned(), |text, n| text + &format!("a{} = a{n}\n", n + 1)) + "a50000.system('id')\n"
    });
    python(kit, "aliases-in-a-circle", READ, || "a = b\nb = c\nc = a\na.system('id')\n".repeat(20_000));
    python(kit, "functions", READ, || (0..50_000).fold(String::new(), |text, n| text + &format!("def f{n}(): f{}()\n", n + 1)));
    python(kit, "decorators", READ, || "@d\n".repeat(20_000) + "def f(): pass\n");
    python(kit, "arguments", READ, || format!("f({})\n", "x, ".repeat(200_000)));
    python(kit, "parameters", READ, || format!("def f({}): pass\n", (0..50_000).fold(String::new(), |text, n| text + &format!("p{n}, "))));
    python(kit, "stars", READ, || "from os import *\n".repeat(50_000));
    python(kit, "lines-of-carriage-returns", READ, || "x = 1\r".repeat(100_000));
    python(kit, "form-feeds", READ, || "\x0c".repeat(MANY) + "x = 1\n");
}

/// Constants that are worth more than they weigh.
fn folded(kit: &mut Kit) {
    python(kit, "doubled-thirty-times", READ, || format!("x = 'aaaaaaaa'\n{}eval(x)\n", "x = x + x\n".repeat(30)));
    python(kit, "repeated-a-billion-times", READ, || "eval('a' * 1000000000)\nexec(b'a' * 10 ** 9)\n".into());
    python(kit, "formatted-a-billion-wide", READ, || {
        "eval('%1000000000d' % 1)\neval(f'{1:1000000000}')\neval('{:>1000000000}'.format(1))\n".into()
    });
    python(kit, "joined-and-joined", READ, || format!("x = 'abc'\n{}eval(x)\n", "x = x.join(x)\n".repeat(20)));
    python(kit, "replaced-and-replaced", READ, || format!("x = 'aa'\n{}eval(x)\n", "x = x.replace('a', 'aaaaaaaa')\n".repeat(20)));
    python(kit, "powers-of-powers", READ, || "eval(chr(9 ** 9 ** 9 ** 9))\nexec(bytes(10 ** 12))\n".into());
    python(kit, "encoded-in-encoded", READ, || {
        let wrap = |text: String, _| format!("import base64\nexec(base64.b64decode('{}'))\n", base64(text.as_bytes()));
        (0..20).fold("import os\nos.system('id')\n".to_owned(), wrap)
    });
    python(kit, "packed-bomb", READ, || {
        use std::io::Write as _;
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![b' '; 64 << 20]).expect("memory takes every write");
        let packed = packed.finish().expect("memory takes every write");
        format!("import base64, zlib\nexec(zlib.decompress(base64.b64decode('{}')))\n", base64(&packed))
    });
    python(kit, "characters-one-by-one", READ, || format!("exec({})\n", "chr(97) + ".repeat(100) + "''"));
    python(kit, "reversed-and-reversed", BOUNDED, || format!("x = '{}'\n{}exec(x)\n", "ab".repeat(100_000), "x = x[::-1]\n".repeat(2_000)));
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_usize, |word, byte| word << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        text.extend((0..4).map(|place| if place <= chunk.len() { char::from(ALPHABET[word >> (18 - 6 * place) & 63]) } else { '=' }));
    }
    text
}

/// Sources in encodings that are none of Python's, or only seem so.
fn encoded(kit: &mut Kit) {
    let source = "import os\nos.system('id')\n";
    let wide = |unit: fn(u32) -> Vec<u8>, mark: &[u8]| [mark.to_vec(), source.chars().flat_map(|c| unit(u32::from(c))).collect()].concat();
    let two = |value: u32| u16::try_from(value).unwrap_or_default();
    let cases: [(&str, End, Vec<u8>); 19] = [
        ("utf16-le", READ, wide(|c| u16::try_from(c).unwrap_or_default().to_le_bytes().to_vec(), b"\xff\xfe")),
        ("utf16-be", READ, wide(|c| u16::try_from(c).unwrap_or_default().to_be_bytes().to_vec(), b"\xfe\xff")),
        ("utf16-without-mark", UNPARSED, wide(|c| u16::try_from(c).unwrap_or_default().to_le_bytes().to_vec(), b"")),
        ("utf16-half-a-unit", READ, [&b"\xff\xfe"[..], &two(120).to_le_bytes(), &[61]].concat()),
        ("utf16-lone-surrogates", UNPARSED, [b"\xff\xfe".to_vec(), b"\x00\xd8".repeat(50_000)].concat()),
        ("utf32-le", READ, wide(|c| c.to_le_bytes().to_vec(), b"\xff\xfe\0\0")),
        ("utf32-be", READ, wide(|c| c.to_be_bytes().to_vec(), b"\0\0\xfe\xff")),
        ("utf7", READ, b"# coding: utf-7\nimport os\n+AG8AcwAu-system('id')\n".to_vec()),
        ("rot13", READ, b"# coding: rot13\nvzcbeg bf\nbf.flfgrz('vq')\n".to_vec()),
        ("unicode-escape", READ, b"# coding: unicode_escape\n# \\nimport os\n".to_vec()),
        ("unknown-coding", READ, format!("# coding: klingon\n{source}").into_bytes()),
        ("coding-on-the-third-line", READ, format!("#\n#\n# coding: utf-7\n{source}").into_bytes()),
        ("latin1", READ, [b"# coding: latin-1\nx = '".to_vec(), vec![0xe9; 1000], b"'\n".to_vec()].concat()),
        ("not-utf8", READ, [b"x = '".to_vec(), (0x80..=0xff).collect(), b"'\n".to_vec()].concat()),
        ("mark-alone", READ, b"\xef\xbb\xbf".to_vec()),
        ("marks", UNPARSED, b"\xef\xbb\xbf".repeat(1000)),
        ("nul-ridden", UNPARSED, source.bytes().flat_map(|byte| [byte, 0]).collect()),
        ("nul-alone", BOUNDED, vec![0; 100_000]),
        ("bidirectional", READ, "x = 'a\u{202e}b\u{2066}c\u{2069}'\n# \u{202e}\n".repeat(10_000).into_bytes()),
    ];
    for (name, end, bytes) in cases {
        kit.wheel(format!("encoded/{name}"), end, move || Wheel::new("hostile", "1.0").file("hostile/x.py", &bytes).build().bytes);
    }
}

/// Texts that patterns might go over again and again.
fn patterns(kit: &mut Kit) {
    let mut text = |name: &str, make: fn() -> Vec<u8>| {
        member(kit, &format!("text/{name}"), "hostile/x.txt", READ, make);
        kit.wheel(format!("text/{name}-in-python"), READ, move || {
            let text = [&b"x = '''"[..], &make(), b"'''\n"].concat();
            Wheel::new("hostile", "1.0").file("hostile/x.py", text).build().bytes
        });
    };
    text("one-letter", || vec![b'a'; 8 << 20]);
    text("schemes", || b"https://".repeat(500_000));
    text("urls-of-parentheses", || [b"https://a.example/".to_vec(), b"(".repeat(4 << 20)].concat());
    text("urls-of-dots", || [b"https://".to_vec(), b"a.".repeat(2 << 20)].concat());
    text("urls-of-signs", || b"https://a@".repeat(400_000));
    text("keys", || b"AKIAAKIAAKIA".repeat(300_000));
    text("tokens", || b"ghp_eyJhbGciOi.".repeat(200_000));
    text("key-blocks", || b"-----BEGIN RSA PRIVATE KEY-----\n".repeat(100_000));
    text("assignments", || b"password=secret=api_key=".repeat(100_000));
    text("base64", || b"QUJDREVGR0g".repeat(500_000));
    text("hex", || b"0123456789abcdef".repeat(300_000));
    text("blanks", || vec![b' '; 8 << 20]);
    text("invisible", || "\u{200b}".repeat(1_000_000).into_bytes());
    text("breaks", || vec![b'\n'; 4 << 20]);
}

/// Packaging's own files, and the formats they are written in.
fn metadata(kit: &mut Kit) {
    let mut case =
        |name: &str, path: &'static str, end: End, make: fn() -> Vec<u8>| member(kit, &format!("metadata/{name}"), path, end, make);
    let (info, pyproject) = ("other-1.0.dist-info/METADATA", "pyproject.toml");
    case("headers", info, READ, || b"Requires-Dist: six>=1\n".repeat(100_000));
    case("continued-headers", info, READ, || [b"Summary: x\n".to_vec(), b" more\n".repeat(500_000)].concat());
    case("header-of-8-mb", info, READ, || [b"Summary: ".to_vec(), vec![b'x'; 8 << 20]].concat());
    case("colons", info, READ, || vec![b':'; 4 << 20]);
    case("markers-nested", info, READ, || format!("Requires-Dist: x; {}a{}\n", "(".repeat(DEEP), ")".repeat(DEEP)).into_bytes());
    case("markers-in-a-row", info, READ, || {
        format!("Requires-Dist: x; {}os_name == 'a'\n", "os_name == 'a' and ".repeat(DEEP)).into_bytes()
    });
    case("specifiers", info, READ, || format!("Requires-Dist: x {}\n", ">=1,".repeat(DEEP)).into_bytes());
    case("versions", info, READ, || format!("Version: {}\n", "1.".repeat(DEEP)).into_bytes());
    case("extras", info, READ, || format!("Requires-Dist: x[{}]\n", "a,".repeat(DEEP)).into_bytes());
    case("requirements", "requirements.txt", READ, || b"-r requirements.txt\nx @ file:///etc/passwd\n".repeat(50_000));
    case("toml-arrays", pyproject, READ, || format!("[build-system]\nrequires = {}{}\n", "[".repeat(DEEP), "]".repeat(DEEP)).into_bytes());
    case("toml-tables", pyproject, READ, || format!("a = {}1{}\n", "{a = ".repeat(DEEP), "}".repeat(DEEP)).into_bytes());
    case("toml-dots", pyproject, READ, || format!("{}x = 1\n", "a.".repeat(DEEP)).into_bytes());
    case("toml-headers", pyproject, READ, || format!("[{}x]\n", "a.".repeat(DEEP)).into_bytes());
    case("sbom-nested", "hostile-1.0.dist-info/sboms/x.json", READ, || "[".repeat(DEEP).into_bytes());
    case("sbom-of-many", "hostile-1.0.dist-info/sboms/x.json", READ, || {
        format!("{{\"bomFormat\": \"CycloneDX\", \"components\": [{}{{}}]}}", "{\"name\": \"a\", \"version\": \"1\"},".repeat(200_000))
            .into_bytes()
    });
    case("notebook-nested", "x.ipynb", UNPARSED, || format!("{{\"cells\": {}", "[".repeat(DEEP)).into_bytes());
    case("json-nested", "x.json", READ, || "{\"a\":".repeat(DEEP).into_bytes());
    case("xml-of-a-billion-laughs", "x.xml", READ, || {
        (0..30)
            .fold("<!DOCTYPE l [<!ENTITY l0 \"ha\">".to_owned(), |text, n| {
                text + &format!("<!ENTITY l{} \"{}\">", n + 1, format!("&l{n};").repeat(10))
            })
            .into_bytes()
    });
    case("yaml-of-anchors", ".github/workflows/x.yml", READ, || {
        (0..30)
            .fold("a0: &a0 [x]\n".to_owned(), |text, n| text + &format!("a{0}: &a{0} [{1}]\n", n + 1, format!("*a{n},").repeat(10)))
            .into_bytes()
    });
    case("yaml-nested", ".github/workflows/x.yml", READ, || "- ".repeat(DEEP).into_bytes());
    case("pth-of-many-lines", "x.pth", READ, || b"import os; exec('x')\n".repeat(20_000));
    case("entry-points", "hostile-1.0.dist-info/entry_points.txt", READ, || b"[console_scripts]\nx = a:b\n".repeat(50_000));
    case("ini-of-brackets", "setup.cfg", READ, || b"[".repeat(MANY));
}

fn scripts(kit: &mut Kit) {
    let mut case = |name: &str, path: &'static str, make: fn() -> String| {
        kit.wheel(format!("script/{name}"), READ, move || Wheel::new("hostile", "1.0").file(path, make()).build().bytes);
    };
    case("shell-substitutions", "x.sh", || format!("{}id{}\n", "$(".repeat(DEEP), ")".repeat(DEEP)));
    case("shell-backquotes", "x.sh", || "`".repeat(MANY));
    case("shell-quotes", "x.sh", || "'\"".repeat(DEEP));
    case("shell-heredocs", "x.sh", || "cat <<A <<B <<C\n".repeat(20_000));
    case("shell-braces", "x.sh", || "{ ".repeat(DEEP));
    case("shell-pipes", "x.sh", || "a | ".repeat(DEEP));
    case("shell-backslashes", "x.sh", || "a \\\n".repeat(DEEP));
    case("shell-assignments", "x.sh", || "a=".repeat(DEEP));
    case("powershell-backticks", "x.ps1", || "`\n".repeat(DEEP));
    case("powershell-blocks", "x.ps1", || "{(@{".repeat(DEEP));
    case("powershell-here-strings", "x.ps1", || "@'\n".repeat(DEEP));
    case("batch-carets", "x.bat", || "^\n".repeat(DEEP));
    case("batch-variables", "x.bat", || "%a%%%".repeat(DEEP));
    case("make-variables", "Makefile", || format!("x:\n\t{}\n", "$(".repeat(DEEP)));
    case("make-targets", "Makefile", || (0..20_000).fold(String::new(), |text, n| text + &format!("t{n}: t{}\n\tid\n", n + 1)));
    case("docker-continued", "Dockerfile", || format!("RUN {}", "a \\\n".repeat(DEEP)));
    case("docker-runs", "Dockerfile", || "RUN [\"id\"]\n".repeat(20_000));
    case("javascript-nested", "x.js", || "(".repeat(MANY));
}
