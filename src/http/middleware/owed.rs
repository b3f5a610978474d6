//! A client that owes the rest of a body loses its connection.
//!
//! When nobody wants a chunked body any more, the framework reads on until its end, for good where that never comes. It
//! closes the connection after the answer only where the body is still held by somebody then: this middleware holds it.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};

/// The framework's name for the body of a request by any way.
type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// Middleware: holds the body of a request until its answer is sent.
pub async fn hold<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, payload) = request.into_parts();
    if matches!(payload, Payload::None) {
        let request = ServiceRequest::from_parts(request, payload);
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let held = Shared(Rc::new(RefCell::new(payload)));
    let given = Payload::from(Box::pin(held.clone()) as BoxedPayloadStream);
    let response = next.call(ServiceRequest::from_parts(request, given)).await?;
    Ok(response.map_body(|_, body| BoxBody::new(Answer { body: body.boxed(), _held: held })))
}

/// The body of a request, of the middleware and of who reads it.
#[derive(Clone)]
struct Shared(Rc<RefCell<Payload>>);

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next_unpin(context)
    }
}

/// The body of an answer, with that of its request.
struct Answer {
    body: BoxBody,
    _held: Shared,
}

impl MessageBody for Answer {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
