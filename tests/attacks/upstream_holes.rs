//! The holes of Posterizarr 2.1.15 and 3.1.3, and the test that tries each here. One that has none fails the test below.
//!
//! | hole of upstream's | tried by |
//! |---|---|
//! | a path that ends like a picture or a script needs no login, with any method | `security_1_no_delete_is_open_because_of_its_extension` |
//! | pictures are open to all, or to whoever names the host in `Referer` | `security_11_pictures_need_a_login_and_a_browser_has_one_in_its_cookie`, `a_referer_opens_nothing` |
//! | `/ws/logs` needs no login | `a_web_socket_needs_a_login_that_may_read` |
//! | `/ws/logs` streams any file that `log_file` names | `a_log_that_may_not_be_read_is_an_error_and_the_end` |
//! | log files by names with slashes or `..` | `no_route_that_takes_a_path_gives_what_is_no_picture_of_a_room_or_fails_over_it` |
//! | pages of other sites may ask, since only `Referer` and `Origin` are looked at | `a_foreign_page_is_refused_on_every_route_where_no_login_is_needed`, `a_foreign_page_is_refused_on_every_route_whatever_login_its_browser_has` |
//! | `/api/auth/check` says yes to a wrong password | `the_check_tells_whether_the_sent_login_is_right` |
//! | API keys have all rights | `a_login_opens_what_its_scopes_allow_and_nothing_else` |
//! | `replace-from-url` and `upload-replacement` write anywhere, into sibling folders too | `security_no_path_leads_out_of_the_asset_folders` |
//! | both unlink an unchecked path in the other folder | `security_no_path_leads_out_of_the_asset_folders` |
//! | `replace-from-url` and the queue ask any address, and keep whatever comes as a picture | `security_an_address_is_asked_through_the_guarded_door_and_only_pictures_come_in` |
//! | an address is checked before and not at the connection; IPv6 is not looked at | `one_private_address_among_public_ones_closes_the_guarded_door`, `a_client_cannot_make_the_daemon_ask_private_addresses` |
//! | a cloud's own address is asked wherever private ones may be | `where_private_addresses_are_allowed_those_of_a_cloud_still_are_not` |
//! | a staged upload has the client's name for it | `an_upload_chooses_no_name_on_this_machine` |
//! | uploads have no limit and need be no pictures | `security_9_uploads_are_bounded_and_are_what_they_say`, `eight_large_pictures_at_every_door_stay_within_the_budget` |
//! | overlays and fonts: any file may be deleted or downloaded | `security_9_only_overlays_and_fonts_are_deleted`, `security_9_only_what_is_listed_is_found` |
//! | a preview says that it is a picture, whatever it is | `security_10_a_preview_has_its_own_type_which_browsers_do_not_guess` |
//! | deletes follow links to what they point at | `security_8_deleting_a_link_leaves_what_it_points_at`, `a_link_in_the_backups_is_deleted_and_not_what_it_points_at` |
//! | `assets/folders` and `folder-view` list other folders, and tell what exists | `no_route_that_takes_a_path_gives_what_is_no_picture_of_a_room_or_fails_over_it` |
//! | records lead `delete-asset` and `find-asset` to other folders | `deleting_the_asset_of_a_record_that_names_a_place_outside_leaves_that_place_alone`, `the_asset_of_a_record_is_found_in_the_index_or_told_to_be_missing` |
//! | a manual run takes any file of the machine | `a_manual_run_takes_no_picture_from_elsewhere_on_the_machine` |
//! | a value that begins with a dash becomes a switch of the script | `a_value_that_begins_with_a_dash_is_refused_where_it_could_become_a_parameter`, `a_title_that_begins_with_a_dash_cannot_become_a_parameter` |
//! | a webhook's and a trigger file's values are run as code | `a_webhook_runs_the_script_with_its_values_as_arguments_and_its_file_goes`, `hostile_titles_are_nothing_but_text` |
//! | a blueprint sets paths, servers and the login | `an_import_cannot_open_a_door_or_move_a_folder` |
//! | `media_id` and `rating_key` lead a request with the stored key elsewhere | `what_a_client_or_plex_names_cannot_lead_the_request_elsewhere`, `the_one_of_jellyfin_and_emby_that_is_in_use_refreshes_an_item` |
//! | a check sends the stored key to any address | `a_stored_key_goes_only_to_the_address_it_was_stored_with` |
//! | the overlay creator takes numbers without limit, and names | `names_that_lead_elsewhere_and_numbers_without_limit_do_no_harm` |
//! | thumbnails have any width | `widths_snap_to_the_next_larger_step` |
//! | logs and support archives hold tokens | `a_secret_is_told_by_no_answer_and_no_stream_to_readers_or_admins`, `the_archive_holds_logs_and_records_but_no_secret_in_any_form` |
//! | logos are fetched without a check of the certificate when that fails | `a_certificate_that_is_not_trusted_is_told_with_what_to_do` |

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::api::harness::TestApp;

fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn picture() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(200, 300).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// An installation with a picture in each of its folders.
fn install(login: bool) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["assets/M/F/poster.jpg", "manualassets/M/F/poster.jpg", "assetsbackup/M/F/poster.jpg", "victim.jpg"] {
        write(folder.path(), name, picture());
    }
    let config = json!({
        "WebUI": {"basicAuthEnabled": login, "basicAuthUsername": "admin", "basicAuthPassword": "secret-of-mine"},
        "PrerequisitePart": {"AssetPath": at("assets"), "ManualAssetPath": at("manualassets"), "BackupPath": at("assetsbackup")}});
    write(folder.path(), "config.json", config.to_string());
    TestApp::start_in(folder, |_| {})
}

/// The names of all tests of the project.
fn tests() -> BTreeSet<String> {
    fn collect(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, found);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(entry).unwrap();
                let after =
                    text.split("test]\n").skip(1).filter_map(|rest| rest.split_once("fn ")?.1.split('(').next());
                found.extend(after.map(|name| name.trim().to_owned()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    ["actors", "base", "engine", "media", "src", "tests"]
        .iter()
        .for_each(|folder| collect(&root.join(folder), &mut found));
    found
}

#[test]
fn each_hole_is_tried_by_a_test_that_is_there() {
    let known = tests();
    let rows: Vec<_> =
        include_str!("upstream_holes.rs").lines().filter(|line| line.starts_with("//! | ")).skip(1).collect();
    assert!(rows.len() > 25, "{}", rows.len());
    for row in rows {
        let tried_by = row.rsplit(" | ").next().unwrap();
        let named: Vec<_> = tried_by.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            assert!(known.contains(name), "there is no test {name}: {row}");
        }
    }
}

#[actix_web::test]
async fn a_referer_opens_nothing() {
    let app = install(true);
    let host = app.url.replace("http://", "");
    for path in [
        "/poster_assets/M/F/poster.jpg",
        "/manual_poster_assets/M/F/poster.jpg",
        "/backup_assets/M/F/poster.jpg",
        "/api/thumbnail?path=/poster_assets/M/F/poster.jpg",
        "/images/default_poster.jpg",
        "/api/fonts/preview/x.ttf",
        "/api/config",
        "/api/auth/keys",
        "/ws/logs",
    ] {
        for referer in
            [format!("http://evil.example/?{host}"), format!("http://{host}/"), format!("http://{host}.evil.example/")]
        {
            let answer = app.send(Method::GET, path, |request| request.header("referer", &referer)).await;
            assert!([401, 403].contains(&answer.status.as_u16()), "{path} {referer}: {}", answer.status);
        }
    }
}

#[actix_web::test]
async fn an_upload_chooses_no_name_on_this_machine() {
    let app = install(false);
    for name in ["../../victim.png", "/tmp/x.png", "a/b.png", "..\\x.png", "-x.png", "a\u{0}.png", "config.json.png"] {
        let form = Form::new().part("file", Part::bytes(picture()).file_name(name));
        let path = "/api/assets/upload-replacement?asset_path=M/F/poster.jpg&add_to_queue=true";
        let sent = app.send(Method::POST, path, |request| request.multipart(form)).await;
        assert!([200, 400].contains(&sent.status.as_u16()), "{name}: {}", sent.text());
    }
    let staged = fs::read_dir(app.path().join("queue_staging")).unwrap();
    let staged: Vec<_> = staged.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!staged.is_empty(), "some were taken");
    for name in &staged {
        let is_ours = name.strip_suffix(".png").unwrap().bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        assert!(is_ours, "{name}");
    }
    assert_eq!(fs::read(app.path().join("victim.jpg")).unwrap(), picture());
}

#[actix_web::test]
async fn a_link_in_the_backups_is_deleted_and_not_what_it_points_at() {
    let app = install(false);
    let folder = app.path().join("assetsbackup/M/F");
    std::os::unix::fs::symlink(app.path().join("victim.jpg"), folder.join("background.jpg")).unwrap();
    std::os::unix::fs::symlink(app.path(), folder.join("up")).unwrap();
    let deleted = app.delete("/api/backup-assets/M/F/background.jpg").await;
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    assert!(fs::symlink_metadata(folder.join("background.jpg")).is_err());
    for path in ["M/F/up/victim.jpg", "../victim.jpg", "M/../../victim.jpg"] {
        let body = app.post("/api/backup-assets/bulk-delete", &json!({ "paths": [path] })).await.json();
        assert_eq!((body["deleted"].clone(), body["failed"][0]["path"].clone()), (json!([]), json!(path)), "{body}");
    }
    assert_eq!(fs::read(app.path().join("victim.jpg")).unwrap(), picture());
}
