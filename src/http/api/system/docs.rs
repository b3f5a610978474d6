//! The API's description: `/openapi.json`, and `/docs` to read and try it.
//!
//! The document comes from the handlers themselves. Its server is `.`, so that it is right below a base URL too. It is also
//! the table of what exists, from which the answer to a wrong method is made.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::{App, HttpRequest, HttpResponse, get, web};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, ResponseBuilder, SecurityRequirement, ServerBuilder};
use utoipa::{Modify, OpenApi as _};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::Config;

use crate::http::ApiError;
use crate::http::api::triggers;
use crate::http::auth::COOKIE;
use crate::http::error::ErrorBody;

/// What the viewer needs: its own files, pictures inside its style sheet, styles it sets itself. Nothing from elsewhere.
const VIEWER_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                             object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(description).service(docs).service(viewer).service(redoc);
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "posterizarrd",
        description = "Supervises Posterizarr: runs, logs, status. Success shapes are those of upstream's web backend; errors \
                       have one body, `ErrorBody`.",
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(ErrorBody)),
    modifiers(&Logins),
)]
struct Frame;

/// The ways to log in; each is enough.
struct Logins;

impl Modify for Logins {
    fn modify(&self, document: &mut OpenApi) {
        document.info.version = env!("CARGO_PKG_VERSION").to_owned();
        document.servers = Some(vec![ServerBuilder::new().url(".").build()]);
        let key = |value: ApiKeyValue| SecurityScheme::ApiKey(ApiKey::Header(value));
        let schemes = [
            ("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic))),
            ("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))),
            ("api_key_header", key(ApiKeyValue::new("X-API-Key"))),
            ("api_key_query", SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::new("api_key")))),
            ("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE)))),
        ];
        let nothing: [&str; 0] = [];
        document.security = Some(schemes.iter().map(|(name, _)| SecurityRequirement::new(*name, nothing)).collect());
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes {
            components.add_security_scheme(name, scheme);
        }
    }
}

/// Those that register the routes of the API.
type Routes = fn(&mut ServiceConfig<'_>);

/// The OpenAPI document of these routes.
pub fn document(routes: Routes) -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(Frame::openapi()).configure(routes);
    let mut document = app.split_for_parts().1;
    for (path, item) in &mut document.paths.paths {
        name_operations(path, item);
        operations(item).into_iter().flatten().for_each(|(_, operation)| add_refusals(operation));
    }
    document
}

/// Names each operation by its method and path, such as `get_api_runs_id` or `get_api_assetsFolders`. The handlers' own
/// names are not unique, and generated clients need them to be.
fn name_operations(path: &str, item: &mut PathItem) {
    let words: Vec<_> = path.split('/').map(in_one_word).filter(|word| !word.is_empty()).collect();
    for (method, operation) in operations(item).into_iter().flatten() {
        operation.operation_id = Some(format!("{method}_{}", words.join("_")));
    }
}

fn operations(item: &mut PathItem) -> [Option<(&'static str, &mut Operation)>; 5] {
    [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ]
    .map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Every refusal of every route has one body.
fn add_refusals(operation: &mut Operation) {
    let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
    let refusal = ResponseBuilder::new().description("refused, or failed").content("application/json", body).build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal));
}

/// `assets-folders` as `assetsFolders`, so that it differs from `assets/folders`; braces and dots go.
fn in_one_word(segment: &str) -> String {
    let mut parts = segment.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |word, part| {
        let (initial, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
        word + &initial.to_uppercase() + rest
    })
}

/// What there is, made from the routes when it is asked for first: it does not change while the program runs.
pub struct Description {
    routes: Routes,
    /// Of each documented path.
    methods: OnceLock<HashMap<String, Vec<Method>>>,
}

impl Description {
    /// Of these routes.
    pub fn of(routes: Routes) -> Self {
        Self { routes, methods: OnceLock::new() }
    }

    fn methods(&self) -> &HashMap<String, Vec<Method>> {
        self.methods.get_or_init(|| document(self.routes).paths.paths.into_iter().map(with_methods).collect())
    }

    /// The methods that the request's path has, if it is one of the API's.
    pub(in crate::http) fn methods_of(&self, request: &HttpRequest) -> Option<&[Method]> {
        let pattern = request.match_pattern()?;
        self.methods().get(&without_expressions(&pattern)).map(Vec::as_slice)
    }
}

fn with_methods((path, item): (String, PathItem)) -> (String, Vec<Method>) {
    // Not in the document, which shows one way to do a thing; see the webhooks.
    let also = triggers::PUT_TOO.contains(&path.as_str()).then_some(Method::PUT);
    let methods = methods(&item).into_iter().chain(also).collect();
    (path, methods)
}

fn methods(item: &PathItem) -> Vec<Method> {
    let mut methods: Vec<Method> = [
        (&item.get, Method::GET),
        (&item.get, Method::HEAD),
        (&item.post, Method::POST),
        (&item.put, Method::PUT),
        (&item.patch, Method::PATCH),
        (&item.delete, Method::DELETE),
    ]
    .into_iter()
    .filter(|(operation, _)| operation.is_some())
    .map(|(_, method)| method)
    .collect();
    methods.dedup();
    methods
}

/// A router's pattern as the document writes it: `{path:.*}` is `{path}` there.
pub(in crate::http) fn without_expressions(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    for part in pattern.split_inclusive('}') {
        match part.split_once('{').and_then(|(before, inside)| Some((before, inside.split_once(':')?.0))) {
            Some((before, name)) => plain.extend([before, "{", name, "}"]),
            None => plain.push_str(part),
        }
    }
    plain
}

/// Returns the API's description.
#[utoipa::path(tag = "docs", responses((status = 200, description = "an OpenAPI 3.1 document")))]
#[get("/openapi.json")]
async fn description(description: web::Data<Description>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-cache")).json(document(description.routes))
}

/// Redirects to the viewer's folder, so that its relative links work.
#[utoipa::path(tag = "docs", responses((status = 307, description = "to `docs/`")))]
#[get("/docs")]
async fn docs() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "docs/")).finish()
}

/// Returns a file of the viewer of the API's description.
#[utoipa::path(
    tag = "docs",
    params(("file" = String, Path, description = "a file of the viewer; empty for its page")),
    responses((status = 200, description = "the file"), (status = 404, description = "no such file"))
)]
#[get("/docs/{file:.*}")]
async fn viewer(file: web::Path<String>) -> Result<HttpResponse, ApiError> {
    // Without `none` the viewer would ask a server on the Internet whether the document is valid.
    let config = Config::from("../openapi.json").validator_url("none").try_it_out_enabled(true);
    let served = utoipa_swagger_ui::serve(&file, Arc::new(config)).map_err(ApiError::internal)?;
    let served = served.ok_or_else(|| ApiError::not_found("no such file"))?;
    Ok(HttpResponse::Ok()
        .content_type(served.content_type)
        .insert_header((CACHE_CONTROL, "private, max-age=86400"))
        .insert_header((CONTENT_SECURITY_POLICY, VIEWER_POLICY))
        .body(served.bytes.into_owned()))
}

/// Redirects to the viewer; upstream has another one here.
#[utoipa::path(tag = "docs", responses((status = 307, description = "to `docs/`")))]
#[get("/redoc")]
async fn redoc() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "docs/")).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_loses_its_expressions_but_not_its_names() {
        assert_eq!(without_expressions("/api/runs/{id}/log"), "/api/runs/{id}/log");
        assert_eq!(without_expressions("/a/{b:[0-9]+}/{path:.*}"), "/a/{b}/{path}");
        assert_eq!(without_expressions("/api"), "/api");
    }

    #[test]
    fn the_document_names_program_licence_and_logins() {
        let document = serde_json::to_value(document(routes)).unwrap();
        assert_eq!(document["info"]["title"], "posterizarrd");
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["info"]["license"]["identifier"], "MIT");
        assert_eq!(document["servers"][0]["url"], ".");
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        let names: Vec<_> = schemes.keys().map(String::as_str).collect();
        for name in ["basic", "bearer", "api_key_header", "api_key_query", "session"] {
            assert!(names.contains(&name), "{name} is not in {names:?}");
        }
    }
}
