//! Damage of every kind, and what is there afterwards.

use std::os::unix::fs::symlink;

use super::*;
use crate::history::{HistoryRow, StoredHistoryRow};
use crate::runs::RunId;

struct RecoveryFixture {
    _folder: tempfile::TempDir,
    data: DataDir,
}

fn fixture() -> RecoveryFixture {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path()).unwrap();
    RecoveryFixture { _folder: folder, data }
}

fn row(id: u64, text: &str) -> StoredHistoryRow {
    StoredHistoryRow(HistoryRow { id, timestamp: text.into(), ..HistoryRow::default() })
}

fn fill(store: &Store, ids: std::ops::RangeInclusive<u64>, text: &str) {
    let table = store.table::<StoredHistoryRow>().unwrap();
    for id in ids {
        table.put(&id.to_be_bytes(), &row(id, text)).unwrap();
    }
}

fn texts(store: &Store) -> Vec<(u64, String)> {
    let rows = store.table::<StoredHistoryRow>().unwrap();
    rows.iter().map(|row| row.unwrap().1.0).map(|row| (row.id, row.timestamp)).collect()
}

fn all(ids: std::ops::RangeInclusive<u64>, text: &str) -> Vec<(u64, String)> {
    ids.map(|id| (id, text.to_owned())).collect()
}

impl RecoveryFixture {
    fn db(&self) -> std::path::PathBuf {
        self.data.store().join("db")
    }

    fn lose_everything(&self) {
        std::fs::write(self.db(), [7; 700_000]).unwrap();
    }

    fn only_damage(&self) -> Damage {
        let mut damages = Damages::read(&self.data.store_damage());
        assert_eq!(damages.len(), 1, "{damages:?}");
        damages.remove(0)
    }
}

#[test]
fn a_store_that_is_sound_is_opened_again_and_again_without_a_word() {
    let fixture = fixture();
    for round in 1..=5 {
        let store = open(&fixture.data).unwrap();
        fill(&store, round..=round + 3, "x");
        store.table::<StoredHistoryRow>().unwrap().remove(&round.to_be_bytes()).unwrap();
        assert_eq!(texts(&store), all(round + 1..=round + 3, "x"));
    }
    assert!(Damages::read(&fixture.data.store_damage()).is_empty());
}

#[test]
fn what_is_missing_comes_from_the_backup_and_what_is_nowhere_is_counted() {
    let fixture = fixture();
    let store = open(&fixture.data).unwrap();
    fill(&store, 1..=30, "old");
    back_up_daily(&store, &fixture.data).unwrap().unwrap();
    fill(&store, 21..=25, "newer");
    fill(&store, 31..=34, "never backed up");
    store.table::<StoredHistoryRow>().unwrap().remove(&1_u64.to_be_bytes()).unwrap();
    drop(store);
    fixture.lose_everything();
    let store = open(&fixture.data).unwrap();
    assert_eq!(texts(&store), all(2..=30, "old"), "and the one that was removed stays so");
    let damage = fixture.only_damage();
    assert_eq!(damage.tables.clone().unwrap()["history"], TableLoss { lost: 4, older: 5 });
    assert_eq!(damage.totals(), Some(TableLoss { lost: 4, older: 5 }));
    assert!(damage.backup_made.is_some() && damage.backup.unwrap().starts_with("records-"));
    assert!(fixture.data.root().join(damage.quarantined.unwrap()).join("db").is_file());
    // It is a store like any other.
    fill(&store, 40..=41, "after");
    drop(store);
    assert_eq!(texts(&open(&fixture.data).unwrap()).len(), 31);
    assert_eq!(Damages::acknowledge(&fixture.data.store_damage()).unwrap().len(), 1);
    assert!(Damages::read(&fixture.data.store_damage()).is_empty());
}

#[test]
fn jobs_come_back_in_their_last_state_only() {
    let fixture = fixture();
    let store = open(&fixture.data).unwrap();
    let raw = |key: &str, state: &str| crate::store::RawRecord {
        key: key.into(),
        number: None,
        record: format!("\x01{{\"state\":\"{state}\"}}").into_bytes(),
    };
    store.put_raw(Job::TABLE, vec![raw("waits", "waiting"), raw("was done since", "waiting")]).unwrap();
    back_up_daily(&store, &fixture.data).unwrap();
    store.put_raw(Job::TABLE, vec![raw("was done since", "done")]).unwrap();
    store.flush().unwrap();
    drop(store);
    fixture.lose_everything();
    let store = open(&fixture.data).unwrap();
    let keys: Vec<_> = store.raw(Job::TABLE).unwrap().map(|record| record.unwrap().key).collect();
    assert_eq!(keys, [b"waits"]);
    assert_eq!(fixture.only_damage().tables.unwrap()[Job::TABLE], TableLoss { lost: 1, older: 0 });
}

#[test]
fn a_truncated_or_emptied_or_missing_database_is_noticed() {
    let sizes = [0, 100, 70_000, 300_000];
    for size in sizes {
        let fixture = fixture();
        let store = open(&fixture.data).unwrap();
        fill(&store, 1..=400, "x");
        drop(store);
        let whole = std::fs::metadata(fixture.db()).unwrap().len();
        std::fs::File::options().write(true).open(fixture.db()).unwrap().set_len(size.min(whole - 1)).unwrap();
        let store = open(&fixture.data).unwrap();
        let left = texts(&store).len();
        // The last bytes of the file may be of no record.
        let lost = if left < 400 { fixture.only_damage().totals().unwrap().lost } else { 0 };
        assert_eq!(left + lost, 400, "cut to {size}");
    }
    let fixture = fixture();
    fill(&open(&fixture.data).unwrap(), 1..=5, "x");
    std::fs::remove_file(fixture.db()).unwrap();
    open(&fixture.data).unwrap();
    assert_eq!(fixture.only_damage().totals().unwrap().lost, 5);
}

#[test]
fn a_store_that_is_gone_comes_from_its_backup() {
    let fixture = fixture();
    let store = open(&fixture.data).unwrap();
    fill(&store, 1..=5, "x");
    back_up_daily(&store, &fixture.data).unwrap();
    assert_eq!(back_up_daily(&store, &fixture.data).unwrap(), None, "one a day");
    drop(store);
    std::fs::remove_dir_all(fixture.data.store()).unwrap();
    assert_eq!(texts(&open(&fixture.data).unwrap()), all(1..=5, "x"));
    let damage = fixture.only_damage();
    assert_eq!((damage.tables, damage.quarantined), (None, None));
}

#[test]
fn damage_to_the_ledger_alone_is_no_loss() {
    for (n, damage) in [
        (|ledger| std::fs::remove_file(ledger).unwrap()) as fn(&Path),
        |ledger| std::fs::write(ledger, "").unwrap(),
        |ledger| std::fs::File::options().write(true).open(ledger).unwrap().set_len(777).unwrap(),
        |ledger| {
            let mut bytes = std::fs::read(ledger).unwrap();
            bytes[500] ^= 1;
            std::fs::write(ledger, bytes).unwrap();
        },
    ]
    .into_iter()
    .enumerate()
    {
        let fixture = fixture();
        let store = open(&fixture.data).unwrap();
        fill(&store, 1..=60, "x");
        store.table::<StoredHistoryRow>().unwrap().remove(&60_u64.to_be_bytes()).unwrap();
        drop(store);
        damage(&fixture.data.store().join("ledger"));
        for _ in 0..2 {
            assert_eq!(texts(&open(&fixture.data).unwrap()), all(1..=59, "x"), "damage {n}");
        }
        assert!(Damages::read(&fixture.data.store_damage()).is_empty(), "damage {n}");
    }
}

#[test]
fn a_store_of_the_first_form_is_taken_over() {
    let fixture = fixture();
    let json = serde_json::to_string(&row(1, "old")).unwrap();
    {
        let database = sled::open(fixture.data.store()).unwrap();
        database.open_tree("store").unwrap();
        let record = [&[StoredHistoryRow::VERSION], json.as_bytes()].concat();
        database.open_tree(StoredHistoryRow::TABLE).unwrap().insert(1_u64.to_be_bytes(), record).unwrap();
        database.flush().unwrap();
    }
    for _ in 0..2 {
        assert_eq!(texts(&open(&fixture.data).unwrap()), all(1..=1, "old"));
    }
    fixture.lose_everything();
    open(&fixture.data).unwrap();
    assert_eq!(fixture.only_damage().totals().unwrap().lost, 1, "it is looked after from now on");
}

#[test]
fn what_is_no_store_names_the_way_out() {
    type Case = (fn(&DataDir), &'static str);
    let cases: [Case; 5] = [
        (|data| std::fs::write(data.store(), "x").unwrap(), "store is not a folder; move it away"),
        (|data| symlink("/nowhere/at/all", data.store()).unwrap(), "is a link to a folder that is missing; make that"),
        (|data| std::fs::create_dir_all(data.store().join("db")).unwrap(), "db is not a regular file; move it away"),
        (
            |data| std::fs::create_dir_all(data.store().join("conf")).unwrap(),
            "conf is not a regular file; move it away",
        ),
        (|data| std::fs::create_dir_all(data.store().join("ledger")).unwrap(), "ledger cannot be read"),
    ];
    for (make, expected) in cases {
        let fixture = fixture();
        make(&fixture.data);
        let error = open(&fixture.data).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, StoreError::Misplaced(_)) && text.contains(expected), "{text}");
        assert!(text.ends_with("then start again"), "{text}");
    }
}

#[test]
fn numbers_go_on_after_a_rebuild() {
    let fixture = fixture();
    fill(&open(&fixture.data).unwrap(), 1..=9, "x");
    fixture.lose_everything();
    let store = open(&fixture.data).unwrap();
    fill(&store, RunId(1).0..=1, "new");
    let number = store.raw(StoredHistoryRow::TABLE).unwrap().next().unwrap().unwrap().number.unwrap();
    assert!(number > 9, "a backup of before must not look newer: {number}");
}
