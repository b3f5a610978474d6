use serde_json::json;

use super::*;

const EARLIER: &str = "2026-11-01 03:00:00";
const NOW: &str = "2026-11-25 03:00:00";
const LATER: &str = "2026-11-26 03:00:00";

fn line(title: &str, language: &str) -> ChoiceRow {
    let some = |text: &str| Some(text.to_owned());
    ChoiceRow {
        title: title.to_owned(),
        kind: some("Movie"),
        rootfolder: Some(format!("{title} (2000)")),
        library: some("Movies"),
        language: some(language),
        manual: some("false"),
        ..ChoiceRow::default()
    }
}

fn fields(value: serde_json::Value) -> ChoiceFields {
    serde_json::from_value(value).unwrap()
}

fn titles(choice_rows: &ChoiceRows) -> Vec<(u64, &str)> {
    choice_rows.rows().values().map(|kept| (kept.row.id, kept.row.title.as_str())).collect()
}

fn row(choice_rows: &ChoiceRows, id: u64) -> &ChoiceRow {
    &choice_rows.rows()[&id].row
}

/// What a fresh start makes of the changes.
fn reloaded(choice_rows: &mut ChoiceRows) -> ChoiceRows {
    let id = |key: Vec<u8>| u64::from_be_bytes(key.try_into().unwrap());
    ChoiceRows::load(choice_rows.take_changes().into_iter().filter_map(|(key, entry)| Some((id(key), entry?))))
}

#[test]
fn lines_become_rows_once_and_a_changed_line_changes_its_row() {
    let mut choice_rows = ChoiceRows::default();
    let lines = [line("Heat", "en"), line("Ran", "ja"), line("Heat", "de")];
    assert_eq!(choice_rows.import(&lines, NOW), Merged { added: 2, updated: 1, skipped: 0 });
    assert_eq!(titles(&choice_rows), [(1, "Heat"), (2, "Ran")]);
    assert_eq!(row(&choice_rows, 1).language.as_deref(), Some("de"));
    assert_eq!(choice_rows.import(&lines[1..], LATER), Merged { added: 0, updated: 0, skipped: 2 });
    assert_eq!(row(&choice_rows, 1).updated_at, NOW);
    assert_eq!(choice_rows.import(&[line("Heat", "fr")], LATER), Merged { added: 0, updated: 1, skipped: 0 });
    assert_eq!((row(&choice_rows, 1).created_at.as_str(), row(&choice_rows, 1).updated_at.as_str()), (NOW, LATER));
}

#[test]
fn what_the_user_resolved_stays_so_until_the_script_decides_anew() {
    let mut choice_rows = ChoiceRows::default();
    choice_rows.import(&[line("Heat", "en")], NOW);
    choice_rows.update(1, fields(json!({"Title": "Heat", "Manual": "Yes"})), LATER).unwrap();
    let mut choice_rows = reloaded(&mut choice_rows);
    assert_eq!(choice_rows.import(&[line("Heat", "en")], LATER).skipped, 1);
    assert_eq!(row(&choice_rows, 1).manual.as_deref(), Some("Yes"));
    assert_eq!(choice_rows.import(&[line("Heat", "de")], LATER).updated, 1);
    assert_eq!(row(&choice_rows, 1).manual.as_deref(), Some("false"));
}

#[test]
fn a_row_of_upstreams_database_keeps_its_manual_and_gains_the_titles_numbers() {
    let mut choice_rows = ChoiceRows::default();
    let theirs =
        ChoiceRow { id: 40, manual: Some("Yes".to_owned()), updated_at: EARLIER.to_owned(), ..line("Heat", "en") };
    assert_eq!(choice_rows.adopt(vec![theirs]), 1);
    let with_number = ChoiceRow { tmdbid: Some("949".to_owned()), ..line("Heat", "en") };
    assert_eq!(choice_rows.import(&[with_number], NOW).skipped, 1);
    let heat = row(&choice_rows, 40);
    assert_eq!((heat.manual.as_deref(), heat.tmdbid.as_deref()), (Some("Yes"), Some("949")));
    assert_eq!(heat.updated_at, EARLIER);
}

#[test]
fn given_ids_are_kept_and_rows_that_were_there_give_way() {
    let mut choice_rows = ChoiceRows::default();
    choice_rows.import(&[line("Heat", "en"), line("Ran", "ja"), line("Alien", "en")], NOW);
    choice_rows.update(3, fields(json!({"Title": "Alien", "Manual": "Yes"})), LATER).unwrap();
    let theirs = |id, title, language| ChoiceRow {
        id,
        created_at: EARLIER.to_owned(),
        updated_at: EARLIER.to_owned(),
        manual: Some("No".to_owned()),
        ..line(title, language)
    };
    let given =
        vec![theirs(2, "Heat", "en"), theirs(1, "Gone", "false"), theirs(70, "Ran", "en"), theirs(9, "Alien", "en")];
    for new in [1, 0] {
        assert_eq!(choice_rows.adopt(given.clone()), new);
        assert_eq!(titles(&choice_rows), [(1, "Gone"), (2, "Heat"), (9, "Alien"), (70, "Ran")]);
        assert_eq!(row(&choice_rows, 2).manual.as_deref(), Some("No"), "one decision: upstream's row counts");
        assert_eq!(row(&choice_rows, 70).language.as_deref(), Some("ja"), "ours is newer");
        assert_eq!(row(&choice_rows, 9).manual.as_deref(), Some("Yes"), "the user changed ours");
        assert!(choice_rows.rows().values().all(|kept| kept.row.created_at == EARLIER));
    }
    let (new, _) = choice_rows.create(fields(json!({"Title": "New"})), LATER);
    assert!(new > 70);
    assert_eq!(titles(&reloaded(&mut choice_rows)).len(), 5);
}

#[test]
fn rows_without_a_key_come_once_however_often_they_are_given() {
    let mut choice_rows = ChoiceRows::default();
    let bare = |id, title: &str| ChoiceRow { id, title: title.to_owned(), ..ChoiceRow::default() };
    let given = [bare(4, "Heat"), bare(5, "Heat")];
    for new in [2, 0] {
        assert_eq!(choice_rows.adopt(given.to_vec()), new);
        assert_eq!(titles(&choice_rows), [(4, "Heat"), (5, "Heat")]);
    }
    assert_eq!(choice_rows.adopt(vec![bare(4, "Ran")]), 1, "another one with that number is another one");
    assert_eq!(titles(&choice_rows), [(4, "Ran"), (5, "Heat"), (6, "Heat")]);
}

#[test]
fn a_row_with_a_known_key_is_not_created_again_and_ids_are_not_reused() {
    let mut choice_rows = ChoiceRows::default();
    let heat =
        || fields(json!({"Title": "Heat", "Type": "Movie", "Rootfolder": "Heat (1995)", "LibraryName": "Movies"}));
    assert_eq!(choice_rows.create(heat(), NOW), (1, true));
    assert_eq!(choice_rows.create(heat(), NOW), (1, false));
    assert_eq!(
        choice_rows.create(fields(json!({"Title": "Heat"})), NOW),
        (2, true),
        "a key with a null is like no other"
    );
    assert_eq!(choice_rows.create(fields(json!({"Title": "Heat"})), NOW), (3, true));
    choice_rows.remove(3);
    assert_eq!(reloaded(&mut choice_rows).create(fields(json!({"Title": "x"})), NOW), (4, true));
}

#[test]
fn a_key_moves_with_its_row_and_two_rows_never_share_one() {
    let mut choice_rows = ChoiceRows::default();
    choice_rows.import(&[line("Heat", "en"), line("Ran", "ja")], NOW);
    let to_heat = || fields(json!({"Title": "Heat", "Rootfolder": "Heat (2000)"}));
    assert_eq!(choice_rows.update(2, to_heat(), NOW), Err(Clash));
    assert_eq!(row(&choice_rows, 2).title, "Ran");
    choice_rows.update(1, fields(json!({"Title": "Other"})), NOW).unwrap();
    choice_rows.update(2, to_heat(), NOW).unwrap();
    assert_eq!(choice_rows.import(&[line("Heat", "ja")], NOW).skipped, 1);
    assert_eq!(choice_rows.update(99, to_heat(), NOW), Ok(()), "as upstream has it");
}

#[test]
fn a_row_set_aside_comes_back_as_it_was_unless_the_image_has_a_newer_one() {
    let mut choice_rows = ChoiceRows::default();
    choice_rows.import(&[line("Heat", "en"), line("Ran", "ja"), line("Alien", "en")], NOW);
    let mark = Some(FileMark { size: 1, modified: 2.0 });
    choice_rows.hide([(1, mark), (2, mark), (3, None), (99, mark)]);
    let mut choice_rows = reloaded(&mut choice_rows);
    assert!(choice_rows.rows().is_empty());
    assert_eq!(
        choice_rows.hidden().keys().copied().collect::<Vec<_>>(),
        [1, 2],
        "a row without a file is gone for good"
    );
    assert_eq!(choice_rows.import(&[line("Ran", "ja")], LATER).added, 1, "a later run made the image anew");
    choice_rows.restore(&[1, 2, 99]);
    assert_eq!(titles(&choice_rows), [(1, "Heat"), (4, "Ran")]);
    assert!(choice_rows.hidden().is_empty());
    assert_eq!(titles(&reloaded(&mut choice_rows)), [(1, "Heat"), (4, "Ran")]);
}

#[test]
fn many_rows_are_marked_at_once_and_only_those_that_change_are_written() {
    let mut choice_rows = ChoiceRows::default();
    choice_rows.import(&[line("Heat", "en"), line("Ran", "ja"), line("Dune", "en")], NOW);
    choice_rows.update(2, fields(json!({"Title": "Ran", "Manual": "true"})), NOW).unwrap();
    choice_rows.take_changes();
    let marked = choice_rows.mark(&BTreeSet::from([1, 2, 3, 9]), true, LATER);
    assert_eq!(marked, Marked { changed: vec![1, 3], unknown: vec![9] });
    assert_eq!((row(&choice_rows, 1).manual.as_deref(), row(&choice_rows, 2).updated_at.as_str()), (Some("Yes"), NOW));
    assert_eq!(choice_rows.take_changes().len(), 3, "two rows, and how far the import is");
    // The way back is the same with what was changed.
    let marked = choice_rows.mark(&marked.changed.into_iter().collect(), false, LATER);
    assert_eq!(marked.changed, [1, 3]);
    assert_eq!(
        (row(&choice_rows, 3).manual.as_deref(), row(&choice_rows, 2).manual.as_deref()),
        (Some("No"), Some("true"))
    );
}
