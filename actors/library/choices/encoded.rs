//! An answer that many ask for: written, hashed and compressed once, when it changes.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use posterizarr_base::files::short_digest;

/// Fast, and wide enough to see a row again in the next category: smaller and faster than gzip's default here.
const BROTLI_QUALITY: u32 = 5;
const BROTLI_WINDOW: u32 = 22;
const BUFFER: usize = 64 * 1024;

/// A body in the encodings that browsers ask for. As it is, it takes ten times their memory, and hardly anybody asks for it.
#[derive(Debug, Clone, Default)]
pub struct Encoded {
    /// For `Content-Encoding: gzip`.
    pub gzip: Bytes,
    /// For `Content-Encoding: br`.
    pub brotli: Bytes,
    /// Bytes of the body as it is.
    pub length: usize,
    /// Tells it from every other body; the same for the same body after a restart.
    pub etag: String,
}

impl Encoded {
    /// Compresses a body. Takes some milliseconds per megabyte.
    pub fn new(plain: &[u8]) -> io::Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(plain)?;
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
        brotli.write_all(plain)?;
        let etag = short_digest(plain);
        let (gzip, brotli) = (shrunk(gzip.finish()?), shrunk(brotli.into_inner()));
        Ok(Self { gzip, brotli, length: plain.len(), etag })
    }

    /// The body as it is. Takes about a millisecond per megabyte.
    pub fn plain(&self) -> io::Result<Vec<u8>> {
        let mut plain = Vec::with_capacity(self.length);
        // unbounded: it was made here.
        GzDecoder::new(&*self.gzip).read_to_end(&mut plain)?;
        Ok(plain)
    }
}

/// Without the spare room that growing left.
fn shrunk(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}
