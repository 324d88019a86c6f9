//! Java class files: the methods of other classes that the constant pool names.

use std::collections::HashMap;

use super::reader::Reader;
use super::{Damaged, Read};

/// Reads a class.
///
/// What it calls in its own package's neighborhood (the first two labels of the name) is left out, as names are that resolve inside
/// an artifact: they say nothing about the world.
pub(super) fn read(bytes: &[u8], reader: &mut Reader) -> Read {
    let pool = Pool::read(bytes).ok_or(Damaged)?;
    let own = pool.own(bytes).map(project).unwrap_or_default();
    for &(class, name) in &pool.methods {
        let (Some(class), Some(name)) = (pool.class(class), pool.name(name)) else { continue };
        // Arrays have the methods of any object.
        if class.starts_with(b"[") || !own.is_empty() && project(class) == own {
            continue;
        }
        let mut value: Vec<u8> = class.iter().map(|&byte| if byte == b'/' { b'.' } else { byte }).collect();
        value.push(b'.');
        value.extend_from_slice(name);
        if !reader.symbol(b"", &value, bytes) {
            break;
        }
    }
    Ok(())
}

/// The first two labels of a name: `org/example` of `org/example/tool/Main`.
fn project(class: &[u8]) -> &[u8] {
    let mut slashes = class.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let (first, second) = (slashes.next(), slashes.next());
    &class[..second.or(first).unwrap_or(0)]
}

/// The entries of the constant pool that matter here.
#[derive(Default)]
struct Pool<'d> {
    texts: HashMap<u16, &'d [u8]>,
    /// Of a class, the number of its name.
    classes: HashMap<u16, u16>,
    /// Of a name and type, the number of the name.
    names: HashMap<u16, u16>,
    /// Class, and name and type.
    methods: Vec<(u16, u16)>,
    /// Where the pool ends.
    end: usize,
}

impl<'d> Pool<'d> {
    fn read(bytes: &'d [u8]) -> Option<Self> {
        let mut pool = Self::default();
        let (mut at, count) = (10, half(bytes, 8)?);
        let mut n = 1;
        while n < count {
            let tag = *bytes.get(at)?;
            let (first, second) = (half(bytes, at + 1)?, half(bytes, at + 3).unwrap_or(0));
            at += match tag {
                1 => {
                    let end = at + 3 + usize::from(first);
                    pool.texts.insert(n, bytes.get(at + 3..end)?);
                    end - at
                }
                7 => {
                    pool.classes.insert(n, first);
                    3
                }
                10 | 11 => {
                    pool.methods.push((first, second));
                    5
                }
                12 => {
                    pool.names.insert(n, first);
                    5
                }
                8 | 16 | 19 | 20 => 3,
                15 => 4,
                3 | 4 | 9 | 17 | 18 => 5,
                // Numbers of 64 bits take two places in the pool.
                5 | 6 => {
                    n += 1;
                    9
                }
                _ => return None,
            };
            n = n.checked_add(1)?;
        }
        pool.end = at;
        (at <= bytes.len()).then_some(pool)
    }

    fn class(&self, number: u16) -> Option<&'d [u8]> {
        self.texts.get(self.classes.get(&number)?).copied()
    }

    fn name(&self, number: u16) -> Option<&'d [u8]> {
        self.texts.get(self.names.get(&number)?).copied()
    }

    /// The name of the class itself.
    fn own(&self, bytes: &[u8]) -> Option<&'d [u8]> {
        self.class(half(bytes, self.end + 2)?)
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|half| u16::from_be_bytes(*half))
}

#[cfg(test)]
mod tests {
    use census_model::{Kind, What};

    use crate::Format;
    use crate::native::see;

    /// A class `org/example/Own` that calls methods of others, and one of its neighbor.
    fn class(calls: &[(&str, &str)]) -> Vec<u8> {
        let (mut pool, mut count) = (Vec::new(), 1_u16);
        let mut add = |bytes: &[u8]| {
            pool.extend_from_slice(bytes);
            count += 1;
            count - 1
        };
        let text = |add: &mut dyn FnMut(&[u8]) -> u16, text: &str| {
            add(&[&[1][..], &u16::try_from(text.len()).expect("short").to_be_bytes(), text.as_bytes()].concat())
        };
        let own = text(&mut add, "org/example/Own");
        let own = add(&[&[7][..], &own.to_be_bytes()].concat());
        add(&[5, 0, 0, 0, 0, 0, 0, 0, 1]);
        let mut after = Vec::new();
        for (class, method) in calls {
            let class = text(&mut add, class);
            let method = text(&mut add, method);
            after.push((class, method));
        }
        // The long number before takes two places.
        let mut references = Vec::new();
        for (class, method) in after {
            let class = add(&[&[7][..], &(class + 1).to_be_bytes()].concat()) + 1;
            let method = add(&[&[12][..], &(method + 1).to_be_bytes(), &(method + 1).to_be_bytes()].concat()) + 1;
            references.push([&[10][..], &class.to_be_bytes(), &method.to_be_bytes()].concat());
        }
        for reference in &references {
            add(reference);
        }
        let mut class = b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec();
        class.extend((count + 1).to_be_bytes());
        class.extend(pool);
        class.extend([0, 0x21]);
        class.extend(own.to_be_bytes());
        class
    }

    #[test]
    fn a_class_names_what_it_calls_outside() {
        let bytes =
            class(&[("java/lang/Runtime", "exec"), ("org/example/util/Other", "go"), ("[I", "clone"), ("org/other/Tool", "<init>")]);
        let seen = see(Format::JavaClass, &bytes);
        let got: Vec<_> = seen.sightings.iter().map(|s| (s.term.kind, s.term.value.as_str())).collect();
        assert_eq!(got, [(Kind::Symbol, "java.lang.Runtime.exec"), (Kind::Symbol, "org.other.Tool.<init>")]);
        assert_eq!(seen.gaps, []);
        for end in 8..bytes.len() - 4 {
            assert_eq!(see(Format::JavaClass, &bytes[..end]).gaps.first().map(|gap| gap.0), Some(What::Damaged), "{end}");
        }
    }
}
