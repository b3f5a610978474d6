//! A data folder as the old backend leaves it: all of its databases, every table and column.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

/// Runs in the history.
pub const RUNS: i64 = 327;
/// Image choices.
pub const CHOICES: i64 = 5_000;

/// Makes the databases in `root/database`.
pub fn make(root: &Path) {
    let folder = root.join("database");
    fs::create_dir_all(&folder).unwrap();
    history(&folder.join("runtime_stats.db"));
    exports(&folder.join("media_export.db"));
    choices(&folder.join("imagechoices.db"));
    libraries(&folder.join("server_libraries.db"));
    config(&folder.join("config.db"));
}

fn open(file: &Path, schema: &str) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch(schema).unwrap();
    connection
}

fn history(file: &Path) {
    let schema = "CREATE TABLE runtime_stats (
            id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, mode TEXT, runtime_seconds INTEGER,
            runtime_formatted TEXT, total_images INTEGER DEFAULT 0, posters INTEGER DEFAULT 0, seasons INTEGER DEFAULT 0,
            backgrounds INTEGER DEFAULT 0, titlecards INTEGER DEFAULT 0, collections INTEGER DEFAULT 0,
            errors INTEGER DEFAULT 0, fallbacks INTEGER DEFAULT 0, tba_skipped INTEGER DEFAULT 0,
            jap_chines_skipped INTEGER DEFAULT 0, notification_sent INTEGER DEFAULT 0, uptime_kuma INTEGER DEFAULT 0,
            images_cleared INTEGER DEFAULT 0, folders_cleared INTEGER DEFAULT 0, space_saved TEXT, script_version TEXT,
            im_version TEXT, start_time TEXT, end_time TEXT, log_file TEXT, status TEXT DEFAULT 'completed', notes TEXT,
            textless INTEGER DEFAULT 0, truncated INTEGER DEFAULT 0, text INTEGER DEFAULT 0);
        CREATE INDEX idx_timestamp ON runtime_stats(timestamp DESC);
        CREATE TABLE migration_info (key TEXT PRIMARY KEY, value TEXT, updated_at TEXT);
        INSERT INTO migration_info VALUES ('logs_migrated', 'true', '2025-11-23 08:59:43'),
            ('migrated_entries', '3', '2025-11-23 08:59:43'),
            ('date_format_v1_migrated', 'true', '2025-11-23T08:59:43.123456');";
    let mut connection = open(file, schema);
    let change = connection.transaction().unwrap();
    for n in 0..RUNS {
        let mode = ["normal", "scheduled", "arr", "tautulli", "backup"][usize::try_from(n % 5).unwrap()];
        let day = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::Days::new(n.unsigned_abs());
        // Numbers have gaps, as after a clean-up.
        change
            .execute(
                "INSERT INTO runtime_stats VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0, 0, 2, ?7, 3, 4, 5, 1, 0, 6, 7, '1.23 GB',
                    '2.1.15', '7.1.2.8', ?2, ?8, ?9, 'completed', NULL, 8, 9, 10)",
                params![
                    10 + n * 2,
                    format!("{day}T03:00:02"),
                    mode,
                    n,
                    format!("0h {}m {}s", n / 60, n % 60),
                    n * 7,
                    n % 3,
                    format!("{day}T03:12:09"),
                    format!("{mode}.json"),
                ],
            )
            .unwrap();
    }
    // One that came from a log: without dates, versions and room saved.
    change
        .execute(
            "INSERT INTO runtime_stats (id, timestamp, mode, runtime_seconds, runtime_formatted, start_time, log_file)
                VALUES (5, '2024-12-31T10:00:00.123456', 'normal', 254, '0h 4m 14s', '', 'Scriptlog.log')",
            [],
        )
        .unwrap();
    change.commit().unwrap();
}

fn exports(file: &Path) {
    let times = "created_at TIMESTAMP DEFAULT (datetime('now','localtime')),
                 updated_at TIMESTAMP DEFAULT (datetime('now','localtime'))";
    let id = "id INTEGER PRIMARY KEY AUTOINCREMENT, run_timestamp TEXT NOT NULL";
    let schema = format!(
        "CREATE TABLE plex_library_export ({id}, library_name TEXT, library_type TEXT, library_language TEXT,
            title TEXT NOT NULL, resolution TEXT, original_title TEXT, season_names TEXT, season_numbers TEXT,
            season_rating_keys TEXT, year TEXT, tvdbid TEXT, imdbid TEXT, tmdbid TEXT, rating_key TEXT UNIQUE, path TEXT,
            root_foldername TEXT, extra_folder TEXT, multiple_versions TEXT, plex_poster_url TEXT,
            plex_background_url TEXT, plex_season_urls TEXT, labels TEXT, {times});
         CREATE TABLE plex_episode_export ({id}, show_name TEXT NOT NULL, type TEXT, tvdbid TEXT, tmdbid TEXT,
            library_name TEXT, season_number TEXT, episodes TEXT, title TEXT, rating_keys TEXT, plex_titlecard_urls TEXT,
            resolutions TEXT, {times}, UNIQUE(show_name, season_number));
         CREATE TABLE other_media_library_export ({id}, library_name TEXT, library_type TEXT, library_language TEXT,
            media_id TEXT UNIQUE, title TEXT NOT NULL, original_title TEXT, year TEXT, resolution TEXT, imdbid TEXT,
            tmdbid TEXT, tvdbid TEXT, path TEXT, root_foldername TEXT, extra_folder TEXT, other_media_poster_url TEXT,
            other_media_background_url TEXT, labels TEXT, {times});
         CREATE TABLE other_media_episode_export ({id}, show_name TEXT NOT NULL, type TEXT, tvdbid TEXT, tmdbid TEXT,
            imdbid TEXT, library_name TEXT, season_number TEXT, episodes TEXT, title TEXT, rating_keys TEXT,
            other_media_titlecard_urls TEXT, resolutions TEXT, {times}, UNIQUE(show_name, season_number));
         CREATE TABLE migration_info (key TEXT PRIMARY KEY, value TEXT, updated_at TEXT);
         INSERT INTO migration_info VALUES ('schema_v2_unique_keys', 'true', '2025-11-23 08:59:43');"
    );
    let mut connection = open(file, &schema);
    let change = connection.transaction().unwrap();
    let (run, at) = ("2025-11-23T09:02:13.604096", "2025-11-23 09:02:13");
    for n in 0..300 {
        let title = format!("Title {n:03}");
        change
            .execute(
                "INSERT INTO plex_library_export VALUES (NULL, ?1, 'Movies', 'movie', 'en', ?2, '1080p', '', '', '', '', '1995',
                    '', 'tt1', ?3, ?3, '/data/movies/', ?2, '', 'False', '/thumb', '/art', '', 'Overlay', ?4, ?4)",
                params![run, title, n.to_string(), at],
            )
            .unwrap();
        change
            .execute(
                "INSERT INTO plex_episode_export VALUES (NULL, ?1, ?2, 'episode', '334824', '70523', 'TV Shows', '1', '1,2,3',
                    'A;B;C', '1,2,3', '/t', '1080,1080,4k', ?3, ?3)",
                params![run, title, at],
            )
            .unwrap();
        change
            .execute(
                "INSERT INTO other_media_library_export VALUES (NULL, ?1, 'Serien', 'Series', 'de', ?2, ?2, ?2, '2017', '1080p',
                    'tt2', '70523', '334824', '/data/tv/', ?2, '', 'tag', 'tags', '', ?3, ?3)",
                params![run, title, at],
            )
            .unwrap();
        change
            .execute(
                "INSERT INTO other_media_episode_export VALUES (NULL, ?1, ?2, '', '334824', '70523', 'tt2', 'Serien', '1', '1,2',
                    'A;B', '', '', '1080p,1080p', ?3, ?3)",
                params![run, title, at],
            )
            .unwrap();
    }
    change.commit().unwrap();
}

fn choices(file: &Path) {
    let schema = "CREATE TABLE imagechoices (
            id INTEGER PRIMARY KEY AUTOINCREMENT, Title TEXT NOT NULL, Type TEXT, Rootfolder TEXT, LibraryName TEXT,
            Language TEXT, Fallback TEXT, TextTruncated TEXT, DownloadSource TEXT, FavProviderLink TEXT, Manual TEXT,
            tmdbid TEXT, tvdbid TEXT, imdbid TEXT, created_at TIMESTAMP DEFAULT (datetime('now','localtime')),
            updated_at TIMESTAMP DEFAULT (datetime('now','localtime')), UNIQUE(Title, Rootfolder, Type, LibraryName));";
    let mut connection = open(file, schema);
    let change = connection.transaction().unwrap();
    for n in 0..CHOICES {
        change
            .execute(
                "INSERT INTO imagechoices VALUES (?1, ?2, 'Movie', ?2, 'Movies', 'de', 'true', 'false', 'https://x/a.jpg',
                    'false', 'Yes', NULL, NULL, NULL, '2025-11-23 09:02:13', '2025-11-24 09:02:13')",
                params![3 + n * 2, format!("Title {n:04} (1999)")],
            )
            .unwrap();
    }
    change.commit().unwrap();
}

fn libraries(file: &Path) {
    let schema = "CREATE TABLE media_server_libraries (id INTEGER PRIMARY KEY AUTOINCREMENT, server_type TEXT NOT NULL,
            library_name TEXT NOT NULL, library_type TEXT, is_excluded INTEGER DEFAULT 0,
            last_fetched TIMESTAMP DEFAULT (datetime('now','localtime')), UNIQUE(server_type, library_name));
        INSERT INTO media_server_libraries (server_type, library_name, library_type, is_excluded, last_fetched) VALUES
            ('plex', 'Movies', 'movie', 0, '2025-11-23 09:02:13'), ('plex', 'Music', 'artist', 1, '2025-11-23 09:02:13'),
            ('jellyfin', 'Serien', NULL, 0, '2025-11-22 09:02:13');";
    open(file, schema);
}

fn config(file: &Path) {
    let schema = "CREATE TABLE config (id INTEGER PRIMARY KEY AUTOINCREMENT, section TEXT NOT NULL, key TEXT NOT NULL,
            value TEXT, value_type TEXT NOT NULL, description TEXT, created_at TIMESTAMP, updated_at TIMESTAMP,
            UNIQUE(section, key));
        CREATE TABLE config_metadata (id INTEGER PRIMARY KEY AUTOINCREMENT, last_sync_time TIMESTAMP,
            config_file_path TEXT, sync_status TEXT, sync_message TEXT);
        INSERT INTO config (section, key, value, value_type) VALUES ('PlexPart', 'UsePlex', 'true', 'boolean'),
            ('PrerequisitePart', 'AssetPath', '/assets', 'string'), ('WebUI', 'basicAuthEnabled', 'false', 'boolean');";
    open(file, schema);
}
