//! What the AssetIndexer is asked.

use actix::Message;
use posterizarr_base::artwork::Root;

/// Reads these paths (files or folders below the root) again; when it is answered, the view shows them.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Refresh {
    /// The root they are in.
    pub root: Root,
    /// Relative, with `/` between folders.
    pub paths: Vec<String>,
}

/// Scans all roots; answered when scans that began after the message are done.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Rescan;
