//! Python source text.
