//! Encodings that hide constants: base64 and its kin, hexadecimal, rot13, percent signs, deflate.

use std::io::Read;

use super::value::Value;

/// The longest that compressed data may unpack to.
const LONGEST: u64 = 4 << 20;

/// How much memory unpacking may take.
const MEMORY: u64 = 64 << 20;

/// What a decoding function of the standard library, given by its dotted name, makes of constant bytes.
pub(super) fn by_call(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match name {
        "base64.b64decode" | "base64.standard_b64decode" | "base64.decodebytes" | "binascii.a2b_base64" | "base64.urlsafe_b64decode" => {
            base64(bytes)
        }
        "base64.b32decode" => base32(bytes),
        "base64.b16decode" | "binascii.unhexlify" | "binascii.a2b_hex" | "bytes.fromhex" | "bytearray.fromhex" => hex(bytes),
        "base64.b85decode" => base85(bytes, &B85),
        "base64.a85decode" => ascii85(bytes),
        "zlib.decompress" => inflate(flate2::read::ZlibDecoder::new(bytes)).or_else(|| inflate(flate2::read::DeflateDecoder::new(bytes))),
        "bz2.decompress" => inflate(bzip2::read::MultiBzDecoder::new(bytes)),
        "lzma.decompress" => unxz(bytes),
        "gzip.decompress" => inflate(flate2::read::GzDecoder::new(bytes)),
        _ => None,
    }
}

fn inflate(reader: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(LONGEST).read_to_end(&mut out).ok()?;
    Some(out)
}

/// The container that `lzma` writes unless told otherwise, or the older one.
fn unxz(bytes: &[u8]) -> Option<Vec<u8>> {
    let stream = liblzma::stream::Stream::new_auto_decoder(MEMORY, 0).ok()?;
    inflate(liblzma::read::XzDecoder::new_stream(bytes, stream))
}

/// What `codecs.decode(bytes, codec)` gives: a text for text encodings and rot13, bytes for the others.
pub(super) fn decode<'a>(bytes: &[u8], codec: &str) -> Option<Value<'a>> {
    let name = codec.to_ascii_lowercase().replace(['-', '_'], "");
    match name.as_str() {
        "rot13" | "rot" => std::str::from_utf8(bytes).ok().map(|text| Value::text(rot13(text))),
        "hex" | "hexcodec" => hex(bytes).map(Value::bytes),
        "base64" | "base64codec" => base64(bytes).map(Value::bytes),
        "bz2" | "bz2codec" => by_call("bz2.decompress", bytes).map(Value::bytes),
        "zip" | "zlib" | "zlibcodec" => by_call("zlib.decompress", bytes).map(Value::bytes),
        _ => decode_text(bytes, codec).map(Value::text),
    }
}

/// Bytes as text.
pub(super) fn decode_text(bytes: &[u8], codec: &str) -> Option<String> {
    let name = codec.to_ascii_lowercase().replace(['-', '_'], "");
    match name.as_str() {
        "utf8" | "ascii" | "usascii" | "u8" => std::str::from_utf8(bytes).ok().map(str::to_owned),
        "latin1" | "iso88591" | "l1" => Some(bytes.iter().map(|&b| char::from(b)).collect()),
        "utf16" | "utf16le" => {
            let bytes = bytes.strip_prefix(&[0xff, 0xfe]).unwrap_or(bytes);
            let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

/// Whether a codec's name means rot13.
pub(super) fn is_rot13(codec: &str) -> bool {
    matches!(codec.to_ascii_lowercase().as_str(), "rot13" | "rot_13" | "rot-13")
}

pub(super) fn rot13(text: &str) -> String {
    let turn = |c: char, base: u8| char::from((c as u8 - base + 13) % 26 + base);
    text.chars()
        .map(|c| match c {
            'a'..='z' => turn(c, b'a'),
            'A'..='Z' => turn(c, b'A'),
            _ => c,
        })
        .collect()
}

/// Percent signs decoded.
pub(super) fn unquote(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%'
            && let Some(byte) = bytes.get(at + 1..at + 3).and_then(hex)
        {
            out.extend(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    census_model::id::hex(bytes)
}

fn hex(bytes: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = bytes.iter().filter(|b| !b.is_ascii_whitespace()).copied().collect();
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Base64, standard or for URLs; as Python does, what is not of its alphabet is skipped.
fn base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    bits(bytes.iter().take_while(|&&b| b != b'=').filter_map(|&b| value(b)), 6)
}

fn base32(bytes: &[u8]) -> Option<Vec<u8>> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'2'..=b'7' => Some(b - b'2' + 26),
        _ => None,
    };
    bits(bytes.iter().take_while(|&&b| b != b'=').filter_map(|&b| value(b)), 5)
}

fn bits(values: impl Iterator<Item = u8>, width: u32) -> Option<Vec<u8>> {
    let (mut held, mut count, mut out) = (0u32, 0, Vec::new());
    for value in values {
        held = held << width | u32::from(value);
        count += width;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(held >> count & 0xff).ok()?);
            held &= (1 << count) - 1;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The digits of `base64.b85decode`.
const B85: [u8; 85] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

fn base85(bytes: &[u8], alphabet: &[u8; 85]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> =
        bytes.iter().map(|b| alphabet.iter().position(|a| a == b).and_then(|at| u32::try_from(at).ok())).collect();
    groups_of_five(&digits?)
}

/// `base64.a85decode`: digits from `!`, with `z` for four zero bytes.
fn ascii85(bytes: &[u8]) -> Option<Vec<u8>> {
    let body = bytes.strip_prefix(b"<~").and_then(|b| b.strip_suffix(b"~>")).unwrap_or(bytes);
    let mut digits = Vec::with_capacity(body.len());
    for &b in body.iter().filter(|b| !b.is_ascii_whitespace()) {
        match b {
            b'z' => digits.extend([0; 5]),
            b'!'..=b'u' => digits.push(u32::from(b - b'!')),
            _ => return None,
        }
    }
    groups_of_five(&digits)
}

fn groups_of_five(digits: &[u32]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(digits.len() * 4 / 5);
    for group in digits.chunks(5) {
        let mut padded = group.iter().copied().chain(std::iter::repeat_n(84, 5 - group.len()));
        let value = padded.try_fold(0u32, |value, digit| value.checked_mul(85)?.checked_add(digit))?;
        out.extend_from_slice(&value.to_be_bytes()[..group.len().checked_sub(1)?]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_decode_as_python_does() {
        let call = |name, text: &str| String::from_utf8(by_call(name, text.as_bytes()).unwrap()).unwrap();
        assert_eq!(call("base64.b64decode", "aW1wb3J0IG9z"), "import os");
        assert_eq!(call("base64.b64decode", "aW1w\nb3J0IG8="), "import o");
        assert_eq!(call("base64.b32decode", "NFWXA33SOQQG64Y="), "import os");
        assert_eq!(call("bytes.fromhex", "69 6d70"), "imp");
        assert_eq!(call("base64.b85decode", "X>D+Ca&#bXa{"), "import os");
        assert_eq!(call("base64.a85decode", "Bl.g-Ec`FBEr"), "import os");
        let packed = hex(b"789ccbcc2dc82f2a51c82f06001287039e").unwrap();
        assert_eq!(by_call("zlib.decompress", &packed).unwrap(), b"import os");
        assert_eq!(rot13("flfgrz"), "system");
        assert_eq!(unquote("a%2Fb%zz"), "a/b%zz");
        assert_eq!(decode_text(b"\xe9", "latin-1").as_deref(), Some("é"));
        assert!(by_call("base64.b16decode", b"abc").is_none());
        assert!(by_call("zlib.decompress", b"no").is_none());
    }
}
