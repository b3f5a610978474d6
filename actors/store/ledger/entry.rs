//! The entries of the ledger's file: 32 bytes each, the first four of which are the checksum of the rest.

use std::io::{self, Read};

use super::super::sealed::Identity;

/// The size of an entry in bytes.
pub const ENTRY: usize = 32;
/// The longest name of a table that is kept; a longer one is cut in reports.
const NAME: usize = 24;

/// What one entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The first one.
    Title { generation: u64, last_number: u64 },
    /// The name behind a table's number.
    Table { table: u8, name: [u8; NAME] },
    /// A record is written.
    Put { table: u8, key: u64, identity: Identity },
    /// A record is removed.
    Remove { table: u8, key: u64, number: u64 },
    /// So many entries before this one are on disk for certain.
    Mark { entries: u64 },
}

impl Entry {
    /// The name of a table, cut to what fits.
    pub fn named(table: u8, name: &str) -> Self {
        let mut bytes = [0; NAME];
        bytes.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        Self::Table { table, name: bytes }
    }

    /// As it is in the file.
    pub fn to_bytes(self) -> [u8; ENTRY] {
        let (kind, table, number, key, checksum) = match self {
            Self::Title { generation, last_number } => (1, 0, generation, last_number, 0),
            Self::Table { table, .. } => (2, table, 0, 0, 0),
            Self::Put { table, key, identity } => (3, table, identity.number, key, identity.checksum),
            Self::Remove { table, key, number } => (4, table, number, key, 0),
            Self::Mark { entries } => (5, 0, entries, 0, 0),
        };
        let mut body = Vec::with_capacity(ENTRY);
        body.extend_from_slice(&[kind, table, 0, 0]);
        match self {
            Self::Table { name, .. } => body.extend_from_slice(&name),
            _ => {
                body.extend_from_slice(&number.to_be_bytes());
                body.extend_from_slice(&key.to_be_bytes());
                body.extend_from_slice(&checksum.to_be_bytes());
                body.extend_from_slice(&[0; 4]);
            }
        }
        let mut bytes = [0; ENTRY];
        let (sum, rest) = bytes.split_at_mut(4);
        sum.copy_from_slice(&crc32fast::hash(&body).to_be_bytes());
        rest.copy_from_slice(&body);
        bytes
    }

    /// None for an entry whose bits were changed.
    pub fn from_bytes(bytes: &[u8; ENTRY]) -> Option<Self> {
        let (sum, body) = bytes.split_first_chunk::<4>()?;
        if crc32fast::hash(body) != u32::from_be_bytes(*sum) {
            return None;
        }
        let ([kind, table, _, _], fields) = body.split_first_chunk::<4>()?;
        let name: [u8; NAME] = fields.try_into().ok()?;
        let (number, rest) = fields.split_first_chunk::<8>()?;
        let (key, rest) = rest.split_first_chunk::<8>()?;
        let (checksum, _) = rest.split_first_chunk::<4>()?;
        let (number, key, table) = (u64::from_be_bytes(*number), u64::from_be_bytes(*key), *table);
        match kind {
            1 => Some(Self::Title { generation: number, last_number: key }),
            2 => Some(Self::Table { table, name }),
            3 => {
                let identity = Identity { number, checksum: u32::from_be_bytes(*checksum) };
                Some(Self::Put { table, key, identity })
            }
            4 => Some(Self::Remove { table, key, number }),
            5 => Some(Self::Mark { entries: number }),
            _ => None,
        }
    }
}

/// Reads the next entry; false at the end of the file, and where the last one is not whole.
pub fn read(file: &mut impl Read, bytes: &mut [u8; ENTRY]) -> io::Result<bool> {
    match file.read_exact(bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}
