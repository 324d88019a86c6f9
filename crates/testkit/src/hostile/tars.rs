//! Tars that lie, in every compression.

use std::io::Write as _;

use census_model::What;

use super::{End, Kit, noise};
use crate::package::tar::{Archive, Compression, Entry, reseal};
use crate::package::zip;

const WORDS: &[u8] = b"import os\nos.getcwd()\n";

fn file(name: &str) -> Entry {
    Entry::new(name, WORDS)
}

fn two() -> Archive {
    Archive::new().entry(file("h/a.py")).entry(file("h/b.py"))
}

/// An archive of one such entry between two honest ones.
fn between(entries: impl IntoIterator<Item = Entry>) -> Vec<u8> {
    entries.into_iter().fold(Archive::new().entry(file("h/first.py")), Archive::entry).entry(file("h/last.py")).build()
}

/// A stream that checks itself, whatever its format does by default.
fn checked(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    if compression != Compression::Zstd {
        return compression.pack(bytes);
    }
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("a valid level");
    encoder.include_checksum(true).expect("a known parameter");
    encoder.write_all(bytes).expect("memory takes every write");
    encoder.finish().expect("memory takes every write")
}

pub(super) const PACKED: [Compression; 4] = [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd];

pub(super) fn add(kit: &mut Kit) {
    streams(kit);
    extensions(kit);
    kinds(kit);
    headers(kit);
}

/// What each compression can do.
fn streams(kit: &mut Kit) {
    for compression in PACKED {
        let name = |case: &str| format!("{}/{case}", compression.extension());
        kit.sdist(name("honest"), End::Ok(&[]), move || checked(compression, &two().build()));
        kit.sdist(name("bomb"), End::Partial(&[What::Ratio]), move || {
            compression.pack(&between([Entry::new("h/zeros", vec![0; 40 << 20])]))
        });
        // Gzip packs it so badly that it stays within the bound.
        let many =
            if compression == Compression::Gzip { End::Ok(&[What::Ambiguous]) } else { End::Partial(&[What::Ratio, What::Ambiguous]) };
        kit.sdist(name("bomb-of-many"), many, move || {
            let entry = Entry::new("h/zeros", vec![0; 4096]);
            compression.pack(&(0..12_000).fold(Archive::new(), |archive, _| archive.entry(entry.clone())).build())
        });
        kit.sdist(name("no-stream"), End::Failed("no header where the first should be"), move || {
            let mut bytes = compression.pack(&two().build());
            let from = bytes.len().min(12);
            bytes[from..].fill(7);
            bytes
        });
        kit.sdist(name("half"), End::Partial(&[What::Truncated]), move || {
            let long = (0..64).fold(Archive::new(), |archive, n| archive.entry(Entry::new(format!("h/{n}.bin"), noise(64 << 10, n))));
            let bytes = compression.pack(&long.build());
            bytes[..bytes.len() / 2].to_vec()
        });
        kit.sdist(name("after-its-end"), End::Ok(&[What::Ambiguous]), move || {
            [compression.pack(&two().build()), b"more".to_vec()].concat()
        });
        kit.sdist(name("two-streams"), End::Ok(&[What::Ambiguous]), move || {
            let tar = two().build();
            [compression.pack(&tar), compression.pack(&between([]))].concat()
        });
        kit.sdist(name("ten-thousand-empty-streams"), End::Ok(&[]), move || {
            [compression.pack(&two().build()), compression.pack(b"").repeat(10_000)].concat()
        });
        kit.sdist(name("in-itself"), End::Partial(&[What::Nesting]), move || {
            (0..12).fold(compression.pack(&two().build()), |inner, _| {
                compression.pack(&between([Entry::new(format!("h/n.{}", compression.extension()), inner)]))
            })
        });
    }
    // The sums at the end of each stream. A stream that is unpacked at once gives nothing before its sum was looked at.
    kit.sdist("tar.gz/wrong-crc", End::Partial(&[What::Damaged]), || flipped(Compression::Gzip, 8));
    kit.sdist("tar.gz/wrong-size", End::Partial(&[What::Damaged]), || flipped(Compression::Gzip, 4));
    kit.sdist("tar.xz/wrong-end", End::Partial(&[What::Damaged]), || flipped(Compression::Xz, 1));
    kit.sdist("tar.xz/wrong-index", End::Partial(&[What::Damaged]), || flipped(Compression::Xz, 16));
    kit.sdist("tar.zst/wrong-sum", End::Partial(&[What::Damaged]), || flipped(Compression::Zstd, 1));
    kit.sdist("tar.bz2/wrong-sum", End::Partial(&[What::Damaged]), || flipped(Compression::Bzip2, 3));
    kit.sdist("tar.bz2/wrong-block-sum", End::Partial(&[What::Damaged]), || {
        let mut bytes = checked(Compression::Bzip2, &two().build());
        bytes[10] ^= 1;
        bytes
    });
}

/// A stream one of whose last bytes has a flipped bit.
fn flipped(compression: Compression, from_end: usize) -> Vec<u8> {
    let mut bytes = checked(compression, &two().build());
    let at = bytes.len() - from_end;
    bytes[at] ^= 0x10;
    bytes
}

/// PAX records and GNU's long names.
fn extensions(kit: &mut Kit) {
    let mut case = |name: &str, end: End, make: fn() -> Vec<u8>| kit.add(format!("tar/{name}"), "hostile-1.0.tar", end, make);
    case("pax-size-desync", End::Ok(&[What::Ambiguous]), || {
        let body = [Archive::new().entry(Entry::new("smuggled", "")).unended().build(), vec![b'x'; 512]].concat();
        between([Entry::pax(&[("size", "1024")]), Entry::new("h/outer", body).claims_size(0)])
    });
    case("pax-size-hides-a-member", End::Ok(&[What::Ambiguous]), || {
        let hidden = Archive::new().entry(file("hidden.py")).unended().build();
        between([Entry::pax(&[("size", "0")]), Entry::new("h/outer", hidden)])
    });
    case("pax-size-of-all", End::Partial(&[What::Truncated, What::Ambiguous]), || {
        between([Entry::pax(&[("size", "18446744073709551615")]), file("h/x.py")])
    });
    case("pax-size-too-large-a-number", End::Partial(&[What::Damaged]), || {
        between([Entry::pax(&[("size", "99999999999999999999999")]), file("h/x.py")])
    });
    case("pax-size-negative", End::Partial(&[What::Damaged]), || between([Entry::pax(&[("size", "-1")]), file("h/x.py")]));
    case("pax-size-twice", End::Ok(&[What::Ambiguous]), || {
        between([Entry::pax(&[("size", "1"), ("size", "0")]), Entry::new("h/x.py", "").claims_size(7)])
    });
    for (name, body) in [
        ("pax-record-of-no-length", &b" path=x\n"[..]),
        ("pax-record-of-length-0", b"0 path=x\n"),
        ("pax-record-too-long", b"999 path=x\n"),
        ("pax-record-of-a-huge-length", b"99999999999999999999 path=x\n"),
        ("pax-record-without-equals", b"9 path x\n"),
        ("pax-record-without-end", b"9 path=xy"),
    ] {
        kit.add(format!("tar/{name}"), "hostile-1.0.tar", End::Partial(&[What::Damaged]), move || {
            between([Entry::of_type(b'x', b"PaxHeaders/x", body), file("h/x.py")])
        });
    }
    let mut case = |name: &str, end: End, make: fn() -> Vec<u8>| kit.add(format!("tar/{name}"), "hostile-1.0.tar", end, make);
    case("pax-path-climbs", End::Ok(&[What::Name]), || between([Entry::pax(&[("path", "../../x.py")]), file("h/x.py")]));
    case("pax-global-path", End::Ok(&[What::Ambiguous]), || between([Entry::of_type(b'g', b"g", b"13 path=g.py\n"), file("h/x.py")]));
    case("pax-of-a-hundred-thousand-records", End::Partial(&[What::Size]), || {
        between([Entry::of_type(b'x', b"x", &b"12 path=x.py\n".repeat(100_000)), file("h/x.py")])
    });
    case("ten-thousand-pax-headers-for-one-file", End::Ok(&[]), || {
        between((0..10_000).map(|_| Entry::pax(&[("path", "h/x.py")])).chain([file("h/y.py")]))
    });
    case("long-name-of-64-kb", End::Ok(&[What::Name]), || between([Entry::long_name(&[b'n'; 65_535]), file("h/x.py")]));
    case("long-name-of-2-mb", End::Partial(&[What::Size]), || between([Entry::long_name(&vec![b'n'; 2 << 20]), file("h/x.py")]));
    case("long-name-and-pax-differ", End::Ok(&[]), || {
        between([Entry::long_name(b"h/long.py"), Entry::pax(&[("path", "h/pax.py")]), file("h/x.py")])
    });
    case("long-name-for-nothing", End::Ok(&[]), || Archive::new().entry(file("h/a.py")).entry(Entry::long_name(b"h/long.py")).build());
    case("sparse", End::Partial(&[What::Unsupported]), || between([Entry::of_type(b'S', b"h/x", b"packed")]));
    case("sparse-by-pax", End::Partial(&[What::Unsupported]), || {
        between([Entry::pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "9999999999")]), file("h/x.py")])
    });
}

/// Entries that are no files, and names.
fn kinds(kit: &mut Kit) {
    let mut case = |name: &str, end: End, make: fn() -> Vec<u8>| kit.add(format!("tar/{name}"), "hostile-1.0.tar", end, make);
    case("link-out", End::Ok(&[What::Link]), || between([Entry::symlink("h/s", "/etc/passwd")]));
    case("hard-link-out", End::Ok(&[What::Link]), || between([Entry::hard_link("h/s", "/etc/passwd")]));
    case("chmod-through-a-link", End::Ok(&[What::Link]), || between([Entry::symlink("h/d", "/etc"), file("h/d/x.py").mode(0o4755)]));
    case("links-in-a-circle", End::Ok(&[What::Link]), || between([Entry::symlink("h/a", "b"), Entry::symlink("h/b", "a")]));
    case("link-with-a-size", End::Ok(&[What::Link]), || between([Entry::symlink("h/s", "t").claims_size(1024)]));
    case("directory-with-a-size", End::Ok(&[What::Ambiguous]), || between([Entry::directory("h/d/").claims_size(1024)]));
    case("device", End::Partial(&[What::Unsupported]), || between([Entry::of_type(b'3', b"h/dev", b"")]));
    case("pipe", End::Partial(&[What::Unsupported]), || between([Entry::of_type(b'6', b"h/fifo", b"")]));
    case("unknown-kind-is-a-file", End::Ok(&[]), || between([Entry::of_type(b'Z', b"h/z.py", WORDS)]));
    case("name-absolute", End::Ok(&[What::Name]), || between([file("/etc/x.py")]));
    case("name-climbing", End::Ok(&[What::Name]), || between([file("h/../../x.py")]));
    case("name-not-utf8", End::Ok(&[What::Name]), || between([Entry::new(b"h/\xff\xfe.py", WORDS)]));
    case("names-twice", End::Ok(&[What::Ambiguous]), || between([file("h/first.py"), file("./h/last.py")]));
    case("more-members-than-the-bound", End::Partial(&[What::Members]), || {
        (0..25_000).fold(Archive::new(), |archive, n| archive.entry(Entry::new(format!("h/{n}"), ""))).build()
    });
}

fn headers(kit: &mut Kit) {
    let mut case = |name: &str, end: End, make: fn() -> Vec<u8>| kit.add(format!("tar/{name}"), "hostile-1.0.tar", end, make);
    case("wrong-header-sum", End::Partial(&[What::Damaged]), || with_header(|header| header[0] ^= 1, false));
    case("wrong-first-header-sum", End::Failed("not an archive"), || {
        let mut bytes = two().build();
        bytes[0] ^= 1;
        bytes
    });
    case("size-no-number", End::Partial(&[What::Damaged]), || with_header(|header| header[124..136].fill(b'z'), true));
    case("size-base-256", End::Partial(&[What::Truncated]), || {
        with_header(|header| header[124..136].copy_from_slice(b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"), true)
    });
    case("size-of-all", End::Partial(&[What::Truncated]), || {
        with_header(|header| header[124..136].copy_from_slice(b"77777777777\0"), true)
    });
    case("no-end", End::Partial(&[What::Truncated]), || two().unended().build());
    case("after-its-end", End::Ok(&[What::Ambiguous]), || two().suffix(two().build()).build());
    case("zeros-after-its-end", End::Ok(&[]), || two().suffix(vec![0; 1 << 20]).build());
    case("zip-after-its-end", End::Ok(&[What::Ambiguous]), || {
        two().suffix(zip::Archive::new().entry(zip::Entry::new("b.py", WORDS)).build()).build()
    });
}

/// Two files, the header of the second changed, and its sum made right again where asked.
fn with_header(change: impl Fn(&mut [u8]), seal: bool) -> Vec<u8> {
    let mut bytes = two().build();
    change(&mut bytes[1024..1536]);
    if seal {
        reseal(&mut bytes);
    }
    bytes
}
