//! A zip that holds itself: unpacked, its only member is the archive again, checksum and all.
//!
//! The deflate stream is a program of two instructions, "print the next bytes" (a stored block) and "print again the last bytes" (a
//! match), that prints itself between the archive's head and tail. The checksum is a part of what it is the checksum of; since CRC-32
//! is linear over its input, the value that fits is the solution of 32 linear equations.

/// The name of the member, of the length that makes an instruction fill whole bytes.
const NAME: &[u8; 30] = b"again/again/again/again/it.zip";

/// Bytes of a stored block's header, and of every other instruction but the last.
const UNIT: usize = 5;

/// Builds it.
pub(super) fn zip() -> Vec<u8> {
    // The checksum occurs in head and tail, each of which occurs twice. Where the equations have no solution, another date has.
    (0..=u16::MAX).find_map(solve).expect("one of many dates has a solution")
}

fn solve(date: u16) -> Option<Vec<u8>> {
    let build = |crc| archive(date, crc);
    let sum = |crc: u32| {
        let mut hasher = flate2::Crc::new();
        hasher.update(&build(crc));
        hasher.sum() ^ crc
    };
    // sum(crc) = 0 is wanted; it is a constant and a linear part.
    let constant = sum(0);
    let mut rows: Vec<(u32, u32)> = (0..32).map(|bit| (sum(1 << bit) ^ constant, 1 << bit)).collect();
    let (mut left, mut crc) = (constant, 0);
    for bit in 0..32 {
        let Some(at) = rows.iter().position(|(image, _)| image >> bit & 1 == 1) else {
            if left >> bit & 1 == 1 {
                return None;
            }
            continue;
        };
        let (image, input) = rows.swap_remove(at);
        if left >> bit & 1 == 1 {
            (left, crc) = (left ^ image, crc ^ input);
        }
        for row in rows.iter_mut().filter(|row| row.0 >> bit & 1 == 1) {
            *row = (row.0 ^ image, row.1 ^ input);
        }
    }
    (left == 0).then(|| build(crc))
}

fn archive(date: u16, crc: u32) -> Vec<u8> {
    // Every length is known before the bytes are: the program's as well.
    let head_length = 30 + NAME.len();
    let tail_length = 46 + NAME.len() + 22;
    let last = 4;
    let program_length = (UNIT + head_length + UNIT) + UNIT * (1 + 2 + 2 + 5 + 1 + 5 + 1 + 5 + 1 + 2) + UNIT + last + tail_length + last;
    let total = head_length + program_length + tail_length;
    let common = |out: &mut Vec<u8>| {
        out.extend([20, 0, 0, 0, 8, 0, 0, 0]);
        out.extend(date.to_le_bytes());
        for value in [crc, short(program_length), short(total)] {
            out.extend(value.to_le_bytes());
        }
        out.extend([u8::try_from(NAME.len()).expect("a short name"), 0, 0, 0]);
    };
    let mut head = b"PK\x03\x04".to_vec();
    common(&mut head);
    head.extend(NAME);
    let mut tail = b"PK\x01\x02\x14\x00".to_vec();
    common(&mut tail);
    tail.extend([0; 14]);
    tail.extend(NAME);
    let directory = short(tail.len());
    tail.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    tail.extend(directory.to_le_bytes());
    tail.extend(short(head_length + program_length).to_le_bytes());
    tail.extend([0, 0]);
    let program = program(&head, &tail);
    debug_assert_eq!(program.len(), program_length);
    [head, program, tail].concat()
}

fn short(length: usize) -> u32 {
    u32::try_from(length).expect("a small archive")
}

/// The program that prints head, itself and tail.
fn program(head: &[u8], tail: &[u8]) -> Vec<u8> {
    let print = |length: usize| {
        let length = u16::try_from(length).expect("a small archive");
        [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat()
    };
    let (print_head, print_tail) = (print(head.len() + UNIT), print(tail.len() + 4));
    let (again_head, again_tail) = (again_head(), again_tail());
    let (none, one, four, again) = (print(0), print(UNIT), print(4 * UNIT), again_four());
    let parts: [&[u8]; 32] = [
        &print_head,
        head,
        &print_head,
        &again_head, // prints the head and the first instruction, twice
        &one,
        &again_head,
        &one,
        &one,
        &four,
        &again_head,
        &one,
        &one,
        &four,
        &again,
        &four,
        &again,
        &four,
        &again,
        &four,
        &again,
        &four,
        &again,
        &none,
        &none,
        &print_tail,
        &again,
        &none,
        &none,
        &print_tail,
        &again_tail,
        tail,
        &again_tail,
    ];
    parts.concat()
}

/// Bits, the lowest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn low(mut self, value: u32, count: usize) -> Self {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().expect("pushed") |= u8::from(value >> bit & 1 == 1) << (self.used % 8);
            self.used += 1;
        }
        self
    }

    /// A Huffman code, the highest bit first.
    fn code(self, value: u32, count: usize) -> Self {
        (0..count).rev().fold(self, |bits, bit| bits.low(value >> bit & 1, 1))
    }
}

/// "Print again the last 20 bytes", in five: two matches of ten bytes.
fn again_four() -> Vec<u8> {
    let ten_of_twenty = |bits: Bits| bits.code(264 - 256, 7).code(8, 5).low(20 - 17, 3);
    ten_of_twenty(ten_of_twenty(Bits::default().low(0b010, 3))).code(0, 7).bytes
}

/// "Print again the last 65 bytes", in five: one match and an empty block.
fn again_head() -> Vec<u8> {
    Bits::default().low(0b010, 3).code(276 - 256, 7).low(65 - 59, 3).code(12, 5).low(0, 5).code(0, 7).low(0b010, 3).code(0, 7).bytes
}

/// "Print again the last 102 bytes", in four, as the last block.
fn again_tail() -> Vec<u8> {
    Bits::default().low(0b011, 3).code(279 - 256, 7).low(102 - 99, 4).code(13, 5).low(102 - 97, 5).code(0, 7).bytes
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    #[test]
    fn the_only_member_is_the_archive() {
        let zip = super::zip();
        let mut archive = ::zip::ZipArchive::new(Cursor::new(&zip)).unwrap();
        let mut inside = Vec::new();
        // The library checks the checksum.
        archive.by_index(0).unwrap().read_to_end(&mut inside).unwrap();
        assert_eq!((archive.len(), inside), (1, zip));
    }
}
