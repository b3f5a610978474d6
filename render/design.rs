//! How each kind of artwork looks, as `config.json` describes it.

pub use posterizarr_base::artwork::{ArtworkKind, LANDSCAPE, PORTRAIT};

use crate::{
    config::{Problem, Section},
    geometry::{Gravity, Point, Size},
    picture::Colour,
    text::{LineBreaks, TextBox},
};

/// How text is set, beyond what `config.json` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typography {
    /// The weight of fonts that have several in one file, 100 to 900.
    pub weight: Option<u16>,
    /// Lines are of lengths as even as can be.
    pub balanced_lines: bool,
    /// The system's fonts lend characters that all others lack.
    pub system_fonts: bool,
}

/// Where `config.json` says how a kind of artwork looks.
trait Keys {
    /// The key of the overlay that shows have in the place of the movies', where that may be another one.
    fn show_overlay_key(self) -> Option<&'static str>;
    /// The keys of its font and overlay in `PrerequisitePart`.
    fn file_keys(self) -> (&'static str, &'static str);
    /// The section with overlay and border; its title's section and switch; its second text's section and switch.
    fn sections(self) -> (&'static str, (&'static str, &'static str), Option<(&'static str, &'static str)>);
}

impl Keys for ArtworkKind {
    fn show_overlay_key(self) -> Option<&'static str> {
        match self {
            Self::Poster => Some("showoverlayfile"),
            Self::Background => Some("showbackgroundoverlayfile"),
            Self::Season | Self::TitleCard | Self::Collection => None,
        }
    }

    fn file_keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Poster => ("font", "overlayfile"),
            Self::Season => ("font", "seasonoverlayfile"),
            Self::Background => ("backgroundfont", "backgroundoverlayfile"),
            Self::TitleCard => ("titlecardfont", "titlecardoverlayfile"),
            Self::Collection => ("collectionfont", "collectionoverlayfile"),
        }
    }

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
    pub kind: ArtworkKind,
    /// The overlay's file name, where one is wanted.
    pub overlay: Option<String>,
    /// The one of shows, where it is another one than that of movies.
    pub show_overlay: Option<String>,
    pub border: Option<Border>,
    /// The font's file name, and that of the one for right-to-left titles; none where none is set.
    pub font: Option<String>,
    pub rtl_font: Option<String>,
    pub title: TextPart,
    /// The show's title on a season, the episode's number on a title card, the word on a collection.
    pub second: Option<TextPart>,
    pub breaks: Option<LineBreaks>,
    pub typography: Typography,
    /// Texts that can hardly be read are helped.
    pub legibility: bool,
}

impl Design {
    pub(crate) fn read<'a>(kind: ArtworkKind, section: impl Fn(&'static str) -> Section<'a>) -> Result<Self, Problem> {
        let files = section("PrerequisitePart");
        let (font, overlay_key) = kind.file_keys();
        let (frame, title, second) = kind.sections();
        let frame = section(frame);
        let has_overlay = frame.flag("AddOverlay")?;
        let border = || {
            let width = frame.number("borderwidth")?;
            Ok::<_, Problem>(Border { width, colour: frame.colour("bordercolor")? })
        };
        let second = second.map(|(name, switch)| TextPart::read(&section(name), switch)).transpose()?;
        let overlay = |key| files.file_name(key).map(|name| name.filter(|_| has_overlay));
        Ok(Self {
            kind,
            overlay: overlay(overlay_key)?,
            show_overlay: kind.show_overlay_key().map(overlay).transpose()?.flatten(),
            border: frame.flag("AddBorder")?.then(border).transpose()?,
            font: files.file_name(font)?,
            rtl_font: files.file_name("RTLFont")?,
            title: TextPart::read(&section(title.0), title.1)?,
            second,
            breaks: line_breaks(&files)?,
            typography: Typography::default(),
            legibility: false,
        })
    }

    /// The same for artwork of a show.
    #[must_use]
    pub fn of_show(mut self) -> Self {
        self.overlay = self.show_overlay.clone().or(self.overlay);
        self
    }

    /// The text in whose box a logo stands, where there is one: the title, or on a season that of its show.
    pub fn logo_part(&self) -> Option<&TextPart> {
        match self.kind {
            ArtworkKind::Poster | ArtworkKind::Background | ArtworkKind::Collection => Some(&self.title),
            ArtworkKind::Season => self.second.as_ref().filter(|show| show.enabled),
            ArtworkKind::TitleCard => None,
        }
    }
}

impl TextPart {
    fn read(section: &Section<'_>, switch: &str) -> Result<Self, Problem> {
        let enabled = section.flag(switch)?;
        // The samples show the box of a text that is not wanted, too, so there is always one.
        let section = section.forgiving(!enabled);
        let stroke_section = section.forgiving(!enabled || !section.flag("AddTextStroke")?);
        let stroke = if section.flag("AddTextStroke")? { section.number("strokewidth")? } else { 0 };
        let min_size = section.number("minPointSize")?;
        let max_size: u32 = section.number("maxPointSize")?;
        if enabled && max_size < min_size {
            return Err(section.problem("maxPointSize", "is below minPointSize; swap them"));
        }
        Ok(Self {
            enabled,
            capitals: section.flag("fontAllCaps")?,
            space: TextBox {
                width: section.number("MaxWidth")?,
                height: section.number("MaxHeight")?,
                line_spacing: section.number("lineSpacing")?,
                stroke,
                min_size,
                max_size,
            },
            offset: section.number("text_offset")?,
            gravity: section.gravity("TextGravity")?,
            fill: section.colour("fontcolor")?,
            stroke: stroke_section.colour("strokecolor")?,
        })
    }

    /// Where the box is on a canvas.
    pub fn place(&self, canvas: Size) -> Point {
        let y = i64::from(canvas.height) - i64::from(self.space.height) - i64::from(self.offset);
        Point { x: (i64::from(canvas.width) - i64::from(self.space.width)) / 2, y }
    }
}

/// None where neither of the switches is on.
fn line_breaks(section: &Section<'_>) -> Result<Option<LineBreaks>, Problem> {
    let (by_symbols, by_words) = (section.flag("NewLineOnSpecificSymbols")?, section.flag("NewLineOnSpecificWords")?);
    let mut breaks = LineBreaks::default();
    if by_symbols {
        breaks.symbols = section.list("NewLineSymbols")?;
        breaks.kept = section.list("SymbolsToKeepOnNewLine")?;
    }
    if by_words {
        breaks.words = section.replacements("NewLineWords")?;
    }
    Ok((by_symbols || by_words).then_some(breaks))
}
