use super::harness::TestApp;

#[actix_web::test]
async fn system_info_has_upstreams_nine_keys_with_their_types() {
    let app = TestApp::start_with(|settings| settings.container = true);
    let answer = app.get("/api/system-info").await;
    assert_eq!(answer.status, 200);
    let info = answer.json();
    let keys: Vec<_> = info.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "platform",
            "os_version",
            "cpu_model",
            "cpu_cores",
            "total_memory",
            "used_memory",
            "free_memory",
            "memory_percent",
            "is_docker"
        ]
    );
    assert_eq!(info["platform"], "Linux");
    assert_eq!(info["is_docker"], true);
    assert!(info["cpu_cores"].as_u64().unwrap() > 0);
    assert!(info["memory_percent"].as_f64().unwrap() > 0.0, "the web UI calls a number's method on it");
    let megabytes = |key: &str| info[key].as_str().unwrap().strip_suffix(" MB").unwrap().parse::<u64>().unwrap();
    assert_eq!(megabytes("total_memory"), megabytes("used_memory") + megabytes("free_memory"));
}

#[actix_web::test]
async fn upload_diagnostics_look_at_each_folder_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    std::fs::remove_dir(app.path().join("uploads")).unwrap();
    let answer = app.get("/api/upload-diagnostics").await;
    assert_eq!(answer.status, 200);
    let found = answer.json();
    let folders = found["directories"].as_object().unwrap();
    let names: Vec<_> = folders.keys().map(String::as_str).collect();
    assert_eq!(names, ["BASE_DIR", "UPLOADS_DIR", "OVERLAYFILES_DIR", "ASSETS_DIR", "LOGS_DIR", "TEMP_DIR"]);
    assert_eq!(folders["LOGS_DIR"]["writable"], true);
    assert_eq!(folders["LOGS_DIR"]["error"], serde_json::Value::Null);
    assert_eq!(folders["LOGS_DIR"]["platform"], "linux");
    assert_eq!(folders["UPLOADS_DIR"]["error"], "UPLOADS_DIR does not exist");
    assert!(found["user"].is_object() && found["python_version"].is_string());
    assert!(found["environment"]["DOCKER_ENV"].is_string());
    for folder in ["assets", "Logs", "temp", "Overlayfiles"] {
        assert_eq!(std::fs::read_dir(app.path().join(folder)).unwrap().count(), 0, "{folder}");
    }
}

#[actix_web::test]
async fn the_footprint_tells_what_the_daemon_uses_and_what_room_it_has() {
    let app = TestApp::start();
    let answer = app.get("/api/footprint").await;
    assert_eq!(answer.status, 200);
    let found = answer.json();
    assert!(found["memory_bytes"].as_u64().unwrap() > 1024 * 1024, "{found}");
    assert!(found["cpu_seconds"].as_f64().unwrap() >= 0.0);
    assert!(found["disk_free_bytes"].as_u64().unwrap() <= found["disk_total_bytes"].as_u64().unwrap(), "{found}");
}
