//! The Thumbnailer through its messages.

use image::DynamicImage;

use super::*;
use crate::runtime::testing::Home;

use crate::runtime::guard::{ActorSystem, Handle};

struct ThumbnailerFixture {
    folder: tempfile::TempDir,
    shown: View<ThumbnailView>,
    actor_system: ActorSystem,
    thumbnailer: Handle<Thumbnailer>,
}

impl ThumbnailerFixture {
    fn new() -> Self {
        let Home { folder, shared, actor_system } = Home::make();
        let shown = View::default();
        let (given, view) = (shared.clone(), shown.clone());
        let thumbnailer = actor_system.start(move || Thumbnailer::new(given.clone(), view.clone(), 1024 * 1024));
        Self { folder, shown, actor_system, thumbnailer }
    }

    fn picture(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        DynamicImage::new_rgb8(400, 600).save(&path).unwrap();
        path
    }

    fn make(&self, picture: &Path, width: u32) -> impl Future<Output = Result<PathBuf, PictureError>> + use<> {
        let name = ThumbnailName::of(picture, width, Encoding::Jpeg).unwrap();
        let asked = self.thumbnailer.send(MakeThumbnail { picture: picture.to_owned(), name, width });
        async move { asked.await.unwrap() }
    }
}

impl Drop for ThumbnailerFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

#[actix::test]
async fn of_many_who_ask_for_one_thumbnail_all_get_the_one_that_is_made() {
    let fixture = ThumbnailerFixture::new();
    let picture = fixture.picture("a.png");
    let made = futures_util::future::join_all((0..50).map(|_| fixture.make(&picture, 160))).await;
    assert!(made.iter().all(|path| path == &made[0]) && made[0].as_ref().unwrap().is_file());
    let view = fixture.shown.wait_for(|view| view.rendered > 0).await;
    assert_eq!((view.rendered, view.failed), (1, 0));
    fixture.make(&picture, 160).await.unwrap();
    assert_eq!(fixture.shown.get().rendered, 1, "it is on disk");
}

#[actix::test]
async fn a_changed_picture_is_rendered_anew() {
    let fixture = ThumbnailerFixture::new();
    let picture = fixture.picture("a.png");
    let before = ThumbnailName::of(&picture, 160, Encoding::Jpeg).unwrap();
    assert_ne!(before, ThumbnailName::of(&picture, 320, Encoding::Jpeg).unwrap());
    DynamicImage::new_rgb8(401, 600).save(&picture).unwrap();
    assert_ne!(before, ThumbnailName::of(&picture, 160, Encoding::Jpeg).unwrap());
    assert_eq!(ThumbnailName::of(fixture.folder.path(), 160, Encoding::Jpeg), Err(PictureError::Missing));
}

#[test]
fn an_edition_is_told_by_its_millisecond_once_it_has_settled() {
    let at = |nanoseconds: u64| UNIX_EPOCH + Duration::from_nanos(nanoseconds);
    let name = ThumbnailName { text: String::new(), encoding: Encoding::Jpeg, changed: at(1_730_000_107_250_700_000) };
    let later = name.changed + SETTLED;
    for (told, expected) in [
        (1_730_000_107_249, false),
        (1_730_000_107_250, true),
        (1_730_000_107_251, true),
        (1_730_000_107_252, false),
        (1_730_000_107, false),
        (u64::MAX, false),
    ] {
        assert_eq!(name.is_edition(told, later), expected, "{told}");
    }
    for early in [name.changed - SETTLED, name.changed, later - Duration::from_nanos(1)] {
        assert!(!name.is_edition(1_730_000_107_250, early), "{early:?}");
    }
}

#[actix::test]
async fn a_broken_picture_is_told_to_all_and_counted() {
    let fixture = ThumbnailerFixture::new();
    let picture = fixture.folder.path().join("broken.jpg");
    std::fs::write(&picture, "no picture").unwrap();
    let (one, other) = tokio::join!(fixture.make(&picture, 160), fixture.make(&picture, 160));
    assert!(matches!(one, Err(PictureError::Unreadable(_))) && one == other);
    let view = fixture.shown.wait_for(|view| view.failed > 0).await;
    assert_eq!(view.rendered, 0);
}

#[test]
fn widths_snap_to_the_next_larger_step() {
    assert_eq!([0, 1, 160, 161, 320, 1280, 9999].map(snapped), [160, 160, 160, 320, 320, 1280, 1280]);
}
