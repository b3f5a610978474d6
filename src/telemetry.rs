//! Where log records go.
