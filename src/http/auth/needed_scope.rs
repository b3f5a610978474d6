//! Which login a request needs: one table, decided on the path that the router sees.
//!
//! The router percent-decodes all but `%`, `/` and `+` and then compares literally. What looks at first like a public path
//! and might be something else to a file system (`//`, dots, what is still encoded, backslashes) counts as the strictest
//! class. Nothing is public because of its extension.

use actix_web::http::Method;

use crate::actors::access::Scope;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing; the login is not even looked at, so that it cannot be guessed here.
    Public,
    /// Nothing; where there is a login, the handler is told whose.
    Optional,
    /// A login with this scope.
    Needs(Scope),
}

/// Public to read, by their exact paths.
const PUBLIC: [&str; 6] = ["/api", "/api/health", "/api/health/live", "/api/health/ready", "/healthz", "/ping"];

/// What a request with this method and path (as the router sees it) needs.
pub fn needed(method: &Method, path: &str) -> Access {
    let reads = method == Method::GET || method == Method::HEAD;
    let read_or_admin = Access::Needs(if reads { Scope::Read } else { Scope::Admin });
    if !is_plain(path) {
        return Access::Needs(Scope::Admin);
    }
    if reads && PUBLIC.contains(&path) {
        return Access::Public;
    }
    if (reads && path == "/api/auth/check") || (method == Method::POST && path == "/api/auth/logout") {
        return Access::Optional;
    }
    // Routes are in lower case; another case is either nothing or a page of the web UI, and gives nothing away for free.
    let path = path.to_ascii_lowercase();
    let mut segments = path.split('/').skip(1);
    match segments.next().unwrap_or_default() {
        "api" => match segments.next().unwrap_or_default() {
            "webhook" => Access::Needs(Scope::Webhook),
            "auth" | "admin" | "settings" | "folders" | "plex" => Access::Needs(Scope::Admin),
            _ => read_or_admin,
        },
        "metrics" if reads => Access::Needs(Scope::Metrics),
        "ws" | "poster_assets" | "manual_poster_assets" | "backup_assets" | "test" | "images" => read_or_admin,
        "docs" | "redoc" | "openapi.json" => read_or_admin,
        _ if reads && !path.contains(['%', '\\']) => Access::Public,
        _ => Access::Needs(Scope::Admin),
    }
}

/// Whether the path is absolute and has no empty or dot segments (a last empty one is a folder).
fn is_plain(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|rest| !rest.starts_with('/') && !rest.contains("//"))
        && !path.split('/').any(|segment| segment == "." || segment == "..")
        && !path.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: Access = Access::Needs(Scope::Admin);
    const READ: Access = Access::Needs(Scope::Read);

    fn get(path: &str) -> Access {
        needed(&Method::GET, path)
    }

    #[test]
    fn the_ui_and_the_health_paths_are_public_to_read_only() {
        for path in ["/", "/index.html", "/assets/app.js", "/gallery/posters", "/logo.png", "/test-gallery", "/config"]
        {
            assert_eq!(get(path), Access::Public, "{path}");
            assert_eq!(needed(&Method::POST, path), ADMIN, "{path}");
        }
        for path in PUBLIC {
            assert_eq!(get(path), Access::Public, "{path}");
            assert_eq!(needed(&Method::DELETE, path), ADMIN, "{path}");
        }
        assert_eq!(get("/api/auth/check"), Access::Optional);
        assert_eq!(needed(&Method::POST, "/api/auth/logout"), Access::Optional);
        assert_eq!(get("/api/auth/logout"), ADMIN);
    }

    #[test]
    fn api_and_media_need_a_login_whatever_their_extension_says() {
        let paths = [
            "/api/",
            "/api/status",
            "/api/status/",
            "/api/config.js",
            "/api/config",
            "/api/config-db/export",
            "/api/x.png",
            "/API/status",
            "/ws/logs",
        ];
        let media = [
            "/poster_assets/a.jpg",
            "/manual_poster_assets/a.webp",
            "/backup_assets/a.jpg",
            "/test/x.png",
            "/images/x.svg",
            "/Images/x",
        ];
        let documents = ["/docs", "/docs/index.css", "/redoc", "/openapi.json", "/api/health/other", "/api/healthz"];
        for path in paths.into_iter().chain(media).chain(documents) {
            assert_eq!(get(path), READ, "{path}");
            assert_eq!(needed(&Method::DELETE, path), ADMIN, "{path}");
        }
        assert_eq!(get("/metrics"), Access::Needs(Scope::Metrics));
        for path in [
            "/api/auth/keys",
            "/api/auth/keys/x",
            "/api/admin/support-zip",
            "/api/settings",
            "/api/folders",
            "/api/plex/pin/1",
        ] {
            assert_eq!(get(path), ADMIN, "{path}");
        }
        assert_eq!(needed(&Method::POST, "/api/webhook/arr"), Access::Needs(Scope::Webhook));
    }

    #[test]
    fn tricks_fall_to_the_strictest_class() {
        for path in ["//", "//api", "/x//y", "/../api", "/x/..", "/./x", "*", "", "/a%2fb", "/x%25", "/a\\b", "/a\0"] {
            assert_eq!(get(path), ADMIN, "{path:?}");
        }
        assert_eq!(get("/poster_assets/50%25 off/a.jpg"), READ, "a file's name may contain a percent sign");
        assert_eq!(needed(&Method::OPTIONS, "/api"), ADMIN);
        assert_eq!(needed(&Method::TRACE, "/"), ADMIN);
    }
}
