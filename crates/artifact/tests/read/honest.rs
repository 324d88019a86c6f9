//! What any packaging tool may write.

use census_artifact::{Compression, Container, Error, Limits};
use census_testkit::package::zip::{self, Method};
use census_testkit::package::{self, Egg, Sdist, Wheel, tar};

use crate::{gaps, paths, read, try_read};

#[test]
fn a_wheel_is_read_in_order_with_its_modes() {
    let wheel = Wheel::new("demo", "1.0").file("demo/__init__.py", "import os\n").executable("demo/run.sh", "#!/bin/sh\n").build();
    let (kept, summary) = read(&wheel.bytes);
    let dist_info = ["demo-1.0.dist-info/METADATA", "demo-1.0.dist-info/WHEEL", "demo-1.0.dist-info/RECORD"];
    assert_eq!(paths(&kept), [&["demo/__init__.py", "demo/run.sh"], &dist_info[..]].concat());
    assert_eq!(kept.iter().map(|member| member.number).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(kept.iter().map(|member| member.executable).collect::<Vec<_>>(), [false, true, false, false, false]);
    assert_eq!(kept[0].bytes, b"import os\n");
    assert_eq!((summary.container, gaps(&summary)), (Container::Zip, vec![]));
}

#[test]
fn every_compression_of_tar_gives_the_same_members() {
    let containers = [
        (package::Compression::None, Compression::None),
        (package::Compression::Gzip, Compression::Gzip),
        (package::Compression::Bzip2, Compression::Bzip2),
        (package::Compression::Xz, Compression::Xz),
        (package::Compression::Zstd, Compression::Zstd),
    ];
    for (packed, compression) in containers {
        let sdist = Sdist::new("demo", "1.0").compression(packed).executable("setup.py", "x = 1\n".repeat(20_000)).build();
        let (kept, summary) = read(&sdist.bytes);
        assert_eq!(paths(&kept), ["demo-1.0/PKG-INFO", "demo-1.0/setup.py"]);
        assert_eq!((kept[1].bytes.len(), kept[1].executable), (120_000, true));
        assert_eq!((summary.container, gaps(&summary)), (Container::Tar(compression), vec![]));
    }
}

#[test]
fn every_method_of_zip_gives_the_same_bytes() {
    let content = b"import os\nimport sys\n".repeat(1000);
    for method in Method::ALL {
        let plain = || zip::Entry::new("a.py", &content).method(method);
        for entry in [plain(), plain().descriptor(), plain().zip64(), plain().descriptor().zip64()] {
            let (kept, summary) = read(&zip::Archive::new().entry(entry).build());
            assert_eq!(gaps(&summary), [], "{method:?}");
            assert!(kept[0].bytes == content, "{method:?}");
        }
    }
}

#[test]
fn empty_members_and_empty_archives_are_whole() {
    for method in Method::ALL {
        let (kept, summary) = read(&zip::Archive::new().entry(zip::Entry::new("e", "").method(method)).build());
        assert_eq!((kept[0].bytes.len(), gaps(&summary)), (0, vec![]), "{method:?}");
    }
    let (kept, summary) = read(&zip::Archive::new().build());
    assert_eq!((kept.len(), gaps(&summary)), (0, vec![]));
    let (kept, summary) = read(&package::Compression::Gzip.pack(&tar::Archive::new().build()));
    assert_eq!((kept.len(), gaps(&summary)), (0, vec![]));
    let (kept, summary) = read(&tar::Archive::new().entry(tar::Entry::new("e", "")).build());
    assert_eq!((kept[0].bytes.len(), gaps(&summary)), (0, vec![]));
}

#[test]
fn sixty_four_bit_end_records_and_comments_are_read() {
    let archive = || zip::Archive::new().entry(zip::Entry::new("a", "1"));
    for bytes in
        [archive().zip64().build(), archive().comment("words PK\u{5}\u{6} words").build(), archive().comment(vec![b'x'; 65_535]).build()]
    {
        let (kept, _) = read(&bytes);
        assert_eq!(paths(&kept), ["a"]);
    }
    assert_eq!(gaps(&read(&archive().zip64().build()).1), []);
    assert_eq!(gaps(&read(&archive().comment("words").build()).1), []);
}

#[test]
fn an_egg_and_a_zipped_sdist_are_zips() {
    for built in [Egg::new("demo", "1.0").file("demo.py", "1\n").build(), Sdist::new("demo", "1.0").zip().file("demo.py", "1\n").build()] {
        let (kept, summary) = read(&built.bytes);
        assert!(paths(&kept).iter().any(|path| path.ends_with("demo.py")), "{}", built.filename);
        assert_eq!((summary.container, gaps(&summary)), (Container::Zip, vec![]));
    }
}

#[test]
fn directories_are_no_members() {
    let bytes = zip::Archive::new().entry(zip::Entry::new("a/", "").mode(0o040_755)).entry(zip::Entry::new("a/b", "1")).build();
    let (kept, _) = read(&bytes);
    assert_eq!((kept.len(), kept[0].number, kept[0].path.as_str()), (1, 0, "a/b"));
    let bytes = tar::Archive::new().entry(tar::Entry::directory("./a/")).entry(tar::Entry::new("./a/b", "1")).build();
    let (kept, summary) = read(&bytes);
    assert_eq!((kept.len(), kept[0].number, kept[0].path.as_str()), (1, 0, "a/b"));
    assert_eq!(gaps(&summary), []);
}

#[test]
fn streams_one_after_another_are_one() {
    let content = tar::Archive::new().entry(tar::Entry::new("a", "1".repeat(3000))).entry(tar::Entry::new("b", "2")).build();
    for compression in [package::Compression::Gzip, package::Compression::Bzip2, package::Compression::Xz, package::Compression::Zstd] {
        let halves = [compression.pack(&content[..1000]), compression.pack(&content[1000..])].concat();
        let (kept, summary) = read(&halves);
        assert_eq!((paths(&kept), gaps(&summary)), (vec!["a", "b"], vec![]), "{compression:?}");
        assert_eq!(kept[0].bytes.len(), 3000);
    }
}

#[test]
fn long_names_of_both_kinds_are_whole() {
    let long = "d/".repeat(120) + "module.py";
    let gnu = tar::Archive::new().entry(tar::Entry::long_name(long.as_bytes())).entry(tar::Entry::new("cut", "1"));
    let pax = tar::Archive::new().entry(tar::Entry::pax(&[("mtime", "1.5"), ("path", &long)])).entry(tar::Entry::new("cut", "1"));
    for archive in [gnu, pax] {
        let (kept, summary) = read(&archive.entry(tar::Entry::new("next", "2")).build());
        assert_eq!((paths(&kept), gaps(&summary)), (vec![long.as_str(), "next"], vec![]));
    }
}

#[test]
fn nested_archives_are_members_and_are_read_inside() {
    let inner = Wheel::new("inner", "1").file("inner.py", "1\n").build();
    let middle = Sdist::new("middle", "1").file(&format!("vendor/{}", inner.filename), &inner.bytes).build();
    let outer = Wheel::new("outer", "1").file("data/middle.tar.gz", &middle.bytes).file("outer.py", "1\n").build();
    let (kept, summary) = read(&outer.bytes);
    let wheel = "data/middle.tar.gz!/middle-1/vendor/inner-1-py3-none-any.whl";
    assert_eq!(
        paths(&kept)[..6],
        [
            "data/middle.tar.gz",
            "data/middle.tar.gz!/middle-1/PKG-INFO",
            wheel,
            &format!("{wheel}!/inner.py"),
            &format!("{wheel}!/inner-1.dist-info/METADATA"),
            &format!("{wheel}!/inner-1.dist-info/WHEEL"),
        ]
    );
    assert!((0..).zip(&kept).all(|(number, member)| member.number == number));
    assert_eq!((kept[0].bytes.as_slice(), gaps(&summary)), (middle.bytes.as_slice(), vec![]));
}

#[test]
fn what_is_no_archive_is_told_from_what_is_not_read() {
    let error = |bytes: &[u8]| try_read(bytes, &Limits::default()).unwrap_err();
    assert_eq!(error(b""), Error::Empty);
    assert_eq!(error(b"MZ\x90\0 a program"), Error::Unknown { begin: b"MZ\x90\0 a p".to_vec() });
    assert_eq!(error(b"\xed\xab\xee\xdb\x03"), Error::Unsupported { kind: "rpm" });
    assert_eq!(error(b"PK\x03\x04 and nothing else"), Error::Index { offset: 21, what: "no end record" });
    let text = package::Compression::Gzip.pack(&b"not a tar\n".repeat(100));
    let first = "no header where the first should be";
    assert_eq!(error(&text), Error::Header { container: Container::Tar(Compression::Gzip), offset: 512, what: first });
    assert_eq!(error(&text).to_string(), "tar.gz unreadable at byte 512 of what it unpacks to: no header where the first should be");
    assert_eq!(error(&vec![0; 2048]).to_string(), r"not an archive: it begins with \x00\x00\x00\x00\x00\x00\x00\x00");
}

#[test]
fn a_compressed_file_alone_is_a_member_of_its_name() {
    use package::Compression as Packing;
    let text = b"{\"a\": 1}\n".repeat(5000);
    for (packing, extension) in [(Packing::Gzip, "gz"), (Packing::Bzip2, "bz2"), (Packing::Xz, "xz"), (Packing::Zstd, "zst")] {
        let (path, inner) = (format!("demo/data.json.{extension}"), format!("demo/data.json.{extension}!/data.json"));
        let wheel = Wheel::new("demo", "1").file(&path, packing.pack(&text)).build();
        let (kept, summary) = read(&wheel.bytes);
        assert_eq!((kept[1].path.as_str(), kept[1].bytes == text, gaps(&summary)), (inner.as_str(), true, vec![]), "{extension}");
        // A tar keeps being one, whatever it is called.
        let tar = packing.pack(&tar::Archive::new().entry(tar::Entry::new("a.py", "1")).build());
        let (kept, _) = read(&Wheel::new("demo", "1").file(&path, &tar).build().bytes);
        assert_eq!(kept[1].path, format!("{path}!/a.py"));
        // The end cut off, and a bound.
        let cut = packing.pack(&text);
        let (kept, summary) = read(&Wheel::new("demo", "1").file(&path, &cut[..cut.len() / 2]).build().bytes);
        assert_eq!((kept.len(), gaps(&summary).len(), gaps(&summary)[0].1), (4, 1, inner.as_str()), "{extension}");
        let limits = Limits { member_bytes: 1000.max(cut.len() as u64 + 1), ..Limits::default() };
        let (_, summary) = try_read(&wheel.bytes, &limits).unwrap();
        assert_eq!(gaps(&summary)[0].0, census_model::What::Size, "{extension}");
    }
}

#[test]
fn a_program_with_a_zip_at_its_end_is_read_inside() {
    let inner = zip::Archive::new().entry(zip::Entry::new("__main__.py", "1\n")).build();
    for begin in [&b"MZ a launcher\0"[..], b"\x7fELF a launcher\0", b"#!/usr/bin/env python3\n"] {
        let program = [begin, &inner].concat();
        let (kept, summary) = read(&Wheel::new("demo", "1").file("demo/run", &program).build().bytes);
        assert_eq!((kept[1].path.as_str(), gaps(&summary)), ("demo/run!/__main__.py", vec![]));
    }
}

#[test]
fn a_debian_package_is_read_to_its_files() {
    let data = package::Compression::Xz.pack(&tar::Archive::new().entry(tar::Entry::new("./usr/bin/tool", "#!/bin/sh\n")).build());
    let mut deb = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", &b"2.0\n"[..]), ("data.tar.xz", &data)] {
        deb.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len()).bytes());
        deb.extend_from_slice(content);
        deb.resize(deb.len().next_multiple_of(2), b'\n');
    }
    let (kept, summary) = read(&Wheel::new("demo", "1").file("demo/tool.deb", &deb).build().bytes);
    let expected =
        ["demo/tool.deb", "demo/tool.deb!/debian-binary", "demo/tool.deb!/data.tar.xz", "demo/tool.deb!/data.tar.xz!/usr/bin/tool"];
    assert_eq!((&paths(&kept)[..4], gaps(&summary)), (&expected[..], vec![]));
    for end in (9..deb.len()).step_by(7) {
        let (_, summary) = read(&Wheel::new("demo", "1").file("demo/tool.deb", &deb[..end]).build().bytes);
        assert!(end < 26 || !summary.gaps.is_empty(), "{end}");
    }
}

#[test]
fn an_archive_that_is_not_read_is_a_gap() {
    for bytes in [&b"7z\xbc\xaf\x27\x1c\0\x04"[..], b"Rar!\x1a\x07\0", b"\xed\xab\xee\xdb\x03\0", b"MSCF\0\0\0\0\0"] {
        let (_, summary) = read(&Wheel::new("demo", "1").file("demo/data.bin", bytes).build().bytes);
        let length = i64::try_from(bytes.len()).unwrap();
        assert_eq!(gaps(&summary), [(census_model::What::Unsupported, "demo/data.bin", length)]);
    }
}
