//! A picture in the galleries that go by folder: the user's own, and those that were saved.

use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::library::asset_url;
use crate::actors::library::assets::Image;

/// A picture in its folder.
#[derive(Serialize, ToSchema)]
pub(super) struct FolderAsset {
    name: String,
    path: String,
    /// `poster`, `background`, `season`, `titlecard`, or what the gallery has besides.
    #[serde(rename = "type")]
    asset_type: &'static str,
    size: u64,
    url: String,
    /// When its content last changed, in seconds since 1970.
    modified: f64,
}

impl FolderAsset {
    /// With the type that the gallery gives it, and where its root is served.
    pub(super) fn new(image: &Image<'_>, asset_type: &'static str, mount: &str) -> Self {
        Self {
            name: image.name.to_owned(),
            path: image.path.to_owned(),
            asset_type,
            size: image.size,
            url: asset_url::of(mount, image.path),
            modified: image.entry().modified,
        }
    }
}
