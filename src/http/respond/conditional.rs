//! Answers that are at hand whole: whether the client has one already, and the encoding in which it gets it.

use actix_web::http::header::{
    AcceptEncoding, CONTENT_TYPE, ContentEncoding, ETAG, Encoding, EntityTag, Header, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use posterizarr_base::files::short_digest;
use serde::Serialize;

use crate::http::ApiError;

/// An answer, ready to be sent.
pub struct Conditional {
    /// Its media type.
    pub kind: &'static str,
    /// Its bytes, in the encoding.
    pub content: web::Bytes,
    /// Of the content; none for one that may be compressed on its way out.
    pub encoding: Option<ContentEncoding>,
    /// The same for every encoding: it is compared weakly.
    pub etag: EntityTag,
}

impl Conditional {
    /// Of what is small enough to be written whole, and has no generation of its own.
    pub fn json<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        let content = serde_json::to_vec(value).map_err(ApiError::internal)?;
        let tag = short_digest(&content);
        Ok(Self { kind: "application/json", content: content.into(), encoding: None, etag: EntityTag::new_weak(tag) })
    }

    /// Sends it, or tells the client that it has it already.
    pub fn respond(self, request: &HttpRequest) -> HttpResponse {
        let known = knows(request, &self.etag.to_string());
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, self.etag.to_string())).insert_header((VARY, "accept-encoding"));
        if known {
            return response.finish();
        }
        if let Some(encoding) = self.encoding {
            // What has an encoding is not compressed once more on its way out, not even where it is none.
            response.insert_header(encoding);
        }
        response.insert_header((CONTENT_TYPE, self.kind)).body(self.content)
    }
}

/// The first of these encodings that the client takes; none of them means plain.
pub fn accepted(request: &HttpRequest, offered: &[ContentEncoding]) -> ContentEncoding {
    let Ok(accepted) = AcceptEncoding::parse(request) else { return ContentEncoding::Identity };
    let takes = |offered: &&ContentEncoding| {
        let encoding = Encoding::Known(**offered);
        accepted.negotiate(std::iter::once(&encoding)).is_some_and(|agreed| agreed == encoding)
    };
    offered.iter().find(takes).copied().unwrap_or(ContentEncoding::Identity)
}

/// Whether the client has what this ETag stands for. It counts the same weak and strong: a compressed answer is the same.
pub fn knows(request: &HttpRequest, tag: &str) -> bool {
    let tag = tag.trim_start_matches("W/");
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|known| known.to_str().ok());
    known.flat_map(|known| known.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == tag
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(name: &str, value: &str) -> HttpRequest {
        TestRequest::default().insert_header((name, value)).to_http_request()
    }

    #[test]
    fn the_best_encoding_that_the_client_takes_is_sent() {
        use ContentEncoding::{Brotli, Gzip, Identity};
        let of = |accepts: &str| accepted(&request("accept-encoding", accepts), &[Brotli, Gzip]);
        for (accepts, encoding) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip, deflate", Gzip),
            ("gzip;q=0.5, br;q=0", Gzip),
            ("br;q=0, gzip;q=0", Identity),
            ("identity", Identity),
            ("deflate", Identity),
            ("", Identity),
            ("nonsense;q=x", Identity),
        ] {
            assert_eq!(of(accepts), encoding, "{accepts}");
        }
        assert_eq!(accepted(&TestRequest::default().to_http_request(), &[Brotli]), Identity);
    }

    #[test]
    fn a_client_that_has_the_answer_is_known_by_any_form_of_its_tag() {
        for (known, tag) in [("\"a\"", "\"a\""), ("W/\"a\"", "\"a\""), ("\"b\", \"a\"", "W/\"a\""), ("*", "\"a\"")] {
            assert!(knows(&request("if-none-match", known), tag), "{known} {tag}");
        }
        for known in ["\"b\"", "", "a", "\"a"] {
            assert!(!knows(&request("if-none-match", known), "\"a\""), "{known}");
        }
    }
}
