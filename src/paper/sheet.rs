//! A tagged PDF/A page by page: text in lines and cells, rules, hashes; nothing active, no link, no image.
//!
//! Text is set glyph by glyph without shaping, in the order of its characters: what a hostile subject could reorder or hide is gone before
//! (see [`printable`]), and a character that the fonts lack shows as the replacement character, never as nothing.

use std::num::NonZeroU16;

use jiff::Timestamp;
use krilla::configure::validate::Archival;
use krilla::configure::{Configuration, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Stroke;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::PaperError;
use crate::clock::istanbul;
use crate::text::{Lang, clean};

/// A4, in points.
pub const A4: (f32, f32) = (595.28, 841.89);
pub const MARGIN: f32 = 36.0;
/// Distance of lines, in sizes of the font.
pub const LEADING: f32 = 1.3;
/// Shown for a character that no font here has.
const REPLACEMENT: char = '\u{fffd}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Regular,
    Bold,
    Mono,
}

#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub face: Face,
    pub size: f32,
}

/// A font with what setting a line needs of it.
struct Loaded {
    font: Font,
    data: FontRef<'static>,
    units: f32,
}

pub struct Fonts([Loaded; 3]);

impl Fonts {
    pub fn load() -> Result<Self, PaperError> {
        let load = |bytes: &'static [u8]| {
            let font = Font::new(bytes.into(), 0).ok_or_else(|| PaperError::Pdf("a bundled font cannot be read".into()))?;
            let data = FontRef::new(bytes).map_err(|error| PaperError::Pdf(error.to_string()))?;
            let units = font.units_per_em();
            Ok::<_, PaperError>(Loaded { font, data, units })
        };
        Ok(Self([
            load(dejavu::sans_condensed::regular())?,
            load(dejavu::sans_condensed::bold())?,
            load(dejavu::sans_mono::regular())?,
        ]))
    }

    fn of(&self, face: Face) -> &Loaded {
        let [regular, bold, mono] = &self.0;
        match face {
            Face::Regular => regular,
            Face::Bold => bold,
            Face::Mono => mono,
        }
    }

    /// The text as this face can show it.
    fn showable(&self, face: Face, text: &str) -> String {
        let charmap = self.of(face).data.charmap();
        let shown = |c: char| {
            let has = |c: char| charmap.map(c).is_some_and(|glyph| glyph.to_u32() != 0);
            match c {
                '\u{e000}'..='\u{f8ff}' | '\u{ad}' => REPLACEMENT,
                c if has(c) => c,
                _ if has(REPLACEMENT) => REPLACEMENT,
                _ => '?',
            }
        };
        text.chars().map(shown).collect()
    }

    fn glyphs(&self, style: Style, text: &str) -> Vec<KrillaGlyph> {
        let loaded = self.of(style.face);
        let charmap = loaded.data.charmap();
        let metrics = loaded.data.glyph_metrics(Size::unscaled(), LocationRef::default());
        text.char_indices()
            .map(|(at, c)| {
                let glyph = charmap.map(c).unwrap_or_default();
                let advance = metrics.advance_width(glyph).unwrap_or_default() / loaded.units;
                KrillaGlyph::new(GlyphId::new(glyph.to_u32()), advance, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
            })
            .collect()
    }

    fn advances(&self, style: Style, text: &str) -> Vec<(char, f32)> {
        let glyphs = self.glyphs(style, text);
        text.chars().zip(glyphs.iter().map(|glyph| glyph.x_advance * style.size)).collect()
    }

    /// Breaks a text into lines of at most `width` points, at spaces where there are any; what does not fit into `at_most` lines ends in an
    /// ellipsis.
    pub fn wrap(&self, style: Style, text: &str, width: f32, at_most: usize) -> Vec<String> {
        // No line holds more characters than this: what lies far behind the cut is not measured.
        const LINE_CHARS: usize = 400;
        let text = printable(text, at_most.saturating_mul(LINE_CHARS));
        let measured = self.advances(style, &self.showable(style.face, &text));
        let mut lines = Vec::new();
        let mut rest = measured.as_slice();
        while !rest.is_empty() {
            let fits = count_that_fit(rest, width).max(1);
            let end = match rest.get(fits) {
                None => rest.len(),
                Some(_) => {
                    let within = rest.get(..fits).unwrap_or_default();
                    within.iter().rposition(|(c, _)| *c == ' ').map_or(fits, |space| space + 1)
                }
            };
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            if lines.len() + 1 == at_most && !after.is_empty() {
                lines.push(with_ellipsis(line, width, style.size));
                return lines;
            }
            lines.push(line.iter().map(|(c, _)| c).collect::<String>().trim().to_owned());
            rest = after;
        }
        lines
    }
}

fn count_that_fit(text: &[(char, f32)], width: f32) -> usize {
    let mut used = 0.0;
    text.iter()
        .take_while(|(_, advance)| {
            used += advance;
            used <= width
        })
        .count()
}

fn with_ellipsis(line: &[(char, f32)], width: f32, size: f32) -> String {
    let kept = count_that_fit(line, width - size);
    let mut text: String = line.iter().take(kept).map(|(c, _)| c).collect();
    text.truncate(text.trim_end().len());
    text + "…"
}

/// One line without anything that steers, hides or reorders, at most so many characters.
pub fn printable(text: &str, at_most: usize) -> String {
    let short: String = text.chars().take(at_most).collect();
    clean(&short).replace(['\u{2028}', '\u{2029}'], " ").trim().to_owned()
}

/// A document in the making.
pub struct Paper {
    document: Document,
    tree: TagTree,
    pub fonts: Fonts,
    size: (f32, f32),
}

/// What stands in the document's metadata.
pub struct About<'a> {
    pub title: &'a str,
    pub lang: Lang,
    /// Of the journal's last record: a paper has the time of what it shows, not of its print.
    pub at: Timestamp,
}

impl Paper {
    /// # Errors
    /// The bundled fonts cannot be read.
    pub fn new(about: &About<'_>, size: (f32, f32), archival: Archival) -> Result<Self, PaperError> {
        let language = if about.lang == Lang::Tr { "tr" } else { "en" };
        let mut document = Document::new_with(SerializeSettings {
            configuration: configuration(archival)?,
            enable_tagging: true,
            ..SerializeSettings::default()
        });
        document.set_metadata(
            Metadata::new()
                .title(about.title.to_owned())
                .language(language.to_owned())
                .creator("kep-gateway".to_owned())
                .producer("kep-gateway".to_owned())
                .creation_date(date_time(about.at)),
        );
        Ok(Self {
            document,
            tree: TagTree::new().with_lang(Some(language.to_owned())),
            fonts: Fonts::load()?,
            size,
        })
    }

    /// Adds a page.
    ///
    /// # Errors
    /// The size is none.
    pub fn page(&mut self, draw: impl FnOnce(&mut Canvas<'_, '_>)) -> Result<(), PaperError> {
        let settings = PageSettings::from_wh(self.size.0, self.size.1).ok_or_else(|| PaperError::Pdf("page size".into()))?;
        let mut page = self.document.start_page_with(settings);
        let nodes = {
            let mut canvas = Canvas {
                surface: page.surface(),
                fonts: &self.fonts,
                nodes: Vec::new(),
            };
            draw(&mut canvas);
            canvas.surface.finish();
            canvas.nodes
        };
        page.finish();
        nodes.into_iter().for_each(|node| self.tree.push(node));
        Ok(())
    }

    /// Encloses a text file that the pages were made from.
    pub fn enclose(&mut self, name: &str, description: &str, text: Vec<u8>, at: Timestamp) {
        self.document.embed_file(EmbeddedFile {
            path: name.to_owned(),
            mime_type: MimeType::new("text/plain"),
            description: Some(description.to_owned()),
            association_kind: AssociationKind::Data,
            data: text.into(),
            modification_date: Some(date_time(at)),
            compress: Some(true),
            location: None,
        });
    }

    /// # Errors
    /// The validator of PDF/A refused something: a bug of ours.
    pub fn finish(mut self) -> Result<Vec<u8>, PaperError> {
        self.document.set_tag_tree(self.tree);
        self.document
            .finish()
            .map_err(|error| PaperError::Pdf(format!("{error:?}").chars().take(500).collect()))
    }
}

fn configuration(archival: Archival) -> Result<Configuration, PaperError> {
    let built = ConfigurationBuilder::new().with_archival_validator(archival).finish();
    built.map_err(|error| PaperError::Pdf(format!("{error:?}")))
}

fn date_time(at: Timestamp) -> DateTime {
    let local = at.to_zoned(istanbul());
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    let offset = local.offset().seconds() / 3_600;
    DateTime::new(u16::try_from(local.year()).unwrap_or_default())
        .month(small(local.month()))
        .day(small(local.day()))
        .hour(small(local.hour()))
        .minute(small(local.minute()))
        .second(small(local.second()))
        .utc_offset_hour(i8::try_from(offset).unwrap_or_default())
}

/// One page.
pub struct Canvas<'p, 'f> {
    surface: Surface<'p>,
    pub fonts: &'f Fonts,
    nodes: Vec<Node>,
}

impl Canvas<'_, '_> {
    fn set(&mut self, (x, y): (f32, f32), style: Style, text: &str) {
        let font = self.fonts.of(style.face).font.clone();
        let glyphs = self.fonts.glyphs(style, text);
        self.surface
            .draw_glyphs(Point::from_xy(x, y), &glyphs, font, text, style.size, false);
    }

    /// A line that belongs to the content, as a leaf for a group.
    fn leaf(&mut self, at: (f32, f32), style: Style, line: &str) -> Node {
        let line = self.fonts.showable(style.face, &printable(line, usize::MAX));
        let identifier = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
        self.set(at, style, &line);
        self.surface.end_tagged();
        identifier.into()
    }

    /// What repeats on every page and is not read aloud.
    pub fn furniture(&mut self, at: (f32, f32), style: Style, line: &str) {
        let line = self.fonts.showable(style.face, &printable(line, usize::MAX));
        let artifact = Artifact::with_kind(ArtifactType::PaginationOther);
        self.surface.start_tagged(ContentTag::Artifact(artifact));
        self.set(at, style, &line);
        self.surface.end_tagged();
    }

    pub fn heading(&mut self, at: (f32, f32), style: Style, level: u16, line: &str) {
        let leaf = self.leaf(at, style, line);
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        self.nodes
            .push(TagGroup::with_children(Tag::Hn(level, Some(printable(line, 200))), vec![leaf]).into());
    }

    /// Lines below each other as one paragraph; says where the next may stand.
    pub fn paragraph(&mut self, (x, y): (f32, f32), style: Style, lines: &[String]) -> f32 {
        let leaves = self.leaves((x, y), style, lines);
        if !leaves.is_empty() {
            self.nodes.push(TagGroup::with_children(Tag::P, leaves).into());
        }
        y + style.size * LEADING * lines.len() as f32
    }

    fn leaves(&mut self, (x, y): (f32, f32), style: Style, lines: &[String]) -> Vec<Node> {
        let step = style.size * LEADING;
        let place = |at: usize| (x, y + step * at as f32);
        lines
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| self.leaf(place(at), style, line))
            .collect()
    }

    /// A row of cells; a heading row where `head` says so.
    pub fn row(&mut self, cells: Vec<Cell>, head: bool) -> Node {
        let children = cells
            .into_iter()
            .map(|cell| {
                let leaves = self.leaves(cell.at, cell.style, &cell.lines);
                match head {
                    true => TagGroup::with_children(Tag::TH(TableHeaderScope::Column), leaves).into(),
                    false => TagGroup::with_children(Tag::TD, leaves).into(),
                }
            })
            .collect();
        TagGroup::with_children(Tag::TR, children).into()
    }

    pub fn table(&mut self, rows: Vec<Node>) {
        self.nodes.push(TagGroup::with_children(Tag::Table, rows).into());
    }

    pub fn rule(&mut self, (x, y): (f32, f32), to_x: f32) {
        let mut builder = PathBuilder::new();
        builder.move_to(x, y);
        builder.line_to(to_x, y);
        let Some(path) = builder.finish() else { return };
        self.surface
            .start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            width: 0.4,
            ..Stroke::default()
        }));
        self.surface.draw_path(&path);
        self.surface.set_stroke(None);
        self.surface.end_tagged();
    }
}

/// A cell of a table: its lines and where the first begins.
pub struct Cell {
    pub at: (f32, f32),
    pub style: Style,
    pub lines: Vec<String>,
}
