//! States of a git repository: what lies on disk, or a tree in the object database.
