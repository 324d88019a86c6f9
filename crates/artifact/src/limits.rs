//! The bounds within which an artifact is read.

/// The bounds of one artifact, nested archives included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries, directories included.
    pub members: u32,
    /// Bytes of one member, unpacked.
    pub member_bytes: u64,
    /// Bytes unpacked in all, whether they were visited or only passed over.
    pub total_bytes: u64,
    /// How many times its packed size a member, and everything together, may unpack to.
    pub ratio: u64,
    /// Below so many bytes the ratio is not looked at.
    pub ratio_floor: u64,
    /// How many archives deep: 0 reads no nested archive.
    pub nesting: u8,
    /// Bytes of a path within its archive.
    pub path_bytes: usize,
}

impl Default for Limits {
    /// What every honest artifact stays below: 200,000 entries, 2 GiB a member, 8 GiB in all, 1000 times the packed size beyond
    /// 16 MiB, three archives deep, paths of 4,096 bytes.
    fn default() -> Self {
        Self {
            members: 200_000,
            member_bytes: 2 << 30,
            total_bytes: 8 << 30,
            ratio: 1000,
            ratio_floor: 16 << 20,
            nesting: 3,
            path_bytes: 4096,
        }
    }
}

impl Limits {
    /// How many bytes so many packed ones may unpack to.
    pub(crate) fn unpacked(&self, packed: u64) -> u64 {
        packed.saturating_mul(self.ratio).max(self.ratio_floor)
    }
}
