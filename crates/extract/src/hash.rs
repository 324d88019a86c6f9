//! Maps keyed by names and short texts: hashed fast, each process with a seed of its own.

/// A map, see above.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set, see above.
pub(crate) type HashSet<T> = std::collections::HashSet<T, foldhash::fast::RandomState>;
