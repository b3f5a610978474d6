//! The store, with records of its own.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::current::lock;
use super::*;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Note {
    text: String,
}

impl Record for Note {
    const TABLE: &'static str = "notes";
    const VERSION: u8 = 2;

    fn upgrade(version: u8, json: &[u8]) -> Result<Self, serde_json::Error> {
        if version == 1 { Ok(Note { text: serde_json::from_slice(json)? }) } else { serde_json::from_slice(json) }
    }
}

#[test]
fn records_come_back_in_key_order_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    {
        let notes = Store::open(folder.path()).unwrap().table::<Note>().unwrap();
        for n in [300_u64, 2, 70_000] {
            notes.put(&n.to_be_bytes(), &Note { text: n.to_string() }).unwrap();
        }
    }
    assert_eq!(std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
    let notes = Store::open(folder.path()).unwrap().table::<Note>().unwrap();
    let texts: Vec<_> = notes.iter().map(|pair| pair.unwrap().1.text).collect();
    assert_eq!(texts, ["2", "300", "70000"]);
    assert_eq!(notes.last_key().unwrap().unwrap(), 70_000_u64.to_be_bytes());
    assert_eq!(notes.before(&300_u64.to_be_bytes()).count(), 1);
}

#[test]
fn a_batch_writes_and_removes_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let notes = Store::open(folder.path()).unwrap().table::<Note>().unwrap();
    notes.put(b"old", &Note { text: "old".to_owned() }).unwrap();
    let new = Note { text: "new".to_owned() };
    notes.apply([(b"old".to_vec(), None), (b"new".to_vec(), Some(new))]).unwrap();
    let texts: Vec<_> = notes.iter().map(|pair| pair.unwrap().1.text).collect();
    assert_eq!(texts, ["new"]);
}

#[test]
fn an_older_record_is_upgraded_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let tree = store.inner.current.tree("notes").unwrap();
    tree.insert(b"old", b"\x01\"was a bare string\"".as_slice()).unwrap();
    tree.insert(b"torn", b"\x02{".as_slice()).unwrap();
    let notes = store.table::<Note>().unwrap();
    assert_eq!(notes.get(b"old").unwrap().unwrap().text, "was a bare string");
    let error = notes.get(b"torn").unwrap_err().to_string();
    assert!(error.starts_with("a record in notes is not readable (version 2)"), "{error}");
}

#[test]
fn a_second_opener_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Store::open(folder.path()).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Locked)));
}

#[test]
fn a_lock_that_is_let_go_in_a_moment_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(folder.path()).unwrap();
    let holder = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        drop(first);
    });
    Store::open_once_free(folder.path()).unwrap();
    holder.join().unwrap();
}

fn texts(notes: &Table<Note>) -> Vec<String> {
    notes.iter().map(|pair| pair.unwrap().1.text).collect()
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

#[actix::test]
async fn many_changes_at_once_are_all_on_disk_when_they_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let notes = store.table::<Note>().unwrap();
    let commits: Vec<_> = (0..100_u64).map(|n| notes.put_later(&n.to_be_bytes(), &note("x"))).collect();
    notes.apply_later([(0_u64.to_be_bytes().to_vec(), None)]).await.unwrap();
    assert_eq!(notes.len(), 99, "they are made in the order in which they were asked for");
    for commit in commits {
        commit.await.unwrap();
    }
}

/// Makes the store fail as it does when the disk refuses a write.
fn break_disk(store: &Store) {
    let full = Err(StoreError::from(std::io::Error::from(std::io::ErrorKind::StorageFull)));
    let (tell, told) = mpsc::sync_channel(1);
    store.inner.committer.ask(0, full, sender(tell));
    assert!(answer(&told).is_err());
}

#[test]
fn after_an_error_of_the_disk_changes_are_refused_and_undone_and_then_the_store_works_again_behind_the_same_handles() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let notes = store.table::<Note>().unwrap();
    notes.put(b"a", &note("kept")).unwrap();
    let reader = notes.iter();
    // A change that is in sled's memory when the disk fails, and so might be written or not.
    let (tree, open, opening) = store.inner.current.to_change("notes").unwrap();
    break_disk(&store);
    let refused = encode(&note("refused")).unwrap();
    let before = changes::apply(&tree, &open.ledger, "notes", vec![(b"a".to_vec(), Some(refused))]).unwrap();
    drop((tree, open));
    let (tell, told) = mpsc::sync_channel(1);
    store.inner.committer.ask(opening, Ok(before), sender(tell));
    assert!(answer(&told).is_err());
    let error = notes.put(b"b", &note("refused too")).unwrap_err();
    assert_eq!(error.to_string(), "the record store cannot be written or read: no storage space");
    assert!(store.failure().is_some());
    // A reader that takes its time only delays it.
    drop(reader);
    let begun = Instant::now();
    while notes.put(b"c", &note("new")).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came back");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(store.failure().is_none());
    assert_eq!(texts(&notes), ["kept", "new"]);
    drop((store, notes));
    assert_eq!(texts(&Store::open(folder.path()).unwrap().table().unwrap()), ["kept", "new"]);
}

/// What the ledger says, and then the store is opened again.
fn reopened(folder: &Path) -> Result<Store, StoreError> {
    Store::open_once_free(folder)
}

#[test]
fn a_change_that_was_noted_and_not_made_is_no_damage_once_the_store_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3_u8 {
        let store = reopened(folder.path()).unwrap();
        let notes = store.table::<Note>().unwrap();
        notes.put(&[round], &note("kept")).unwrap();
        // As where the process is killed between the two.
        let open = store.inner.current.open().unwrap();
        let (identity, _) = sealed::seal(b"x", 1_000 + u64::from(round), b"\x02{}");
        lock(&open.ledger).note("notes", [(&b"x"[..], Some(identity)), (&[round][..], None)]).unwrap();
    }
    let notes = reopened(folder.path()).unwrap().table::<Note>().unwrap();
    assert_eq!(texts(&notes), ["kept"; 3]);
}

#[test]
fn a_change_that_was_made_and_not_acknowledged_is_no_damage_either() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3_u8 {
        let store = reopened(folder.path()).unwrap();
        store.table::<Note>().unwrap().put(&[round], &note("kept")).unwrap();
        let (tree, open, _) = store.inner.current.to_change("notes").unwrap();
        let record = encode(&note("in flight")).unwrap();
        changes::apply(&tree, &open.ledger, "notes", vec![(b"x".to_vec(), Some(record)), (vec![round], None)]).unwrap();
        tree.flush().unwrap();
    }
    let notes = reopened(folder.path()).unwrap().table::<Note>().unwrap();
    assert_eq!(texts(&notes), ["in flight"]);
}

#[test]
fn a_ledger_that_a_loss_of_power_cut_short_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    {
        let notes = reopened(folder.path()).unwrap().table::<Note>().unwrap();
        notes.put(b"a", &note("a")).unwrap();
        let before = std::fs::read(&ledger).unwrap();
        notes.put(b"b", &note("b")).unwrap();
        notes.put(b"a", &note("a2")).unwrap();
        notes.remove(b"b").unwrap();
        notes.put(b"c", &note("c")).unwrap();
        drop(notes);
        std::fs::write(&ledger, before).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(texts(&reopened(folder.path()).unwrap().table().unwrap()), ["a2", "c"]);
    }
}

#[test]
fn a_record_that_is_not_as_the_ledger_says_is_refused_and_named() {
    type Harm = fn(&sled::Tree);
    let harms: [(Harm, &str); 4] = [
        (|tree| drop(tree.remove(b"a").unwrap()), "records missing or older than they should be: notes 1"),
        (
            |tree| drop(tree.insert(b"a", sealed::seal(b"a", 1, b"\x02{}").1).unwrap()),
            "older than they should be: notes 1",
        ),
        (|tree| drop(tree.insert(b"a", b"\xfe1234".as_slice()).unwrap()), "records with a wrong checksum: notes 1"),
        (|tree| drop(tree.insert(b"z", sealed::seal(b"z", 2, b"\x02{}").1).unwrap()), "had been removed: notes 1"),
    ];
    for (harm, expected) in harms {
        let folder = tempfile::tempdir().unwrap();
        {
            let store = reopened(folder.path()).unwrap();
            let notes = store.table::<Note>().unwrap();
            for _ in 0..5 {
                notes.put(b"a", &note("a")).unwrap();
            }
            let tree = store.inner.current.tree("notes").unwrap();
            harm(&tree);
            tree.flush().unwrap();
        }
        let error = reopened(folder.path()).unwrap_err();
        assert!(matches!(&error, StoreError::Damaged(text) if text.contains(expected)), "{error}");
    }
}

#[test]
fn a_ledger_that_has_grown_long_is_written_anew_while_the_store_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = reopened(folder.path()).unwrap();
    let notes = store.table::<Note>().unwrap();
    for round in 0..40_u64 {
        let changes = (0..1_000_u64).map(|key| (key.to_be_bytes().to_vec(), Some(note(&round.to_string()))));
        notes.apply(changes).unwrap();
    }
    assert!(std::fs::metadata(folder.path().join("ledger")).unwrap().len() < 32 * 40_000);
    drop((store, notes));
    assert_eq!(texts(&reopened(folder.path()).unwrap().table().unwrap()), vec!["39"; 1_000]);
}
