//! Answers that are kept from run to run.

/// A place where answers are kept, handed in by whoever has a disk. What was kept may be gone at
/// any time; what comes back was kept by this very build, under this very key.
pub trait Cache {
    /// What was kept last under `key`.
    fn get(&self, key: &str) -> Option<Vec<u8>>;

    /// Keeps `value` under `key`, in place of what was there. Nobody is told if that fails: the
    /// answer is only found anew the next time.
    fn put(&self, key: &str, value: &[u8]);
}
