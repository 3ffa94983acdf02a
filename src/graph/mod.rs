//! Passes that turn plays into one directed acyclic graph of (task x host) nodes.
