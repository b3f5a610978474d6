//! The packages that the web UI's bundler put into it, as the bundler tells them.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Part, texts};
use crate::display_font;

pub const KIND: &str = "npm";
/// `build.license` in `web/vite.config.ts`.
pub const BUNDLED: &str = "web/dist/licences.json";

/// All of them; none where no web UI is built.
pub fn bundled() -> Result<Vec<Part>, Box<dyn Error>> {
    if !fs::exists(BUNDLED)? {
        return Ok(Vec::new());
    }
    let told: Value = serde_json::from_slice(&fs::read(BUNDLED)?)?;
    Ok(told.as_array().into_iter().flatten().filter_map(part).collect())
}

/// The package of the display font; none where it is not there.
pub fn display_font() -> Result<Vec<Part>, Box<dyn Error>> {
    let folder = Path::new("web").join(display_font::PACKAGE);
    let Ok(manifest) = fs::read(folder.join("package.json")) else { return Ok(Vec::new()) };
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let text = |field: &str| manifest.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text("name");
    Ok(vec![Part {
        version: text("version"),
        licence: text("license"),
        kind: KIND,
        repository: repository(&name),
        texts: texts::below(&folder),
        name,
    }])
}

fn part(package: &Value) -> Option<Part> {
    let text = |field: &str| Some(package.get(field)?.as_str()?.to_owned());
    let name = text("name")?;
    Some(Part {
        version: text("version")?,
        licence: text("identifier")?,
        kind: KIND,
        repository: repository(&name),
        texts: text("text").into_iter().collect(),
        name,
    })
}

/// The bundler does not tell it, the package's manifest does: as text or under `url`.
fn repository(name: &str) -> Option<String> {
    let manifest = fs::read(format!("web/node_modules/{name}/package.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    let told = manifest.get("repository")?;
    let address = told.get("url").unwrap_or(told).as_str()?.trim_start_matches("git+").trim_end_matches(".git");
    if address.contains(':') {
        return address.starts_with("http").then(|| address.to_owned());
    }
    // npm's short form.
    Some(format!("https://github.com/{address}"))
}
