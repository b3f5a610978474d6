use std::collections::BTreeSet;
use std::path::Path;

use posterizarrd::http::api::system::licences::{Licences, PackageKind};
use reqwest::Method;

use super::harness::TestApp;

/// The manifests of everything that is linked into the daemon and is ours.
const MANIFESTS: [&str; 6] = [
    include_str!("../../Cargo.toml"),
    include_str!("../../actors/Cargo.toml"),
    include_str!("../../base/Cargo.toml"),
    include_str!("../../engine/Cargo.toml"),
    include_str!("../../media/Cargo.toml"),
    include_str!("../../render/Cargo.toml"),
];

/// What stands above and below the names of the parts that carry a text.
const RULE: &str = "================================================================================\n";

async fn list(app: &TestApp) -> Licences {
    let answer = app.get("/api/licences").await;
    assert_eq!((answer.status.as_u16(), &answer.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    serde_json::from_slice(&answer.body).unwrap()
}

/// The crates that a manifest asks for on every target, without those of this workspace.
fn direct(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    dependencies.keys().filter(|name| !name.starts_with("posterizarr")).cloned().collect()
}

#[actix_web::test]
async fn every_crate_that_is_linked_is_listed_as_the_lock_file_has_it() {
    let listed = list(&TestApp::start()).await.packages;
    let crates = listed.iter().filter(|package| package.kind == PackageKind::Crate);
    let crates: BTreeSet<_> = crates.map(|package| (package.name.as_str(), package.version.as_str())).collect();
    for name in MANIFESTS.into_iter().flat_map(direct) {
        assert!(crates.iter().any(|(listed, _)| *listed == name), "{name}");
    }
    let lock: toml::Table = include_str!("../../Cargo.lock").parse().unwrap();
    let locked = lock["package"].as_array().unwrap().iter();
    let locked: BTreeSet<_> =
        locked.map(|package| (package["name"].as_str().unwrap(), package["version"].as_str().unwrap())).collect();
    let unknown: Vec<_> = crates.difference(&locked).map(|(name, _)| *name).collect();
    assert_eq!(unknown, ["std"]);
    for absent in ["wiremock", "proptest", "syn", "cc"] {
        assert!(!crates.iter().any(|(name, _)| *name == absent), "{absent} is not linked");
    }
}

#[actix_web::test]
async fn each_part_has_its_licence_and_they_are_sorted() {
    let listed = list(&TestApp::start()).await.packages;
    assert!(listed.is_sorted_by_key(|package| (package.name.clone(), package.version.clone())));
    for package in &listed {
        assert!(!package.licence.is_empty() && !package.licence.contains('/'), "{}", package.name);
        assert!(package.repository.as_ref().is_none_or(|address| address.starts_with("http")), "{}", package.name);
    }
    let find = |name: &str| listed.iter().find(|package| package.name == name).unwrap();
    assert_eq!(find("posterizarrd").licence, "MIT");
    assert_eq!(find("sled").licence, "MIT OR Apache-2.0");
    assert_eq!(find("actix-web").repository.as_deref(), Some("https://github.com/actix/actix-web"));
    assert_eq!(find("swagger-ui").kind, PackageKind::Npm);
}

#[actix_web::test]
async fn the_texts_of_crates_fonts_and_libraries_in_c_are_there() {
    let answer = TestApp::start().get("/api/licences/texts").await;
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let texts = answer.text();
    for notice in [
        "Copyright (c) Tokio Contributors",
        "Bitstream Vera",
        "Jason Evans",
        "AWS-LC is a fork of BoringSSL",
        "SmartBear Software",
        "Copyright notices for The Rust Standard Library",
    ] {
        assert!(texts.contains(notice), "{notice}");
    }
    let own = include_str!("../../LICENSE").trim_end();
    assert!(texts.find(own).is_some_and(|at| at < 1000), "our own comes first");
    let sections: Vec<_> = texts.split(RULE).skip(2).step_by(2).collect();
    assert_eq!(sections.iter().collect::<BTreeSet<_>>().len(), sections.len(), "each text is there once");
    assert!(texts.contains("\nactix-web 4."), "the names stand above");
}

#[actix_web::test]
async fn the_display_font_is_listed_with_its_licence() {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("web/node_modules/@expo-google-fonts/oswald").is_dir() {
        eprintln!("LEFT OUT: the packages of the web UI are not installed");
        return;
    }
    let app = TestApp::start();
    let listed = list(&app).await.packages;
    let font = listed.iter().find(|package| package.name == "@expo-google-fonts/oswald").unwrap();
    assert!(font.kind == PackageKind::Npm && font.licence.contains("OFL-1.1"), "{}", font.licence);
    assert!(app.get("/api/licences/texts").await.text().contains("The Oswald Project Authors"));
}

#[actix_web::test]
async fn what_the_web_ui_is_bundled_from_is_listed_with_its_texts() {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist/licences.json").is_file() {
        eprintln!("LEFT OUT: the web UI was not built");
        return;
    }
    let app = TestApp::start();
    let listed = list(&app).await.packages;
    for name in ["preact", "uplot", "lucide-preact"] {
        let found = listed.iter().find(|package| package.name == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(found.kind, PackageKind::Npm, "{name}");
        assert!(found.repository.is_some(), "{name}");
    }
    assert!(!listed.iter().any(|package| package.name == "vite"), "it builds, and is not built in");
    assert!(app.get("/api/licences/texts").await.text().contains("Jason Miller"));
}

#[actix_web::test]
async fn both_are_sent_compressed_where_that_is_accepted_and_only_once() {
    let app = TestApp::start();
    for path in ["/api/licences", "/api/licences/texts"] {
        let plain = app.get(path).await;
        assert!(!plain.headers.contains_key("content-encoding"), "{path}");
        let gzip = app.send(Method::GET, path, |request| request.header("accept-encoding", "gzip, br")).await;
        assert_eq!(gzip.headers["content-encoding"], "gzip", "{path}");
        assert!(gzip.body.len() * 4 < plain.body.len(), "{path}");
        assert_eq!(gzip.headers["etag"], plain.headers["etag"], "{path}");
        let etag = gzip.headers["etag"].to_str().unwrap();
        let again = app.send(Method::GET, path, |request| request.header("if-none-match", etag)).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
    }
}
