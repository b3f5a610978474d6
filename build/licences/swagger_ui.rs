//! The viewer of the API's description. No crate that is linked carries it: it comes from an archive in a crate that its
//! embedding needs while it is built.

use std::error::Error;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::cargo::Folders;
use super::{Part, npm};

const CARRIER: &str = "utoipa-swagger-ui-vendored";

pub fn part(folders: &Folders) -> Result<Vec<Part>, Box<dyn Error>> {
    let carrier = folders.iter().find(|((name, _), _)| name == CARRIER);
    let (_, folder) = carrier.ok_or("its archive is not there")?;
    let mut archive = ZipArchive::new(File::open(archive_in(folder)?)?)?;
    // Everything is below a folder such as `swagger-ui-5.32.6`.
    let first = archive.file_names().next().ok_or("its archive is empty")??;
    let top = first.split('/').next().unwrap_or_default().to_owned();
    let (name, version) = top.rsplit_once('-').ok_or("its archive is of another form")?;
    let mut texts = Vec::new();
    for file in ["LICENSE", "NOTICE"] {
        let mut text = String::new();
        archive.by_name(&format!("{top}/{file}"))?.read_to_string(&mut text)?;
        texts.push(text);
    }
    Ok(vec![Part {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: "Apache-2.0".to_owned(),
        kind: npm::KIND,
        repository: Some("https://github.com/swagger-api/swagger-ui".to_owned()),
        texts,
    }])
}

fn archive_in(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    for entry in fs::read_dir(folder.join("res"))? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("zip")) {
            return Ok(path);
        }
    }
    Err("it has no archive".into())
}
