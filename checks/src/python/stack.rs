//! Room for deep trees.

/// The deepest tree that is parsed is walked and dropped in so many bytes. A page that is not
/// touched costs nothing.
pub(crate) const ROOM: usize = 32 * 1024 * 1024;

/// Runs `work`, which parses, walks or drops trees, where there is room for it.
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(ROOM, 2 * ROOM, work)
}
