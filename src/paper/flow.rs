//! Headings, named facts and lines that flow over as many pages as they need.

use krilla::configure::validate::Archival;

use super::PaperError;
use super::sheet::{A4, About, Face, LEADING, MARGIN, Paper, Style};

const TITLE: Style = Style {
    face: Face::Bold,
    size: 13.0,
};
const HEADING: Style = Style {
    face: Face::Bold,
    size: 8.5,
};
const NAME: Style = Style {
    face: Face::Bold,
    size: 7.0,
};
const VALUE: Style = Style {
    face: Face::Regular,
    size: 7.0,
};
const CODE: Style = Style {
    face: Face::Mono,
    size: 6.3,
};
const FOOT: Style = Style {
    face: Face::Regular,
    size: 6.0,
};
const NAME_WIDTH: f32 = 104.0;
const WIDTH: f32 = A4.0 - 2.0 * MARGIN;
const BOTTOM: f32 = A4.1 - MARGIN - 14.0;
/// Lines of one fact: what is longer is cut with an ellipsis, the JSON beside has it whole.
const FACT_LINES: usize = 6;

enum Block {
    Title(String),
    Heading(String),
    Fact { name: String, value: Style, lines: Vec<String> },
    Line(Vec<String>),
}

impl Block {
    fn height(&self) -> f32 {
        match self {
            Self::Title(_) => TITLE.size * LEADING + 4.0,
            Self::Heading(_) => HEADING.size * LEADING + 7.0,
            Self::Fact { value, lines, .. } => value.size * LEADING * lines.len().max(1) as f32 + 1.0,
            Self::Line(lines) => VALUE.size * LEADING * lines.len().max(1) as f32 + 1.0,
        }
    }
}

/// A document in the making.
pub struct Flow {
    paper: Paper,
    blocks: Vec<Block>,
    foot: String,
}

impl Flow {
    /// `foot` stands at the bottom of every page before its number.
    pub fn new(about: &About<'_>, foot: String) -> Result<Self, PaperError> {
        let paper = Paper::new(about, A4, Archival::A2_U)?;
        let blocks = vec![Block::Title(about.title.to_owned())];
        Ok(Self { paper, blocks, foot })
    }

    pub fn heading(&mut self, text: &str) {
        self.blocks.push(Block::Heading(text.to_owned()));
    }

    /// A named fact; nothing when there is nothing to say.
    pub fn fact(&mut self, name: &str, value: &str) {
        self.named(name, value, VALUE);
    }

    /// A fact that is compared letter by letter.
    pub fn code(&mut self, name: &str, value: &str) {
        self.named(name, value, CODE);
    }

    fn named(&mut self, name: &str, value: &str, style: Style) {
        let lines = self.paper.fonts.wrap(style, value, WIDTH - NAME_WIDTH, FACT_LINES);
        if !lines.is_empty() {
            let name = name.to_owned();
            self.blocks.push(Block::Fact { name, value: style, lines });
        }
    }

    /// A line by itself; what it is indented by stays.
    pub fn line(&mut self, text: &str) {
        let lines = self.paper.fonts.wrap(VALUE, text, WIDTH, FACT_LINES);
        if !lines.is_empty() {
            self.blocks.push(Block::Line(lines));
        }
    }

    /// # Errors
    /// The validator of PDF/A refused something: a bug of ours.
    pub fn finish(mut self) -> Result<Vec<u8>, PaperError> {
        let pages = self.pages();
        let count = pages.len();
        for (number, blocks) in (1..).zip(&pages) {
            let foot = format!("{} · {number}/{count}", self.foot);
            self.paper.page(|canvas| {
                let mut y = MARGIN + TITLE.size;
                for block in blocks {
                    match block {
                        Block::Title(text) => canvas.heading((MARGIN, y), TITLE, 1, text),
                        Block::Heading(text) => {
                            canvas.rule((MARGIN, y - 5.0), A4.0 - MARGIN);
                            canvas.heading((MARGIN, y + 5.0), HEADING, 2, text);
                        }
                        Block::Fact { name, value, lines } => {
                            let short = canvas.fonts.wrap(NAME, name, NAME_WIDTH - 4.0, 1);
                            canvas.paragraph((MARGIN, y), NAME, &short);
                            canvas.paragraph((MARGIN + NAME_WIDTH, y), *value, lines);
                        }
                        Block::Line(lines) => {
                            canvas.paragraph((MARGIN, y), VALUE, lines);
                        }
                    }
                    y += block.height();
                }
                canvas.furniture((MARGIN, A4.1 - MARGIN), FOOT, &foot);
            })?;
        }
        self.paper.finish()
    }

    fn pages(&mut self) -> Vec<Vec<Block>> {
        let mut pages = vec![Vec::new()];
        let mut y = MARGIN + TITLE.size;
        let blocks = std::mem::take(&mut self.blocks);
        for block in blocks {
            if y + block.height() > BOTTOM {
                pages.push(Vec::new());
                y = MARGIN + TITLE.size;
            }
            y += block.height();
            if let Some(page) = pages.last_mut() {
                page.push(block);
            }
        }
        pages
    }
}
