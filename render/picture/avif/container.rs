//! The boxes of an AVIF file: where its picture is, and what is said of it.
//!
//! Every length is checked against what is there: of a file that was cut nothing is read.

use std::ops::Range;

use super::super::decoded::DecodeError;

/// What says that an item is the transparency of another.
const ALPHA: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
/// More entries than a still picture has.
const MOST: usize = 4096;

/// A still picture as its container describes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Container {
    /// As it is stored, before it is turned.
    pub(super) size: (u32, u32),
    /// So many quarters of a turn against the clock.
    pub(super) turns: u8,
    /// Then swapped top to bottom (0) or left to right (1).
    pub(super) mirrored: Option<u8>,
    pub(super) profile: Option<Vec<u8>>,
    /// Primaries and transfer by their numbers in CICP.
    pub(super) colours: Option<(u8, u8)>,
    /// The coded picture, in parts.
    pub(super) picture: Vec<Range<usize>>,
    /// The coded transparency, in parts; empty where there is none.
    pub(super) alpha: Vec<Range<usize>>,
}

type Read<T> = Result<T, DecodeError>;

fn cut() -> DecodeError {
    DecodeError::damaged("a part of it is missing")
}

impl Container {
    /// Reads the boxes of a whole file.
    pub(super) fn read(file: &[u8]) -> Read<Self> {
        let all = Bytes { file, range: 0..file.len() };
        let mut meta =
            all.boxed(b"meta")?.ok_or_else(|| DecodeError::damaged("it does not tell where its picture is"))?;
        meta.skip(4)?;
        let mut head = meta.boxed(b"pitm")?.ok_or_else(|| DecodeError::damaged("it names no picture"))?;
        let wide = head.number(4)? >> 24 > 0;
        let primary = head.number(if wide { 4 } else { 2 })?;
        let places = places(&meta, file.len())?;
        let properties = Properties::read(&meta)?;
        let picture = places.iter().find(|(item, _)| *item == primary).map(|(_, parts)| parts.clone());
        let mut container = Self {
            picture: picture.ok_or_else(|| DecodeError::damaged("its picture is not there"))?,
            ..Self::default()
        };
        for (kind, property) in properties.of(primary)? {
            container.take(kind, property)?;
        }
        if container.size == (0, 0) {
            return Err(DecodeError::damaged("it does not tell the size of its picture"));
        }
        for item in auxiliary(&meta, primary)? {
            let is_alpha = properties.of(item)?.into_iter().any(|(kind, mut property)| {
                &kind == b"auxC" && property.skip(4).is_ok() && property.rest().starts_with(ALPHA)
            });
            if is_alpha {
                container.alpha =
                    places.iter().find(|(id, _)| *id == item).map(|(_, parts)| parts.clone()).unwrap_or_default();
            }
        }
        Ok(container)
    }

    fn take(&mut self, kind: [u8; 4], mut property: Bytes<'_>) -> Read<()> {
        match &kind {
            b"ispe" => {
                property.skip(4)?;
                self.size = (property.number(4)?, property.number(4)?);
            }
            b"irot" => self.turns = (property.number(1)? & 3) as u8,
            b"imir" => self.mirrored = Some((property.number(1)? & 1) as u8),
            b"colr" => match &property.number(4)?.to_be_bytes() {
                b"prof" | b"rICC" => self.profile = Some(property.rest().to_vec()),
                b"nclx" => self.colours = Some((property.number(2)? as u8, property.number(2)? as u8)),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }
}

/// A part of the file that is read from its front.
#[derive(Clone, Debug)]
struct Bytes<'a> {
    file: &'a [u8],
    range: Range<usize>,
}

impl<'a> Bytes<'a> {
    fn rest(&self) -> &'a [u8] {
        self.file.get(self.range.clone()).unwrap_or_default()
    }

    fn skip(&mut self, count: usize) -> Read<Self> {
        let end = self.range.start.checked_add(count).filter(|end| *end <= self.range.end).ok_or_else(cut)?;
        let skipped = Self { file: self.file, range: self.range.start..end };
        self.range.start = end;
        Ok(skipped)
    }

    /// A number of up to four bytes.
    fn number(&mut self, bytes: usize) -> Read<u32> {
        Ok(self.skip(bytes)?.rest().iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A number of up to eight bytes.
    fn large(&mut self, bytes: usize) -> Read<usize> {
        let number = self.skip(bytes)?.rest().iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        usize::try_from(number).map_err(|_| cut())
    }

    /// The next box: its kind and content.
    fn next_box(&mut self) -> Read<([u8; 4], Self)> {
        let start = self.range.start;
        let length = self.number(4)? as usize;
        let kind = self.number(4)?.to_be_bytes();
        let length = match length {
            0 => self.range.end - start,
            1 => self.large(8)?,
            length => length,
        };
        let content = length.checked_sub(self.range.start - start).ok_or_else(cut)?;
        Ok((kind, self.skip(content)?))
    }

    fn boxes(&self) -> Read<Vec<([u8; 4], Self)>> {
        let (mut rest, mut boxes) = (self.clone(), Vec::new());
        while !rest.range.is_empty() && boxes.len() < MOST {
            boxes.push(rest.next_box()?);
        }
        Ok(boxes)
    }

    /// The first box of a kind.
    fn boxed(&self, kind: &[u8; 4]) -> Read<Option<Self>> {
        Ok(self.boxes()?.into_iter().find(|(found, _)| found == kind).map(|(_, content)| content))
    }
}

/// Where the content of each item is in the file.
fn places(meta: &Bytes<'_>, length: usize) -> Read<Vec<(u32, Vec<Range<usize>>)>> {
    let mut table = meta.boxed(b"iloc")?.ok_or_else(|| DecodeError::damaged("it does not tell where its parts are"))?;
    let version = table.number(4)? >> 24;
    let widths = table.number(2)?;
    let width = |shift: u32| (widths >> shift & 15) as usize;
    let id_width = if version < 2 { 2 } else { 4 };
    let count = table.number(id_width)? as usize;
    let data = meta.boxed(b"idat")?;
    let mut places = Vec::new();
    for _ in 0..count.min(MOST) {
        let item = table.number(id_width)?;
        let in_meta = if version > 0 { table.number(2)? & 15 } else { 0 };
        table.skip(2)?;
        let base = table.large(width(4))?;
        let parts = table.number(2)? as usize;
        let (start, end) = match (in_meta, &data) {
            (0, _) => (0, length),
            (1, Some(data)) => (data.range.start, data.range.end),
            _ => return Err(DecodeError::damaged("its parts are in no place that is known")),
        };
        let mut ranges = Vec::new();
        for _ in 0..parts.min(MOST) {
            table.skip(if version > 0 { width(0) } else { 0 })?;
            let (offset, size) = (table.large(width(12))?, table.large(width(8))?);
            let from = [base, offset].into_iter().try_fold(start, usize::checked_add).ok_or_else(cut)?;
            let to = from.checked_add(size).filter(|to| *to <= end).ok_or_else(cut)?;
            ranges.push(from..to);
        }
        places.push((item, ranges));
    }
    Ok(places)
}

/// What is said of items.
struct Properties<'a> {
    all: Vec<([u8; 4], Bytes<'a>)>,
    /// Item, number of the property counted from 1, and whether nobody may pass over it.
    of_items: Vec<(u32, usize, bool)>,
}

impl<'a> Properties<'a> {
    fn read(meta: &Bytes<'a>) -> Read<Self> {
        let Some(properties) = meta.boxed(b"iprp")? else { return Ok(Self { all: Vec::new(), of_items: Vec::new() }) };
        let all = properties.boxed(b"ipco")?.map(|all| all.boxes()).transpose()?.unwrap_or_default();
        let mut of_items = Vec::new();
        for (_, mut table) in properties.boxes()?.into_iter().filter(|(kind, _)| kind == b"ipma") {
            let head = table.number(4)?;
            let (id_width, width) = (if head >> 24 == 0 { 2 } else { 4 }, if head & 1 == 0 { 1 } else { 2 });
            for _ in 0..(table.number(4)? as usize).min(MOST) {
                let item = table.number(id_width)?;
                for _ in 0..table.number(1)? {
                    let entry = table.number(width)?;
                    let essential = 0x80_u32 << (8 * (width - 1));
                    of_items.push((item, (entry & (essential - 1)) as usize, entry & essential > 0));
                }
            }
        }
        Ok(Self { all, of_items })
    }

    fn of(&self, item: u32) -> Read<Vec<([u8; 4], Bytes<'a>)>> {
        const KNOWN: [&[u8; 4]; 6] = [b"ispe", b"irot", b"imir", b"colr", b"av1C", b"auxC"];
        let mut found = Vec::new();
        for (_, number, is_essential) in self.of_items.iter().filter(|(id, ..)| *id == item) {
            let Some((kind, content)) = number.checked_sub(1).and_then(|index| self.all.get(index)) else { continue };
            if KNOWN.contains(&kind) {
                found.push((*kind, content.clone()));
            } else if *is_essential {
                return Err(DecodeError::damaged("it is put together in a way that is not known here"));
            }
        }
        Ok(found)
    }
}

/// The items that belong to another, such as its transparency.
fn auxiliary(meta: &Bytes<'_>, primary: u32) -> Read<Vec<u32>> {
    let Some(mut references) = meta.boxed(b"iref")? else { return Ok(Vec::new()) };
    let id_width = if references.number(4)? >> 24 == 0 { 2 } else { 4 };
    let mut found = Vec::new();
    for (_, mut reference) in references.boxes()?.into_iter().filter(|(kind, _)| kind == b"auxl") {
        let from = reference.number(id_width)?;
        for _ in 0..reference.number(2)? {
            if reference.number(id_width)? == primary {
                found.push(from);
            }
        }
    }
    Ok(found)
}
