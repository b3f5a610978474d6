//! How handlers ask actors and the store.

use std::time::Duration;

use actix_web::web;

use super::error::ApiError;
use super::state::AppState;
use crate::actors::runtime::guard::{Handle, Handler};
use crate::actors::store::{Store, StoreError};

/// How long a handler waits for an actor.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one message and waits for the reply, at most [`PATIENCE`].
pub async fn ask<S, M>(actor: &Handle<S>, message: M) -> Result<M::Result, ApiError>
where
    S: Handler<M>,
    M: actix::Message + Send + 'static,
    M::Result: Send,
{
    ask_within(PATIENCE, actor, message).await
}

/// Reads from the store on the blocking pool.
pub async fn read_store<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = state.shared.store.clone();
    Ok(web::block(move || work(&store)).await.map_err(ApiError::internal)??)
}

/// Like [`ask`], for what may take longer.
pub async fn ask_within<S, M>(patience: Duration, actor: &Handle<S>, message: M) -> Result<M::Result, ApiError>
where
    S: Handler<M>,
    M: actix::Message + Send + 'static,
    M::Result: Send,
{
    match tokio::time::timeout(patience, actor.send(message)).await {
        Ok(reply) => Ok(reply?),
        Err(_) => Err(actix::MailboxError::Timeout.into()),
    }
}

/// Does work of several steps to its end, whether or not the client waits for it: a connection that closes drops its
/// handler between two steps.
pub async fn to_the_end<T: 'static>(work: impl Future<Output = Result<T, ApiError>> + 'static) -> Result<T, ApiError> {
    actix_web::rt::spawn(work).await.map_err(ApiError::internal)?
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;

    use std::sync::Arc;

    use actix_web::{App, HttpResponse, HttpServer};
    use tokio::sync::Notify;

    use super::*;

    /// Tells when it is dropped.
    struct Cut(Arc<Notify>);

    impl Drop for Cut {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    #[actix_web::test]
    async fn work_that_has_begun_is_done_although_its_client_hangs_up() {
        let [begun, cut, gate, done] = std::array::from_fn(|_| Arc::new(Notify::new()));
        let steps = [begun.clone(), cut.clone(), gate.clone(), done.clone()];
        let handler = move || {
            let [begun, cut, gate, done] = steps.clone();
            async move {
                let _cut = Cut(cut);
                to_the_end(async move {
                    begun.notify_one();
                    gate.notified().await;
                    done.notify_one();
                    Ok(HttpResponse::Ok())
                })
                .await
            }
        };
        let server = HttpServer::new(move || App::new().default_service(web::to(handler.clone())));
        let server = server.h1_allow_half_closed(false).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let within =
            async |step: &Notify| tokio::time::timeout(Duration::from_secs(20), step.notified()).await.unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").unwrap();
        within(&begun).await;
        drop(client);
        within(&cut).await;
        gate.notify_one();
        within(&done).await;
        handle.stop(false).await;
    }
}
