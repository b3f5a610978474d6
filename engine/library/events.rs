//! What programs are told of an asset: the line of the event file, with a reason that a user understands.

use posterizarr_base::run_events::{AssetEvent, AssetResult, RunEvent};

use super::create::{Became, Outcome};
use super::plan::Wanted;

/// The asset's turn begins.
pub(super) fn started(wanted: &Wanted) -> RunEvent {
    RunEvent::Started { path: wanted.path.clone(), title: wanted.entry.item.title.clone() }
}

/// The asset has had its turn.
pub(super) fn finished(outcome: &Outcome) -> RunEvent {
    let wanted = &outcome.wanted;
    RunEvent::Asset(AssetEvent {
        path: wanted.path.clone(),
        title: wanted.entry.item.title.clone(),
        library: wanted.entry.home.library.name.clone(),
        kind: wanted.word().to_owned(),
        result: result(outcome.became),
        why: why(outcome),
        source: outcome.source.clone(),
        uploaded: outcome.uploaded,
        provisional: outcome.unanswered.clone(),
    })
}

fn result(became: Became) -> AssetResult {
    match became {
        Became::Created => AssetResult::Created,
        Became::Existed
        | Became::Unannounced
        | Became::Japanese
        | Became::Offline
        | Became::Absent
        | Became::Foreign
        | Became::Styled
        | Became::Left => AssetResult::Skipped,
        Became::Missing => AssetResult::Missing,
        Became::Truncated | Became::Unprintable | Became::Failed => AssetResult::Failed,
    }
}

fn why(outcome: &Outcome) -> String {
    let mut parts: Vec<String> = Vec::new();
    match outcome.became {
        Became::Existed => parts.push("is there already".to_owned()),
        Became::Unannounced => parts.push("the episode has no title yet (SkipTBA)".to_owned()),
        Became::Japanese => {
            parts.push("the episode's title is in Japanese, Chinese or Thai (SkipJapTitle)".to_owned());
        }
        Became::Offline => parts.push(
            "there is no manual picture, and asking providers is switched off for this kind of artwork".to_owned(),
        ),
        Became::Absent => parts.push("is not there, and nothing new is made".to_owned()),
        Became::Foreign => parts.push("was not made by this engine, so that it stays as it is".to_owned()),
        Became::Styled => parts.push("looks as it is designed already".to_owned()),
        Became::Truncated => parts.push(
            "the text does not fit; make its box larger or its smallest size smaller (MaxWidth, MaxHeight, minPointSize)"
                .to_owned(),
        ),
        Became::Unprintable => {}
        Became::Created | Became::Left | Became::Missing | Became::Failed => parts.extend(outcome.why.clone()),
    }
    if let Some(size) = outcome.tiny {
        parts.push(format!("the picture has only {size} pixels; choose a larger one"));
    }
    if !outcome.missing.is_empty() {
        let missing: String = outcome.missing.iter().collect();
        let blank = if outcome.became == Became::Created { ", they stay blank" } else { "" };
        parts.push(format!(
            "no font has these characters{blank}: {missing}; choose a font in config.json that has them"
        ));
    }
    if !outcome.unanswered.is_empty() && outcome.became == Became::Missing {
        parts.push(format!("{} did not answer and will be asked again", outcome.unanswered.join(" and ")));
    }
    if outcome.became != Became::Missing {
        parts.extend(outcome.problems.iter().cloned());
    }
    parts.dedup();
    parts.join("; ")
}
