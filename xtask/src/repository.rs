//! The git repository that is judged.
