//! An own walk of a ZIP's central directory that trusts nothing.
//!
//! Two readers of one ZIP can see two different packages (duplicate names, overlapping entries, local headers that contradict the
//! directory, a second directory). Each such ambiguity is refused before a byte is inflated: what we verify must be what others open.

use std::collections::HashMap;
use std::ops::Range;

use super::container::{ContainerFault, Entry, STORED};
use super::names;
use crate::limits::Limits;
use crate::text::Text;

const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const CENTRAL_SIGNATURE: &[u8] = b"PK\x01\x02";
const LOCAL_SIGNATURE: &[u8] = b"PK\x03\x04";
const DESCRIPTOR_SIGNATURE: &[u8] = b"PK\x07\x08";
/// The end record without its comment.
const END_BYTES: usize = 22;
/// A comment's length is 16 bits, so the end record lies within this many bytes of the end.
const END_SEARCH: usize = END_BYTES + 65_535;
/// Below this an entry may pack as tightly as it likes: a page of blanks does.
const RATIO_FLOOR: u64 = 1 << 20;

const DEFLATED: u16 = 8;

/// Bits of the general-purpose flag.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIPTOR: u16 = 1 << 3;

/// The end-of-central-directory record, located and checked.
pub(super) struct End {
    /// What stands before the first byte that the ZIP's own offsets count from.
    pub base: usize,
    pub directory: Range<usize>,
    count: usize,
    /// Of the archive comment.
    comment: usize,
}

pub(super) struct Walked {
    pub end: End,
    pub entries: Vec<Entry>,
}

/// Every entry of the directory, each checked against its local header. Faults are appended; what makes the whole ambiguous refuses it.
pub(super) fn walk(bytes: &[u8], limits: &Limits, faults: &mut Vec<ContainerFault>) -> Result<Walked, Text> {
    let (end, after) = find_end(bytes)?;
    if end.base > 0 || after > 0 {
        faults.push(ContainerFault::Surplus {
            before: end.base as u64,
            after,
        });
    }
    if end.count > limits.package_entries as usize {
        let (count, most) = (end.count, limits.package_entries);
        return Err(Text::new(
            format!("{count} girdi, sınır {most}"),
            format!("{count} entries, more than {most}"),
        ));
    }
    let mut entries = Vec::with_capacity(end.count);
    let mut extents = Vec::with_capacity(end.count);
    let mut names: HashMap<String, usize> = HashMap::with_capacity(end.count);
    let mut total = 0_u64;
    let mut comments = end.comment;
    let mut at = end.directory.start;
    for _ in 0..end.count {
        let (record, next) = central_record(bytes, at, end.directory.end)?;
        at = next;
        let raw_name = record.name;
        let mut entry = record.entry;
        total = total.saturating_add(entry.size);
        if total > limits.package_bytes {
            let most = limits.package_bytes;
            return Err(Text::new(
                format!("açıldığında {most} bayttan büyük"),
                format!("more than {most} bytes uncompressed"),
            ));
        }
        comments += record.comment;
        let extent = local_extent(bytes, &mut entry, raw_name, end.base, end.directory.start)?;
        extents.push(extent.start..extent.end + descriptor(bytes, &entry, &extent));
        let name = names::entry_name(raw_name);
        if name.ends_with(['/', '\\']) && entry.size == 0 {
            continue; // a folder: not a part
        }
        entry.backslashes = name.contains('\\');
        entry.uri = format!("/{}", name.replace('\\', "/"));
        entry.refused = entry.refused.take().or_else(|| refusal(&name, &entry, limits));
        if let Some(reason) = &entry.refused {
            faults.push(ContainerFault::Entry {
                uri: entry.uri.clone(),
                reason: reason.clone(),
            });
        }
        if let Some(first) = names.insert(entry.uri.to_ascii_lowercase(), entries.len()) {
            faults.push(ContainerFault::Duplicate { uri: entry.uri.clone() });
            let reason = Some(Text::new("aynı adla ikinci bir girdi var", "a second entry has the same name"));
            if let Some(twin) = entries.get_mut(first) {
                let twin: &mut Entry = twin;
                twin.refused.clone_from(&reason);
            }
            entry.refused = reason;
        }
        entries.push(entry);
    }
    if at != end.directory.end {
        return Err(Text::new(
            "merkez dizini sayısından uzun",
            "the central directory holds more than it counts",
        ));
    }
    extents.sort_unstable_by_key(|extent: &Range<usize>| extent.start);
    if extents.windows(2).any(|pair| matches!(pair, [one, two] if two.start < one.end)) {
        return Err(Text::new("girdiler üst üste biniyor", "overlapping entries"));
    }
    let listed: usize = extents.iter().map(ExactSizeIterator::len).sum();
    let between = (end.directory.start - end.base).saturating_sub(listed);
    if between + comments > 0 {
        faults.push(ContainerFault::Unlisted {
            between: between as u64,
            comments: comments as u64,
        });
    }
    if end.base > 0 || hides_entry(bytes, &end, &extents) {
        faults.push(ContainerFault::TwoReadings);
    }
    Ok(Walked { end, entries })
}

/// A local header that the directory does not list: readers that go from the front, as streaming ones do, find it.
fn hides_entry(bytes: &[u8], end: &End, sorted: &[Range<usize>]) -> bool {
    let starts = sorted.iter().map(|extent| extent.start).chain([end.directory.start]);
    let stops = [end.base].into_iter().chain(sorted.iter().map(|extent| extent.end));
    let mut gaps = stops.zip(starts).filter_map(|(stop, start)| bytes.get(stop..start));
    gaps.any(|gap| memchr::memmem::find(gap, LOCAL_SIGNATURE).is_some())
}

/// The last end record whose comment ends the file; failing that, the last that fits at all (something was appended).
fn find_end(bytes: &[u8]) -> Result<(End, u64), Text> {
    let from = bytes.len().saturating_sub(END_SEARCH);
    let tail = bytes.get(from..).unwrap_or_default();
    let candidates = (0..tail.len().saturating_sub(END_BYTES - 1)).rev();
    let mut fallback = None;
    let mut exact = None;
    for offset in candidates.filter(|offset| tail.get(*offset..).is_some_and(|rest| rest.starts_with(END_SIGNATURE))) {
        let start = from + offset;
        let stop = start + END_BYTES + usize::from(u16_at(bytes, start + 20).unwrap_or(0));
        if stop == bytes.len() {
            exact = Some((start, stop));
            break;
        }
        if stop < bytes.len() && fallback.is_none() {
            fallback = Some((start, stop));
        }
    }
    let (start, stop) = exact
        .or(fallback)
        .ok_or_else(|| Text::new("ZIP değil ya da kesik", "not a ZIP file, or cut off"))?;
    let cut_off = || Text::new("kesik", "cut off");
    let field = |offset: usize| u16_at(bytes, start + offset).ok_or_else(cut_off);
    let wide = |offset: usize| u32_at(bytes, start + offset).ok_or_else(cut_off);
    let (here, total) = (field(8)?, field(10)?);
    if field(4)? != 0 || field(6)? != 0 || here != total {
        return Err(Text::new("çok ciltli ZIP", "a multi-volume ZIP"));
    }
    let (size, offset) = (wide(12)?, wide(16)?);
    if total == u16::MAX || size == u32::MAX || offset == u32::MAX {
        return Err(Text::new(
            "ZIP64 dizini; 4 GiB ve 65.535 girdinin altındaki paket buna gerek duymaz",
            "a ZIP64 directory, which a package below 4 GiB and 65,535 entries does not need",
        ));
    }
    let (size, offset) = (size as usize, offset as usize);
    let misplaced = || {
        Text::new(
            "merkez dizini, bitiş kaydının söylediği yerde değil",
            "the central directory is not where the end record says",
        )
    };
    let directory_start = start.checked_sub(size).ok_or_else(misplaced)?;
    let base = directory_start.checked_sub(offset).ok_or_else(misplaced)?;
    let end = End {
        base,
        directory: directory_start..start,
        count: usize::from(total),
        comment: stop - start - END_BYTES,
    };
    Ok((end, (bytes.len() - stop) as u64))
}

struct CentralRecord<'a> {
    entry: Entry,
    name: &'a [u8],
    /// Length of its comment.
    comment: usize,
}

fn central_record(bytes: &[u8], at: usize, end: usize) -> Result<(CentralRecord<'_>, usize), Text> {
    let broken = || Text::new("merkez dizini bozuk", "the central directory is damaged");
    let record = bytes.get(at..end).ok_or_else(broken)?;
    if !record.starts_with(CENTRAL_SIGNATURE) {
        return Err(broken());
    }
    let half = |offset: usize| u16_at(record, offset).ok_or_else(broken);
    let word = |offset: usize| u32_at(record, offset).ok_or_else(broken);
    let (name_length, extra_length, comment_length) = (usize::from(half(28)?), usize::from(half(30)?), usize::from(half(32)?));
    let name = record.get(46..46 + name_length).ok_or_else(broken)?;
    let extra = record.get(46 + name_length..46 + name_length + extra_length).ok_or_else(broken)?;
    let length = 46 + name_length + extra_length + comment_length;
    if length > record.len() {
        return Err(broken());
    }
    let mut wide = Zip64::find(extra);
    let size = wide.or_take(word(24)?).ok_or_else(broken)?;
    let compressed = wide.or_take(word(20)?).ok_or_else(broken)?;
    let header = wide.or_take(word(42)?).ok_or_else(broken)?;
    let entry = Entry {
        uri: String::new(),
        backslashes: false,
        size,
        refused: None,
        compressed,
        method: half(10)?,
        flags: half(8)?,
        crc: word(16)?,
        header,
        data: 0..0,
        index: None,
    };
    Ok((
        CentralRecord {
            entry,
            name,
            comment: comment_length,
        },
        at + length,
    ))
}

/// The ZIP64 extra field (0x0001) of a directory entry: eight bytes for each of size, compressed size and offset that reads 0xFFFFFFFF.
struct Zip64<'a>(&'a [u8]);

impl<'a> Zip64<'a> {
    fn find(extra: &'a [u8]) -> Self {
        let mut rest = extra;
        while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
            let stop = 4 + usize::from(length);
            if id == 1 {
                return Self(rest.get(4..stop).unwrap_or_default());
            }
            rest = rest.get(stop..).unwrap_or_default();
        }
        Self(&[])
    }

    fn or_take(&mut self, value: u32) -> Option<u64> {
        if value != u32::MAX {
            return Some(u64::from(value));
        }
        let (eight, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*eight))
    }
}

/// Checks the local header against the directory and returns the bytes that the entry occupies, header included.
fn local_extent(bytes: &[u8], entry: &mut Entry, name: &[u8], base: usize, directory: usize) -> Result<Range<usize>, Text> {
    let uri = || names::entry_name(name);
    let outside = || {
        Text::new(
            format!("'{}' dosyanın dışında", uri()),
            format!("entry '{}' lies outside the file", uri()),
        )
    };
    let start = usize::try_from(entry.header)
        .ok()
        .and_then(|header| header.checked_add(base))
        .ok_or_else(outside)?;
    entry.header = start as u64;
    let header = bytes.get(start..directory).ok_or_else(outside)?;
    let contradicts = || {
        Text::new(
            format!("'{}' girdisinin yerel başlığı dizinle çelişiyor", uri()),
            format!("the local header of '{}' contradicts the directory", uri()),
        )
    };
    if !header.starts_with(LOCAL_SIGNATURE) {
        return Err(contradicts());
    }
    let half = |offset: usize| u16_at(header, offset).ok_or_else(outside);
    let word = |offset: usize| u32_at(header, offset).ok_or_else(outside);
    let name_end = 30 + usize::from(half(26)?);
    let data_start = name_end + usize::from(half(28)?);
    if header.get(30..name_end) != Some(name) || half(8)? != entry.method || (half(6)? ^ entry.flags) & (ENCRYPTED | DESCRIPTOR) != 0 {
        return Err(contradicts());
    }
    // With a data descriptor the sizes follow the data and the header holds zeros; 0xFFFFFFFF points to its ZIP64 field.
    let agrees =
        |local: u32, central: u64| u64::from(local) == central || local == u32::MAX || (local == 0 && entry.flags & DESCRIPTOR != 0);
    if !agrees(word(14)?, u64::from(entry.crc)) || !agrees(word(18)?, entry.compressed) || !agrees(word(22)?, entry.size) {
        return Err(contradicts());
    }
    let stop = usize::try_from(entry.compressed)
        .ok()
        .and_then(|length| data_start.checked_add(length));
    let stop = stop.filter(|stop| *stop <= header.len()).ok_or_else(outside)?;
    entry.data = start + data_start..start + stop;
    Ok(start..start + stop)
}

/// Length of the data descriptor behind an entry that announces one: checksum and sizes once more, with or without a signature, the sizes
/// four or eight bytes wide. Nothing for bytes that say something else.
fn descriptor(bytes: &[u8], entry: &Entry, extent: &Range<usize>) -> usize {
    if entry.flags & DESCRIPTOR == 0 {
        return 0;
    }
    let behind = bytes.get(extent.end..).unwrap_or_default();
    let crc = entry.crc.to_le_bytes();
    let narrow = [entry.compressed, entry.size]
        .map(|size| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes())
        .concat();
    let wide = [entry.compressed, entry.size].map(u64::to_le_bytes).concat();
    let forms = [DESCRIPTOR_SIGNATURE, &[]]
        .into_iter()
        .flat_map(|signature| [&wide, &narrow].map(|sizes| [signature, &crc, sizes].concat()));
    forms.into_iter().find(|form| behind.starts_with(form)).map_or(0, |form| form.len())
}

/// Why this entry alone is not opened.
fn refusal(name: &str, entry: &Entry, limits: &Limits) -> Option<Text> {
    if let Some((tr, en)) = names::unsafe_reason(name) {
        return Some(Text::new(format!("güvensiz ad ({tr})"), format!("unsafe name ({en})")));
    }
    if name.ends_with(['/', '\\']) {
        return Some(Text::new("veri taşıyan klasör", "a folder that holds data"));
    }
    if entry.flags & ENCRYPTED != 0 {
        return Some(Text::new("şifreli girdi", "encrypted entry"));
    }
    if !matches!(entry.method, STORED | DEFLATED) {
        let method = entry.method;
        return Some(Text::new(
            format!("sıkıştırma yöntemi {method}"),
            format!("compression method {method}"),
        ));
    }
    if entry.method == STORED && entry.size != entry.compressed {
        return Some(Text::new("sıkıştırılmamış ama iki boyutlu girdi", "a stored entry with two sizes"));
    }
    if entry.size > limits.entry_bytes {
        let (size, most) = (entry.size, limits.entry_bytes);
        return Some(Text::new(
            format!("{size} bayt, sınır {most}"),
            format!("{size} bytes, more than {most}"),
        ));
    }
    let bound = entry.compressed.saturating_mul(u64::from(limits.compression_ratio));
    let ratio = limits.compression_ratio;
    let tight = || {
        Text::new(
            format!("{ratio}:1 oranından sıkı paketlenmiş"),
            format!("packed tighter than {ratio}:1"),
        )
    };
    (entry.size > RATIO_FLOOR && entry.size > bound).then(tight)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|two| u16::from_le_bytes(*two))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))
}
