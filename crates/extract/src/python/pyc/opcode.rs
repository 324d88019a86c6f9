//! What the interpreter's instructions mean, as far as names, constants and calls go, version by version.

use super::marshal::Layout;

/// What an instruction does to the names and constants on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Pushes the constant of this number.
    Const,
    /// Pushes a small number, which is the argument.
    Small,
    /// Pushes what a name of the module or a builtin is; with the argument's low bit an empty place as well (3.11).
    Global,
    /// Pushes what a name is.
    Name,
    /// Pushes a local variable.
    Local,
    /// Pushes two.
    Locals,
    /// Puts an attribute in the place of its object.
    Attribute,
    /// The same for a method that is called, with a place for its object.
    Method,
    /// Binds a name.
    Store,
    /// Binds a local variable.
    StoreLocal,
    /// Imports: two are popped, the module pushed.
    Import,
    /// Pushes a name of the module on top.
    From,
    /// Pushes an empty place.
    Null,
    /// Pops one.
    Pop,
    /// Calls with this many arguments.
    Call,
    /// Calls a method with this many arguments.
    CallMethod,
    /// Calls with keywords, whose names are on top.
    CallNamed,
    /// Names the keywords of the next call (3.11, 3.12).
    Keywords,
    /// Pops this many and pushes one.
    Build,
    /// Pops two and pushes one.
    Two,
    /// Pops a list's further elements.
    Grow,
    /// The statement `exec` (2.x).
    Execute,
    /// Says the upper bits of the next argument.
    Extend,
    /// Does nothing to the stack.
    Nothing,
    /// Anything else.
    Other,
}

/// A release of the interpreter, as far as its byte code differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u8);

impl Version {
    pub(super) const TWO: Self = Self(0);

    /// The version that a magic number stands for: 0 for all of 2.x, else the second part of the version.
    pub(super) fn of_magic(magic: u16) -> Option<Self> {
        Some(Self(match magic {
            3000..=3159 => 1,
            3160..=3189 => 2,
            3190..=3249 => 3,
            3250..=3319 => 4,
            3320..=3359 => 5,
            3360..=3389 => 6,
            3390..=3399 => 7,
            3400..=3419 => 8,
            3420..=3429 => 9,
            3430..=3449 => 10,
            3450..=3499 => 11,
            3500..=3549 => 12,
            3550..=3599 => 13,
            3600..=3649 => 14,
            20_121..=62_299 => 0,
            _ => return None,
        }))
    }

    /// Its name.
    pub(super) fn name(self) -> String {
        if self == Self::TWO { "2".to_owned() } else { format!("3.{}", self.0) }
    }

    pub(super) fn layout(self) -> Layout {
        match self.0 {
            0 => Layout::Two,
            1..=7 => Layout::Three,
            8..=10 => Layout::Eight,
            _ => Layout::Eleven,
        }
    }

    /// The bytes before the code.
    pub(super) fn header(self) -> usize {
        match self.0 {
            0..=2 => 8,
            3..=6 => 12,
            _ => 16,
        }
    }

    /// Whether every instruction takes two bytes; before, those with an argument take three, the others one.
    pub(super) fn is_wide(self) -> bool {
        self.0 >= 6
    }

    /// How many places what a call calls takes on the stack.
    pub(super) fn places(self) -> usize {
        if self.0 >= 11 { 2 } else { 1 }
    }

    /// Whether a global that is called lies below its empty place.
    pub(super) fn is_place_above(self) -> bool {
        self.0 >= 13
    }

    /// Whether the argument of these has a low bit that says something else.
    pub(super) fn shift(self, op: Op) -> u32 {
        u32::from(op == Op::Global && self.0 >= 11 || op == Op::Attribute && self.0 >= 12)
    }

    pub(super) fn op(self, code: u8) -> Op {
        match self.0 {
            14 => fourteen(code),
            13 => thirteen(code),
            _ => self.before(code),
        }
    }

    /// To 3.12, where numbers kept their meaning but for few.
    fn before(self, code: u8) -> Op {
        match (code, self.0) {
            (1, _) => Op::Pop,
            (2, 11..) => Op::Null,
            (0 | 151 | 166, 11..) | (9, _) => Op::Nothing,
            (85, 0) => Op::Execute,
            (25 | 122, 11..) | (107, _) | (19..=29 | 55..=57 | 62..=66 | 75..=79, 0..=10) => Op::Two,
            (90 | 97, _) => Op::Store,
            (100, _) => Op::Const,
            (101, _) => Op::Name,
            (102..=104, _) | (157, 6..) => Op::Build,
            (106, _) => Op::Attribute,
            (108, _) => Op::Import,
            (109, _) => Op::From,
            (116, _) => Op::Global,
            (124, _) => Op::Local,
            (125, _) => Op::StoreLocal,
            (131, 0..=10) | (171, 11..) => Op::Call,
            (161, 7..=10) => Op::CallMethod,
            (141, 6..=10) => Op::CallNamed,
            (144, 1..) | (145, 0) => Op::Extend,
            (160, 7..=11) => Op::Method,
            (162, 9..) => Op::Grow,
            (172, 11..) => Op::Keywords,
            _ => Op::Other,
        }
    }
}

fn thirteen(code: u8) -> Op {
    match code {
        0 | 30 | 149 => Op::Nothing,
        32 => Op::Pop,
        34 => Op::Null,
        5 | 45 | 58 => Op::Two,
        47 | 49 | 51 | 52 => Op::Build,
        53 => Op::Call,
        57 => Op::CallNamed,
        71 => Op::Extend,
        74 => Op::From,
        75 => Op::Import,
        81 => Op::Grow,
        82 => Op::Attribute,
        83 => Op::Const,
        85 => Op::Local,
        88 => Op::Locals,
        91 => Op::Global,
        92 => Op::Name,
        110 => Op::StoreLocal,
        113 | 114 => Op::Store,
        _ => Op::Other,
    }
}

fn fourteen(code: u8) -> Op {
    match code {
        0 | 27 | 128 => Op::Nothing,
        31 => Op::Pop,
        33 => Op::Null,
        44 | 56 => Op::Two,
        46 | 48 | 50 | 51 => Op::Build,
        52 => Op::Call,
        55 => Op::CallNamed,
        69 => Op::Extend,
        72 => Op::From,
        73 => Op::Import,
        79 => Op::Grow,
        80 => Op::Attribute,
        82 => Op::Const,
        84 | 86 | 88 => Op::Local,
        87 | 89 => Op::Locals,
        92 => Op::Global,
        93 => Op::Name,
        94 => Op::Small,
        112 => Op::StoreLocal,
        115 | 116 => Op::Store,
        _ => Op::Other,
    }
}
