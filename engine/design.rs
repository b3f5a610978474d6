//! How each kind of artwork looks, as `config.json` describes it.

use crate::{
    config::{Problem, Section},
    geometry::Gravity,
    picture::Colour,
    text::{LineBreaks, TextBox},
};

/// The size of posters; it cannot be chosen.
pub const PORTRAIT: (u32, u32) = (2000, 3000);
/// The size of backgrounds and title cards.
pub const LANDSCAPE: (u32, u32) = (3840, 2160);

/// The kinds of artwork.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Poster,
    Season,
    Background,
    TitleCard,
    Collection,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Poster, Self::Season, Self::Background, Self::TitleCard, Self::Collection];

    pub fn canvas(self) -> (u32, u32) {
        match self {
            Self::Poster | Self::Season | Self::Collection => PORTRAIT,
            Self::Background | Self::TitleCard => LANDSCAPE,
        }
    }

    /// The keys of its font and overlay in `PrerequisitePart`.
    fn file_keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Poster => ("font", "overlayfile"),
            Self::Season => ("font", "seasonoverlayfile"),
            Self::Background => ("backgroundfont", "backgroundoverlayfile"),
            Self::TitleCard => ("titlecardfont", "titlecardoverlayfile"),
            Self::Collection => ("collectionfont", "collectionoverlayfile"),
        }
    }

    /// The section with overlay and border; its title's section and switch; its second text's section and switch.
    fn sections(self) -> (&'static str, (&'static str, &'static str), Option<(&'static str, &'static str)>) {
        match self {
            Self::Poster => ("PosterOverlayPart", ("PosterOverlayPart", "AddText"), None),
            Self::Background => ("BackgroundOverlayPart", ("BackgroundOverlayPart", "AddText"), None),
            Self::Season => (
                "SeasonPosterOverlayPart",
                ("SeasonPosterOverlayPart", "AddText"),
                Some(("ShowTitleOnSeasonPosterPart", "AddShowTitletoSeason")),
            ),
            Self::TitleCard => (
                "TitleCardOverlayPart",
                ("TitleCardTitleTextPart", "AddEPTitleText"),
                Some(("TitleCardEPTextPart", "AddEPText")),
            ),
            Self::Collection => (
                "CollectionPosterOverlayPart",
                ("CollectionPosterOverlayPart", "AddText"),
                Some(("CollectionTitlePosterPart", "AddCollectionTitle")),
            ),
        }
    }
}

/// The frame around a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border {
    pub width: u32,
    pub colour: Colour,
}

/// One text on a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextPart {
    /// Whether it is wanted at all.
    pub enabled: bool,
    pub capitals: bool,
    pub space: TextBox,
    /// How far the box is above the bottom edge; negative is below.
    pub offset: i32,
    pub gravity: Gravity,
    pub fill: Colour,
    pub stroke: Colour,
}

/// All that is set for a kind of artwork.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    pub kind: Kind,
    /// The overlay's file name, where one is wanted.
    pub overlay: Option<String>,
    pub border: Option<Border>,
    /// The font's file name, and that of the one for right-to-left titles.
    pub font: String,
    pub rtl_font: String,
    pub title: TextPart,
    /// The show's title on a season, the episode's number on a title card, the word on a collection.
    pub second: Option<TextPart>,
    pub breaks: Option<LineBreaks>,
}

impl Design {
    pub(crate) fn read<'a>(kind: Kind, section: impl Fn(&'static str) -> Section<'a>) -> Result<Self, Problem> {
        let files = section("PrerequisitePart");
        let (font, overlay) = kind.file_keys();
        let (frame, title, second) = kind.sections();
        let frame = section(frame);
        let border = || {
            let width = frame.number("borderwidth", 0, 2160)?;
            Ok::<_, Problem>(Border { width, colour: frame.colour("bordercolor")? })
        };
        let second = second.map(|(name, switch)| TextPart::read(&section(name), switch)).transpose()?;
        Ok(Self {
            kind,
            overlay: frame.flag("AddOverlay")?.then(|| files.file_name(overlay)).transpose()?,
            border: frame.flag("AddBorder")?.then(border).transpose()?,
            font: files.file_name(font)?,
            rtl_font: files.file_name("RTLFont")?,
            title: TextPart::read(&section(title.0), title.1)?,
            second,
            breaks: files.flag("NewLineOnSpecificSymbols")?.then(|| line_breaks(&files)).transpose()?,
        })
    }
}

impl TextPart {
    fn read(section: &Section<'_>, switch: &str) -> Result<Self, Problem> {
        let stroke = if section.flag("AddTextStroke")? { section.number("strokewidth", 0, 200)? } else { 0 };
        let min_size = section.number("minPointSize", 1, 4000)?;
        let max_size = section.number("maxPointSize", 1, 4000)?;
        if max_size < min_size {
            return Err(section.problem("maxPointSize", "is below minPointSize; swap them"));
        }
        Ok(Self {
            enabled: section.flag(switch)?,
            capitals: section.flag("fontAllCaps")?,
            space: TextBox {
                width: section.number("MaxWidth", 1, 8000)?,
                height: section.number("MaxHeight", 1, 8000)?,
                line_spacing: section.signed("lineSpacing", 4000)?,
                stroke,
                min_size,
                max_size,
            },
            offset: section.signed("text_offset", 8000)?,
            gravity: section.gravity("TextGravity")?,
            fill: section.colour("fontcolor")?,
            stroke: section.colour("strokecolor")?,
        })
    }

    /// Where the box is on a canvas.
    pub fn place(&self, canvas: (u32, u32)) -> (i64, i64) {
        let x = (i64::from(canvas.0) - i64::from(self.space.width)) / 2;
        (x, i64::from(canvas.1) - i64::from(self.space.height) - i64::from(self.offset))
    }
}

fn line_breaks(section: &Section<'_>) -> Result<LineBreaks, Problem> {
    Ok(LineBreaks { symbols: section.list("NewLineSymbols")?, kept: section.list("SymbolsToKeepOnNewLine")? })
}
