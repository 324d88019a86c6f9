//! The interpreter's own serialization: constants and code objects, of versions 2.3 to 3.14, read without trusting a length.
//!
//! Objects lie in one arena and refer to each other by number, so that nothing recurses over what was read.

/// How deep objects nest.
const DEEPEST: usize = 100;

/// How many objects there are.
const MOST: usize = 1 << 20;

/// An object, as far as it matters here.
#[derive(Debug, PartialEq)]
pub(super) enum Object {
    None,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    /// A tuple, list or set.
    Items(Vec<usize>),
    Code(Box<Code>),
    Other,
}

/// A code object; its parts by their numbers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Code {
    pub(super) flags: i64,
    pub(super) instructions: usize,
    pub(super) consts: usize,
    pub(super) names: usize,
    /// Names of parameters and variables, in the order in which instructions number them.
    pub(super) locals: usize,
    /// Its own name.
    pub(super) name: usize,
}

/// How code objects are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// To 2.7.
    Two,
    /// 3.0 to 3.7.
    Three,
    /// 3.8 to 3.10: positional-only parameters.
    Eight,
    /// From 3.11: one list of local names, exception tables.
    Eleven,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Objects {
    all: Vec<Object>,
    root: usize,
}

impl Objects {
    /// The object that everything is part of.
    pub(super) fn root(&self) -> Option<&Object> {
        self.all.get(self.root)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Object> {
        self.all.get(at)
    }

    pub(super) fn all(&self) -> &[Object] {
        &self.all
    }

    /// The numbers of the elements of a tuple.
    pub(super) fn items(&self, at: usize) -> &[usize] {
        match self.all.get(at) {
            Some(Object::Items(items)) => items,
            _ => &[],
        }
    }

    /// A text: a name, in 2.x a string of bytes.
    pub(super) fn text(&self, at: usize) -> Option<&str> {
        match self.all.get(at)? {
            Object::Text(text) => Some(text),
            Object::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}

/// Reads one object; `None` where the bytes are none, or hold more than the bounds allow. Says how many bytes it took.
pub(super) fn read(bytes: &[u8], layout: Layout) -> Option<(Objects, usize)> {
    let mut reader = Reader { bytes, at: 0, layout, all: Vec::new(), referred: Vec::new(), interned: Vec::new() };
    let root = reader.object(0)?;
    Some((Objects { all: reader.all, root }, reader.at))
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    layout: Layout,
    all: Vec<Object>,
    /// The objects that references name, in order.
    referred: Vec<usize>,
    /// The same of 2.x, for strings alone.
    interned: Vec<usize>,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn int(&mut self) -> Option<i32> {
        self.take(4).and_then(|taken| taken.try_into().ok()).map(i32::from_le_bytes)
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.int()?).ok()
    }

    fn object(&mut self, depth: usize) -> Option<usize> {
        if depth > DEEPEST || self.all.len() >= MOST {
            return None;
        }
        let tag = self.byte()?;
        if tag == b'r' {
            let at = self.size()?;
            return self.referred.get(at).copied();
        }
        if tag == b'R' {
            let at = self.size()?;
            return self.interned.get(at).copied();
        }
        let at = self.all.len();
        self.all.push(Object::Other);
        if tag & 0x80 != 0 {
            self.referred.push(at);
        }
        let kind = tag & 0x7f;
        if kind == b't' {
            self.interned.push(at);
        }
        self.all[at] = self.body(kind, depth)?;
        Some(at)
    }

    fn body(&mut self, kind: u8, depth: usize) -> Option<Object> {
        Some(match kind {
            b'N' => Object::None,
            b'T' => Object::Bool(true),
            b'F' => Object::Bool(false),
            b'S' | b'.' | b'0' | b'?' => Object::Other,
            b'i' => Object::Int(self.int()?.into()),
            b'I' => Object::Int(self.take(8)?.try_into().map(i64::from_le_bytes).ok()?),
            b'l' => self.long()?,
            b'g' => self.skip(8)?,
            b'y' => self.skip(16)?,
            b'f' => {
                let count = self.byte()?;
                self.skip(count.into())?
            }
            b'x' => {
                for _ in 0..2 {
                    let count = self.byte()?;
                    self.skip(count.into())?;
                }
                Object::Other
            }
            b's' => {
                let count = self.size()?;
                Object::Bytes(self.take(count)?.to_vec())
            }
            b't' | b'u' | b'a' | b'A' => {
                let count = self.size()?;
                self.string(count)?
            }
            b'z' | b'Z' => {
                let count = self.byte()?;
                self.string(count.into())?
            }
            b'(' | b'[' | b'<' | b'>' => {
                let count = self.size()?;
                self.items(count, depth)?
            }
            b')' => {
                let count = self.byte()?;
                self.items(count.into(), depth)?
            }
            b':' => self.items(3, depth)?,
            b'{' => self.mapping(depth)?,
            b'c' => self.code(depth)?,
            _ => return None,
        })
    }

    fn skip(&mut self, count: usize) -> Option<Object> {
        self.take(count).map(|_| Object::Other)
    }

    fn string(&mut self, count: usize) -> Option<Object> {
        Some(Object::Text(String::from_utf8_lossy(self.take(count)?).into_owned()))
    }

    /// A number in digits of 15 bits, the lowest first.
    fn long(&mut self) -> Option<Object> {
        let count = self.int()?;
        let digits = usize::try_from(count.unsigned_abs()).ok()?;
        let taken = self.take(digits.checked_mul(2)?)?;
        let value = taken
            .chunks_exact(2)
            .rev()
            .try_fold(0_i64, |value, digit| value.checked_mul(1 << 15)?.checked_add(i64::from(u16::from_le_bytes([digit[0], digit[1]]))));
        Some(value.map_or(Object::Other, |value| Object::Int(if count < 0 { -value } else { value })))
    }

    fn items(&mut self, count: usize, depth: usize) -> Option<Object> {
        // Each takes a byte at least: a count beyond what is left is a lie.
        if count > self.bytes.len() - self.at {
            return None;
        }
        (0..count).map(|_| self.object(depth + 1)).collect::<Option<Vec<_>>>().map(Object::Items)
    }

    /// A mapping ends where a key would be nothing.
    fn mapping(&mut self, depth: usize) -> Option<Object> {
        let mut values = Vec::new();
        while self.bytes.get(self.at)? != &b'0' {
            values.push(self.object(depth + 1)?);
            values.push(self.object(depth + 1)?);
        }
        self.at += 1;
        Some(Object::Items(values))
    }

    fn code(&mut self, depth: usize) -> Option<Object> {
        let counts = match self.layout {
            Layout::Two => 3,
            Layout::Three | Layout::Eleven => 4,
            Layout::Eight => 5,
        };
        self.skip(counts * 4)?;
        let flags = self.int()?.into();
        let instructions = self.object(depth + 1)?;
        let consts = self.object(depth + 1)?;
        let names = self.object(depth + 1)?;
        let locals = self.object(depth + 1)?;
        // To 3.10 free and cell variables, file and name; from 3.11 what kind each local is, file, name and qualified name.
        let mut more = [0; 4];
        for at in &mut more {
            *at = self.object(depth + 1)?;
        }
        let name = more[if self.layout == Layout::Eleven { 2 } else { 3 }];
        self.int()?;
        for _ in 0..if self.layout == Layout::Eleven { 2 } else { 1 } {
            self.object(depth + 1)?;
        }
        Some(Object::Code(Box::new(Code { flags, instructions, consts, names, locals, name })))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAYOUTS: [Layout; 4] = [Layout::Two, Layout::Three, Layout::Eight, Layout::Eleven];

    #[test]
    fn plain_objects_are_read() {
        for (bytes, object) in [
            (&b"N"[..], Object::None),
            (b"T", Object::Bool(true)),
            (b"i\xff\xff\xff\xff", Object::Int(-1)),
            (b"l\x02\0\0\0\x01\0\x01\0", Object::Int(0x8001)),
            (b"l\xff\xff\xff\xff\x05\0", Object::Int(-5)),
            (b"l\x09\0\0\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0", Object::Other),
            (b"s\x02\0\0\0ab", Object::Bytes(b"ab".to_vec())),
            (b"z\x02ab", Object::Text("ab".to_owned())),
            (b"u\x02\0\0\0\xc3\xa9", Object::Text("é".to_owned())),
            (b"g\0\0\0\0\0\0\0\0", Object::Other),
        ] {
            let (objects, taken) = read(bytes, Layout::Eleven).unwrap();
            assert_eq!((objects.root(), taken), (Some(&object), bytes.len()), "{bytes:?}");
        }
        let (objects, _) = read(b"\xa9\x02\xda\x02osr\x01\0\0\0", Layout::Eleven).unwrap();
        let items: Vec<_> = objects.items(0).iter().map(|&at| objects.text(at)).collect();
        assert_eq!(items, [Some("os"), Some("os")]);
        let (objects, _) = read(b"{z\x01ai\x01\0\0\x000", Layout::Eleven).unwrap();
        assert_eq!(objects.items(0).len(), 2);
    }

    #[test]
    fn lies_are_not_believed() {
        for bytes in [&b""[..], b"s\xff\xff\xff\x7f", b"(\xff\xff\xff\x7f", b"s\xff\xff\xff\xff", b"r\0\0\0\0", b"c", b"Q", b"{z"] {
            assert!(read(bytes, Layout::Eleven).is_none(), "{bytes:?}");
        }
        assert!(read(&b")\x01".repeat(10_000), Layout::Eleven).is_none());
    }

    proptest! {
        #[test]
        fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), layout in 0usize..4) {
            let _ = read(&bytes, LAYOUTS[layout]);
        }

        #[test]
        fn texts_come_back(texts in prop::collection::vec("[a-z]{0,20}", 0..20)) {
            let mut bytes = vec![b')', u8::try_from(texts.len()).unwrap()];
            for text in &texts {
                bytes.extend([b'z', u8::try_from(text.len()).unwrap()]);
                bytes.extend(text.as_bytes());
            }
            let (objects, taken) = read(&bytes, Layout::Eleven).unwrap();
            let read: Vec<_> = objects.items(0).iter().map(|&at| objects.text(at).unwrap().to_owned()).collect();
            prop_assert_eq!((read, taken), (texts, bytes.len()));
        }
    }
}
