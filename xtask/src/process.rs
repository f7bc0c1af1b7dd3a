//! Runs programs: their own process group, a time-out, nothing left behind.
