//! What became of an asset in its turn.

use posterizarr_base::run_events::AssetSource;
use posterizarr_render::geometry::Size;

use super::plan::PlannedAsset;
use super::rows::{Row, Titles};
use super::why::Why;
use crate::library::select::{Choice, ProviderQuery};

/// What became of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// It is there already.
    Existed,
    /// The episode has no title yet.
    Unannounced,
    /// The episode's title is in a script that is not wanted.
    Japanese,
    /// Nobody may be asked, and there is no manual asset.
    Offline,
    /// It is not there, and only what is there was to be made again.
    Absent,
    /// It was not made here, so that nobody knows of what.
    Foreign,
    /// It looks as it is designed.
    Styled,
    /// There is nothing to be done about it; the outcome's `why` says why.
    Left,
    /// Nobody has a picture.
    Missing,
    /// Its text does not fit.
    Truncated,
    /// No font has a character of its text.
    Unprintable,
    Created,
    /// Something went wrong; the problems say what.
    Failed,
}

/// An asset after its turn.
pub(super) struct Outcome {
    pub(super) asset: PlannedAsset,
    pub(super) became: Became,
    pub(super) row: Option<Row>,
    /// Each counts as an error.
    pub(super) problems: Vec<Problem>,
    pub(super) uploaded: bool,
    /// Why this picture, or none.
    pub(super) why: Vec<Why>,
    /// Where the picture is from.
    pub(super) source: Option<AssetSource>,
    /// Who did not answer before the picture was chosen.
    pub(super) unanswered: Vec<String>,
    /// Characters of its text that no font has.
    pub(super) missing: Vec<char>,
    /// The size of the picture that it was made of, where that is so small that it shows.
    pub(super) tiny: Option<Size>,
}

/// Something that went wrong with an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// For logs: it names the asset.
    pub(super) text: String,
    pub(super) why: Why,
}

impl Problem {
    /// With the asset's path before it in logs.
    pub(super) fn at(asset: &PlannedAsset, why: Why) -> Self {
        Self { text: format!("{}: {}", asset.path, why.english()), why }
    }

    pub(super) fn not_uploaded(asset: &PlannedAsset, reason: String) -> Self {
        let text = format!("{} could not be uploaded: {reason}", asset.path);
        Self { text, why: Why::NotUploaded { reason } }
    }
}

impl Outcome {
    pub(super) fn of(asset: PlannedAsset, became: Became) -> Self {
        Self {
            asset,
            became,
            row: None,
            problems: Vec::new(),
            uploaded: false,
            why: Vec::new(),
            source: None,
            unanswered: Vec::new(),
            missing: Vec::new(),
            tiny: None,
        }
    }

    pub(super) fn failed(asset: PlannedAsset, problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::of(asset, Became::Failed) }
    }

    /// Nobody has a picture.
    pub(super) fn missing(asset: PlannedAsset, choice: Choice, titles: &Titles) -> Self {
        let row = Row::new(&asset, Some(&choice), None, titles);
        Self {
            row: Some(row),
            problems: vec![Problem { text: format!("Missing artwork: {}", asset.path), why: Why::Nobody }],
            unanswered: names(&choice.unanswered),
            why: choice.why,
            ..Self::of(asset, Became::Missing)
        }
    }
}

/// What became of a picture, and why.
pub(super) enum Copied {
    /// There is nothing to copy, or no place for it.
    Not(Why),
    There,
    Done(Vec<Why>),
}

impl Copied {
    /// The end of an asset's turn.
    pub(super) fn outcome(asset: PlannedAsset, copied: Result<Self, Why>, uploaded: bool) -> Outcome {
        match copied {
            Ok(Self::Not(why)) => Outcome { why: vec![why], ..Outcome::of(asset, Became::Left) },
            Ok(Self::There) => Outcome::of(asset, Became::Existed),
            Ok(Self::Done(why)) => Outcome { why, uploaded, ..Outcome::of(asset, Became::Created) },
            Err(why) => {
                let problem = Problem::at(&asset, why);
                Outcome::failed(asset, problem)
            }
        }
    }
}

/// The names of providers that did not answer, each once.
pub(super) fn names(unanswered: &[ProviderQuery]) -> Vec<String> {
    let mut names: Vec<String> = unanswered.iter().map(|query| query.provider.name().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}
