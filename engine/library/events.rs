//! What programs are told of an asset: the line of the event file, with a reason that a user understands.

use posterizarr_base::run_events::{AssetEvent, AssetResult, RunEvent};
use posterizarr_base::said::Reason;
use posterizarr_render::geometry::Size;

use super::outcome::{Became, Outcome};
use super::plan::PlannedAsset;
use super::why::Why;

/// The asset's turn begins.
pub(super) fn started(asset: &PlannedAsset) -> RunEvent {
    RunEvent::Started { path: asset.path.clone(), title: asset.entry.item.title.clone() }
}

/// The asset has had its turn.
pub(super) fn finished(outcome: &Outcome) -> RunEvent {
    let asset = &outcome.asset;
    let Reason { text: why, because } = why(outcome);
    RunEvent::Asset(AssetEvent {
        path: asset.path.clone(),
        title: asset.entry.item.title.clone(),
        library: asset.entry.home.library.name.clone(),
        kind: asset.word().to_owned(),
        result: result(outcome.became),
        why,
        because,
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

fn why(outcome: &Outcome) -> Reason {
    let mut sentences: Vec<Why> = match outcome.became {
        Became::Existed => vec![Why::Existed],
        Became::Unannounced => vec![Why::Unannounced],
        Became::Japanese => vec![Why::Japanese],
        Became::Offline => vec![Why::Offline],
        Became::Absent => vec![Why::Absent],
        Became::Foreign => vec![Why::Foreign],
        Became::Styled => vec![Why::Styled],
        Became::Truncated => vec![Why::Truncated],
        Became::Unprintable => Vec::new(),
        Became::Created | Became::Left | Became::Missing | Became::Failed => outcome.why.clone(),
    };
    if let Some(Size { width, height }) = outcome.tiny {
        sentences.push(Why::Tiny { width, height });
    }
    if !outcome.missing.is_empty() {
        let characters = outcome.missing.iter().collect();
        sentences.push(match outcome.became {
            Became::Created => Why::Blank { characters },
            _ => Why::Unprintable { characters },
        });
    }
    if !outcome.unanswered.is_empty() && outcome.became == Became::Missing {
        sentences.push(Why::asked_again(&outcome.unanswered));
    }
    let mut reason = Why::reason(&sentences);
    if outcome.became != Became::Missing {
        outcome.problems.iter().for_each(|problem| reason.add("; ", &problem.text, problem.why.said()));
    }
    reason
}
