//! The trash on disk.

use std::os::unix::fs::symlink;
use std::time::Duration;

use super::*;

struct BinFixture {
    folder: tempfile::TempDir,
    settings: TrashSettings,
}

impl BinFixture {
    fn new() -> Self {
        let settings = TrashSettings { enabled: true, max_size: 1000, max_age: Some(Duration::from_secs(3600)) };
        let fixture = Self { folder: tempfile::tempdir().unwrap(), settings };
        std::fs::create_dir_all(fixture.trash()).unwrap();
        for name in ["Movies/A/poster.jpg", "Movies/A/notes.txt"] {
            fixture.write(name, b"0123456789");
        }
        fixture
    }

    fn trash(&self) -> PathBuf {
        self.folder.path().join("trash")
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("assets")
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.library().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn bin(&self) -> Bin {
        Bin::open(self.trash(), self.settings)
    }

    fn discard(&self, bin: &mut Bin, path: &str) -> Result<Discarded, DiscardError> {
        bin.discard(Root::Assets, &self.library(), path)
    }

    fn restore(&self, bin: &mut Bin, id: &str) -> Result<Arc<TrashEntry>, RestoreError> {
        bin.restore(id, |_| self.library())
    }

    fn is_there(&self, name: &str) -> bool {
        std::fs::symlink_metadata(self.library().join(name)).is_ok()
    }
}

#[test]
fn what_is_deleted_can_be_restored_also_by_the_next_process() {
    let fixture = BinFixture::new();
    let id = fixture.discard(&mut fixture.bin(), "./Movies//A/poster.jpg").unwrap().trash_id.unwrap();
    assert!(!fixture.is_there("Movies/A/poster.jpg"));
    std::fs::remove_dir_all(fixture.library().join("Movies")).unwrap();
    let mut bin = fixture.bin();
    let view = bin.view();
    assert_eq!((view.entries.len(), view.bytes, view.entries[0].path.as_str()), (1, 10, "Movies/A/poster.jpg"));
    fixture.restore(&mut bin, &id).unwrap();
    assert_eq!(std::fs::read(fixture.library().join("Movies/A/poster.jpg")).unwrap(), b"0123456789");
    assert_eq!(std::fs::read_dir(fixture.trash()).unwrap().count(), 0);
    assert_eq!(fixture.restore(&mut bin, &id).unwrap_err(), RestoreError::Unknown);
    assert_eq!(bin.view().bytes, 0);
}

#[test]
fn what_runs_have_cleared_is_taken_over_and_can_be_restored() {
    let fixture = BinFixture::new();
    let cleared = fixture.folder.path().join("cleared");
    for (name, content) in [("1/Movies/B/poster.jpg", "b"), ("2/Movies/B/poster.jpg", "later"), ("2/notes.txt", "x")] {
        let path = cleared.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let mut bin = fixture.bin();
    bin.take_over(&cleared);
    let view = bin.view();
    assert_eq!(view.entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["Movies/B/poster.jpg"; 2]);
    let oldest = view.entries.iter().find(|entry| entry.size == 1).unwrap().id.clone();
    fixture.restore(&mut bin, &oldest).unwrap();
    assert_eq!(std::fs::read(fixture.library().join("Movies/B/poster.jpg")).unwrap(), b"b");
    assert!(!cleared.join("1").is_dir(), "an empty folder is of no use");
    assert!(cleared.join("2/notes.txt").is_file(), "what is not an image is nobody's to delete");
    bin.take_over(&fixture.folder.path().join("nothing-there"));
}

#[test]
fn a_restore_never_overwrites_and_does_not_make_a_library_that_is_gone() {
    let fixture = BinFixture::new();
    let mut bin = fixture.bin();
    let id = fixture.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
    fixture.write("Movies/A/poster.jpg", b"new");
    assert!(matches!(fixture.restore(&mut bin, &id), Err(RestoreError::Taken { .. })));
    assert_eq!(std::fs::read(fixture.library().join("Movies/A/poster.jpg")).unwrap(), b"new");
    std::fs::remove_dir_all(fixture.library()).unwrap();
    assert!(matches!(fixture.restore(&mut bin, &id), Err(RestoreError::NoWay { .. })));
    assert!(bin.has(&id) && !fixture.library().try_exists().unwrap());
}

#[test]
fn what_is_preserved_stays_in_place_until_something_takes_it_and_comes_back_as_it_was() {
    let fixture = BinFixture::new();
    let place = fixture.library().join("Movies/A/poster.jpg");
    let time = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    std::fs::File::options().write(true).open(&place).unwrap().set_modified(long_ago).unwrap();
    let mut bin = fixture.bin();
    let preserve = |bin: &mut Bin, id: &str| bin.preserve(id, Root::Assets, &fixture.library(), "Movies/A/poster.jpg");
    // Also by a next process, which does not know whether the last one came that far.
    assert_eq!(preserve(&mut bin, "1"), Ok(true));
    bin = fixture.bin();
    assert_eq!(preserve(&mut bin, "1"), Ok(true));
    assert_eq!((bin.view().entries.len(), bin.view().bytes), (1, 10));
    assert!(fixture.is_there("Movies/A/poster.jpg") && time(&place) > long_ago, "for others it is another file");
    fixture.restore(&mut bin, "1").unwrap();
    assert_eq!((time(&place), bin.view().entries.len()), (long_ago, 0));

    preserve(&mut bin, "2").unwrap();
    fixture.write("Movies/A/poster.jpg", b"new picture");
    assert!(matches!(fixture.restore(&mut bin, "2"), Err(RestoreError::Taken { .. })));
    assert_eq!(bin.remove_stand_in("2", |_| fixture.library()).unwrap(), None, "a new picture is not a stand-in");
    fixture.write("Movies/A/poster.jpg", b"0123456789");
    assert!(bin.remove_stand_in("2", |_| fixture.library()).unwrap().is_some());
    assert!(!fixture.is_there("Movies/A/poster.jpg") && bin.has("2"));
    assert_eq!(bin.remove_stand_in("2", |_| fixture.library()).unwrap(), None);

    for settings in
        [TrashSettings { enabled: false, ..fixture.settings }, TrashSettings { max_size: 3, ..fixture.settings }]
    {
        fixture.write("b.jpg", b"0123456789");
        let kept = Bin::open(fixture.trash(), settings).preserve("3", Root::Assets, &fixture.library(), "b.jpg");
        assert_eq!((kept, fixture.is_there("b.jpg")), (Ok(false), true));
    }
}

#[test]
fn only_images_below_the_library_are_deleted() {
    let fixture = BinFixture::new();
    std::fs::write(fixture.folder.path().join("secret.jpg"), "x").unwrap();
    std::fs::create_dir(fixture.library().join("folder.jpg")).unwrap();
    symlink("..", fixture.library().join("up")).unwrap();
    let mut bin = fixture.bin();
    for (path, error) in [
        ("../secret.jpg", DiscardError::Forbidden),
        ("/etc/passwd", DiscardError::Forbidden),
        ("up/secret.jpg", DiscardError::Forbidden),
        ("a\0b.jpg", DiscardError::Forbidden),
        ("Movies/A/nope.jpg", DiscardError::Missing),
        ("Movies/A", DiscardError::NotAFile),
        ("folder.jpg", DiscardError::NotAFile),
        ("", DiscardError::NotAFile),
        ("Movies/A/notes.txt", DiscardError::NotAnImage),
    ] {
        assert_eq!(fixture.discard(&mut bin, path), Err(error), "{path:?}");
    }
    assert!(fixture.folder.path().join("secret.jpg").try_exists().unwrap() && fixture.is_there("Movies/A/notes.txt"));
    assert_eq!(std::fs::read_dir(fixture.trash()).unwrap().count(), 0);
}

#[test]
fn security_8_a_link_is_deleted_itself_and_never_its_target() {
    let fixture = BinFixture::new();
    std::fs::write(fixture.folder.path().join("outside.jpg"), "x").unwrap();
    symlink("Movies/A/poster.jpg", fixture.library().join("in.jpg")).unwrap();
    symlink("../outside.jpg", fixture.library().join("out.jpg")).unwrap();
    symlink("nowhere.jpg", fixture.library().join("dangling.jpg")).unwrap();
    let mut bin = fixture.bin();
    for link in ["in.jpg", "out.jpg", "dangling.jpg"] {
        let id = fixture.discard(&mut bin, link).unwrap().trash_id.unwrap();
        assert!(!fixture.is_there(link), "{link}");
        assert!(
            fixture.is_there("Movies/A/poster.jpg") && fixture.folder.path().join("outside.jpg").try_exists().unwrap()
        );
        fixture.restore(&mut bin, &id).unwrap();
        assert!(std::fs::symlink_metadata(fixture.library().join(link)).unwrap().is_symlink(), "{link}");
    }
}

#[test]
fn a_crash_between_record_and_move_loses_nothing() {
    let fixture = BinFixture::new();
    let mut bin = fixture.bin();
    let kept = fixture.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
    // A record whose file never came, half a record, a folder without anything, and a file without its record.
    let mut never = TrashEntry::clone(&bin.view().entries[0]);
    never.id = "20250101T000000000000-00000001".to_owned();
    let folder = |name: &str| {
        let folder = fixture.trash().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    std::fs::write(folder(&never.id).join(RECORD), serde_json::to_vec(&never).unwrap()).unwrap();
    std::fs::write(folder("torn").join(RECORD), "{").unwrap();
    std::fs::write(folder("empty").join(".posterizarrd-x.tmp"), "{").unwrap();
    std::fs::write(folder("orphan").join("poster.jpg"), "x").unwrap();
    let bin = fixture.bin();
    assert_eq!(bin.view().entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), [kept.as_str()]);
    let mut left: Vec<_> = std::fs::read_dir(fixture.trash())
        .unwrap()
        .map(|found| found.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, [kept.as_str(), "orphan", "torn"], "what may be of use is left for people");
}

const VICTIM: &str = "TRASH_TEST_VICTIM";
const MANY: usize = 60;

/// Deletes one image after the other in the folder that its parent process names, until that kills it.
#[test]
fn victim() {
    let Some(folder) = std::env::var_os(VICTIM).map(PathBuf::from) else { return };
    let settings = TrashSettings { enabled: true, max_size: u64::MAX, max_age: None };
    let mut bin = Bin::open(folder.join("trash"), settings);
    for n in 0..MANY {
        bin.discard(Root::Assets, &folder.join("assets"), &format!("{n}.jpg")).unwrap();
    }
}

#[test]
fn a_kill_at_any_moment_loses_no_image() {
    for deleted in [0, 1, 7, 30] {
        let mut fixture = BinFixture::new();
        fixture.settings.max_size = u64::MAX;
        (0..MANY).for_each(|n| fixture.write(&format!("{n}.jpg"), n.to_string().as_bytes()));
        let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "trash::bin::tests::victim"])
            .env(VICTIM, fixture.folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while std::fs::read_dir(fixture.trash()).unwrap().count() < deleted && victim.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        let mut bin = fixture.bin();
        for entry in bin.view().entries {
            fixture.restore(&mut bin, &entry.id).unwrap();
        }
        for n in 0..MANY {
            let image = std::fs::read(fixture.library().join(format!("{n}.jpg")));
            assert_eq!(image.unwrap(), n.to_string().as_bytes(), "{n} of {deleted}");
        }
        assert_eq!(std::fs::read_dir(fixture.trash()).unwrap().count(), 0);
    }
}

#[test]
fn the_oldest_go_when_the_trash_is_full_and_all_go_with_age() {
    let mut fixture = BinFixture::new();
    fixture.settings.max_size = 25;
    let mut bin = fixture.bin();
    let mut ids = Vec::new();
    for name in ["a.jpg", "b.jpg", "c.jpg"] {
        fixture.write(name, b"0123456789");
        ids.push(fixture.discard(&mut bin, name).unwrap().trash_id.unwrap());
        bin.prune(Utc::now());
    }
    assert_eq!(ids.iter().map(|id| bin.has(id)).collect::<Vec<_>>(), [false, true, true]);
    fixture.write("large.jpg", &[0; 26]);
    assert_eq!(fixture.discard(&mut bin, "large.jpg").unwrap().trash_id, None, "larger than the whole trash");
    assert!(!fixture.is_there("large.jpg") && bin.has(&ids[2]));
    bin.prune(Utc::now() + TimeDelta::minutes(59));
    assert_eq!(bin.view().entries.len(), 2);
    bin.prune(Utc::now() + TimeDelta::minutes(61));
    assert_eq!((bin.view().entries.len(), bin.view().bytes), (0, 0));
    assert_eq!(std::fs::read_dir(fixture.trash()).unwrap().count(), 0);
}

#[test]
fn without_a_trash_deleting_is_for_good() {
    let mut fixture = BinFixture::new();
    fixture.settings.enabled = false;
    let mut bin = fixture.bin();
    assert_eq!(fixture.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id, None);
    assert!(!fixture.is_there("Movies/A/poster.jpg"));
    assert_eq!(std::fs::read_dir(fixture.trash()).unwrap().count(), 0);
}

#[test]
fn a_trash_that_was_emptied_by_hand_goes_on() {
    let fixture = BinFixture::new();
    fixture.write("b.jpg", b"x");
    let mut bin = fixture.bin();
    let id = fixture.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
    std::fs::remove_dir_all(fixture.trash()).unwrap();
    assert_eq!(fixture.restore(&mut bin, &id), Err(RestoreError::Unknown));
    assert_eq!((bin.view().entries.len(), bin.view().bytes), (0, 0));
    let id = fixture.discard(&mut bin, "b.jpg").unwrap().trash_id.unwrap();
    fixture.restore(&mut bin, &id).unwrap();
}

#[test]
fn purging_is_for_good() {
    let fixture = BinFixture::new();
    fixture.write("b.jpg", b"x");
    let mut bin = fixture.bin();
    let id = fixture.discard(&mut bin, "Movies/A/poster.jpg").unwrap().trash_id.unwrap();
    fixture.discard(&mut bin, "b.jpg").unwrap();
    assert!(bin.purge(&id).unwrap() && !bin.purge(&id).unwrap() && !bin.purge("../assets").unwrap());
    assert_eq!(bin.purge_all().unwrap(), 1);
    assert_eq!(std::fs::read_dir(fixture.trash()).unwrap().count(), 0);
}
