//! What the Thumbnailer shows.

/// What was rendered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThumbnailView {
    /// Thumbnails made since the daemon started.
    pub rendered: u64,
    /// Pictures that could not be used.
    pub failed: u64,
    /// Bytes on disk.
    pub bytes: u64,
}
