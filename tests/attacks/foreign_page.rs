//! A page from elsewhere that uses somebody's browser: the whole route table, with and without a login.

use std::collections::{BTreeMap, BTreeSet};

use posterizarrd::settings::Settings;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::api::harness::TestApp;

const BASIC: &str = "Basic YWRtaW46c2VjcmV0";
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// May be read by anybody, under any name: nothing of it is data.
const PUBLIC: [&str; 8] =
    ["/api", "/api/auth/check", "/api/health", "/api/health/live", "/api/health/ready", "/healthz", "/ping", "/"];

/// What no document tells of: the files, the web UI, and what is nowhere.
const MORE: [&str; 7] = [
    "/",
    "/poster_assets/a.jpg",
    "/manual_poster_assets/a.webp",
    "/test/x.png",
    "/images/logo.svg",
    "/api/nope",
    "/ws/nope",
];

/// What a browser sends for a page that is not ours, and the code of the refusal.
fn marks(app: &TestApp) -> Vec<(Vec<(&'static str, String)>, &'static str)> {
    let own = app.url.clone();
    let port = own.rsplit(':').next().unwrap().to_owned();
    let one = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let mut marks = vec![
        (one("origin", "https://evil.example"), "foreign_origin"),
        (one("origin", "null"), "foreign_origin"),
        (one("origin", "http://127.0.0.1:1"), "foreign_origin"),
        (vec![("origin", own.clone()), ("origin", "https://evil.example".to_owned())], "foreign_origin"),
        (one("sec-fetch-site", "cross-site"), "foreign_origin"),
        (one("sec-fetch-site", "same-site"), "foreign_origin"),
        (one("host", "rebind.evil.example"), "unknown_host"),
    ];
    let rebound = format!("rebind.evil.example:{port}");
    marks.push((
        vec![("origin", format!("http://{rebound}")), ("host", rebound), ("sec-fetch-site", "same-origin".to_owned())],
        "unknown_host",
    ));
    marks
}

/// Every path with its methods; a parameter is filled with something harmless.
fn routes() -> BTreeMap<String, BTreeSet<String>> {
    let document = serde_json::to_value(posterizarrd::http::app::document()).unwrap();
    let fill = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
    };
    let of_item = |item: &Value| item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
    let paths = document["paths"].as_object().unwrap();
    let documented = paths.iter().map(|(path, item)| (fill(path), of_item(item)));
    documented.chain(MORE.map(|path| (path.to_owned(), ["GET".to_owned()].into()))).collect()
}

struct Attacker {
    app: TestApp,
    client: Client,
    login: Option<(&'static str, String)>,
}

impl Attacker {
    fn on(enabled: bool, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let web = json!({"basicAuthEnabled": enabled, "basicAuthUsername": "admin", "basicAuthPassword": "secret"});
        std::fs::write(folder.path().join("config.json"), json!({ "WebUI": web }).to_string()).unwrap();
        let app = TestApp::start_in(folder, change);
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { app, client, login: None }
    }

    /// Status and code of the answer; the body of anything but a refusal is not read, it may have no end.
    async fn send(&self, method: &str, path: &str, marks: &[(&str, String)]) -> (u16, String) {
        let mut headers = HeaderMap::new();
        for (name, value) in marks.iter().chain(&self.login) {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method.clone(), format!("{}{path}", self.app.url)).headers(headers);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        if ![401, 403, 503].contains(&status) || method == Method::HEAD {
            return (status, String::new());
        }
        let body: Value = answer.json().await.unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Tries every route that `methods` names.
    async fn walk(&self, methods: impl Fn(&BTreeSet<String>) -> Vec<String>) {
        for (path, known) in routes() {
            for method in methods(&known) {
                for (marks, code) in marks(&self.app) {
                    let is_public = PUBLIC.contains(&path.as_str()) && ["GET", "HEAD"].contains(&method.as_str());
                    let (status, found) = self.send(&method, &path, &marks).await;
                    let what = format!("{method} {path} with {marks:?} and {:?}", self.login);
                    if is_public {
                        assert_ne!(status, 403, "{what}");
                    } else {
                        assert_eq!(status, 403, "{what}: {found}");
                        assert!(method == "HEAD" || found == code, "{what}: {found}");
                    }
                }
            }
        }
    }
}

fn all_methods(_: &BTreeSet<String>) -> Vec<String> {
    METHODS.map(str::to_owned).to_vec()
}

fn own_methods(known: &BTreeSet<String>) -> Vec<String> {
    known.iter().cloned().collect()
}

#[actix_web::test]
async fn a_foreign_page_is_refused_on_every_route_where_no_login_is_needed() {
    let attacker = Attacker::on(false, |_| {});
    attacker.walk(all_methods).await;
    let runs = attacker.app.get("/api/runs").await.json();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(0), "nothing was started: {runs}");
    assert!(attacker.app.path().join("config.json").try_exists().unwrap());
}

#[actix_web::test]
async fn a_foreign_page_is_refused_on_every_route_whatever_login_its_browser_has() {
    let mut attacker = Attacker::on(true, |_| {});
    attacker.walk(own_methods).await;
    let basic = attacker.app.send(Method::GET, "/api/status", |request| request.header("authorization", BASIC)).await;
    let cookie = basic.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let body = json!({"name": "k", "scopes": ["admin"]});
    let key =
        attacker.app.send(Method::POST, "/api/auth/keys", |request| request.header("authorization", BASIC).json(&body));
    let key = key.await.json()["key"].as_str().unwrap().to_owned();
    for login in [("cookie", cookie), ("authorization", BASIC.to_owned()), ("x-api-key", key)] {
        attacker.login = Some(login);
        attacker.walk(own_methods).await;
        let (status, _) = attacker.send("GET", "/api/status", &[]).await;
        assert_eq!(status, 200, "{:?} is still good", attacker.login);
    }
}

#[actix_web::test]
async fn a_foreign_page_opens_no_web_socket() {
    let attacker = Attacker::on(false, |_| {});
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    for (marks, code) in marks(&attacker.app) {
        let (status, found) = attacker.send("GET", "/ws/logs", &[&upgrade[..], &marks].concat()).await;
        assert_eq!((status, found.as_str()), (403, code), "{marks:?}");
    }
    let own = [&upgrade[..], &[("origin", attacker.app.url.clone())]].concat();
    assert_eq!(attacker.send("GET", "/ws/logs", &own).await.0, 101);
}

#[actix_web::test]
async fn programs_and_browsers_of_the_household_read_every_route() {
    let attacker = Attacker::on(false, |_| {});
    let own: [&[(&'static str, &str)]; 8] = [
        &[],
        &[("user-agent", "curl/8.5.0"), ("host", "192.168.1.5:8000")],
        &[("user-agent", "Sonarr/4.0.9 (alpine 3.20)"), ("host", "posterizarr:8000")],
        &[("user-agent", "Tautulli"), ("host", "nas")],
        &[("host", "nas.lan:8000")],
        &[("host", "[fd00::5]:8000"), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")],
        &[("host", "localhost:8000"), ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
        &[("host", "nas:8000"), ("origin", "http://nas:8000")],
    ];
    for (path, known) in routes() {
        if !known.contains("GET") {
            continue;
        }
        for marks in own {
            let marks: Vec<_> = marks.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            let (status, code) = attacker.send("GET", &path, &marks).await;
            assert_ne!(status, 403, "{path} with {marks:?}: {code}");
        }
    }
}

#[actix_web::test]
async fn webhooks_arrive_whatever_name_the_compose_file_gives() {
    let attacker = Attacker::on(false, |_| {});
    let body = json!({"eventType": "Test"});
    for host in ["posterizarr:8000", "posterizarr_1", "10.0.0.2:8000", "posterizarr.internal"] {
        let send = |path: &str, agent: &str| {
            let request = attacker.client.post(format!("{}{path}", attacker.app.url)).header("host", host);
            request.header("user-agent", agent).json(&body).send()
        };
        assert_eq!(send("/api/webhook/arr", "Radarr/5.11").await.unwrap().status(), 200, "{host}");
        let tautulli = send("/api/webhook/tautulli", "Tautulli").await.unwrap();
        assert_ne!(tautulli.status(), 403, "{host}");
    }
}

/// What a browser behind a proxy sends for the web UI's own request.
async fn through_proxy(attacker: &Attacker, marks: &[(&str, &str)]) -> u16 {
    let marks: Vec<_> = marks.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    attacker.send("POST", "/api/scheduler/disable", &marks).await.0
}

#[actix_web::test]
async fn proxies_work_that_keep_set_or_rewrite_the_host() {
    const PAGE: (&str, &str) = ("origin", "https://posters.example.org");
    const KEPT: (&str, &str) = ("host", "posters.example.org");
    const REWRITTEN: (&str, &str) = ("host", "127.0.0.1:8000");
    const TOLD: (&str, &str) = ("x-forwarded-host", "posters.example.org");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
    let named = Attacker::on(false, |settings| settings.trusted_hosts = vec!["posters.example.org".to_owned()]);
    assert_eq!(through_proxy(&named, &[KEPT, PAGE]).await, 200, "trusted_hosts, Host kept or set");
    assert_eq!(through_proxy(&named, &[REWRITTEN, PAGE, SAME]).await, 200, "trusted_hosts, Host rewritten");
    let address = Attacker::on(false, |settings| settings.public_origin = Some(PAGE.1.to_owned()));
    assert_eq!(through_proxy(&address, &[KEPT, PAGE, SAME]).await, 200, "base_url, Host kept or set");
    assert_eq!(through_proxy(&address, &[REWRITTEN, PAGE]).await, 200, "base_url, Host rewritten");
    let trusted = Attacker::on(false, |settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    assert_eq!(through_proxy(&trusted, &[REWRITTEN, TOLD, PAGE, SAME]).await, 200, "trusted_proxies, Host told");
    assert_eq!(through_proxy(&trusted, &[KEPT, TOLD, PAGE, SAME]).await, 200, "trusted_proxies, Host kept and told");
    assert_eq!(through_proxy(&trusted, &[REWRITTEN, TOLD, ("origin", "https://evil.example")]).await, 403);
    let unset = Attacker::on(false, |_| {});
    assert_eq!(through_proxy(&unset, &[REWRITTEN, TOLD, PAGE]).await, 403, "anybody can say so");
    assert_eq!(through_proxy(&unset, &[KEPT, PAGE]).await, 403);
}

#[actix_web::test]
async fn a_page_under_an_unknown_name_is_told_why_it_does_not_work() {
    let attacker = Attacker::on(false, |_| {});
    let host = ("host", "posters.example.org");
    let get = async |path: &str| attacker.app.send(Method::GET, path, |request| request.header(host.0, host.1)).await;
    assert_eq!(get("/").await.status, 200, "the page itself");
    let check = get("/api/auth/check").await.json();
    assert_eq!(check["problem"]["code"], "unknown_host", "{check}");
    assert!(check["problem"]["message"].as_str().unwrap().contains("TRUSTED_HOSTS=posters.example.org"), "{check}");
    let refused = get("/api/config").await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some("unknown_host")));
    assert_eq!(refused.json()["params"]["host"], "posters.example.org");
    let health = get("/api/health").await.json();
    assert_eq!(health.as_object().unwrap().keys().collect::<Vec<_>>(), ["status", "ready"], "no data");
    assert_eq!(attacker.app.get("/api/auth/check").await.json().get("problem"), None);
}

#[actix_web::test]
async fn a_dashboard_that_is_named_may_ask_and_show_pictures() {
    let attacker = Attacker::on(false, |settings| settings.cors_origins = vec!["https://dash.example".to_owned()]);
    let cross = ("sec-fetch-site", "cross-site".to_owned());
    let origin = ("origin", "https://dash.example".to_owned());
    assert_eq!(attacker.send("POST", "/api/scheduler/disable", &[cross.clone(), origin]).await.0, 200);
    let picture = ("referer", "https://dash.example/".to_owned());
    assert_eq!(attacker.send("GET", "/api/status", &[cross.clone(), picture.clone()]).await.0, 200);
    assert_eq!(attacker.send("POST", "/api/stop", &[cross, picture]).await.0, 403);
}
