//! What every connection from the network is given: an end, also where the client has stopped to read.
//!
//! A client that neither reads nor hangs up would keep its socket, and what waits to be sent, for good: closing means
//! sending the rest first. The kernel drops a connection on which nothing could be sent for a while.

use std::any::Any;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use actix_web::dev::Extensions;
use rustix::net::sockopt;
use tokio::net::{TcpStream, UnixStream};

use crate::http::auth::LocalOwner;

/// How long a client may take none of what is sent to it.
const DEAF: Duration = Duration::from_secs(90);

/// Looks at each new connection.
pub fn accepted(connection: &dyn Any, extensions: &mut Extensions) {
    if connection.is::<UnixStream>() {
        extensions.insert(LocalOwner);
    } else if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = drop_when_deaf(stream, DEAF)
    {
        tracing::debug!(%error, "a connection has no time limit for what is sent");
    }
}

/// Lets the kernel close the connection once nothing could be sent, or nothing was acknowledged, for so long.
fn drop_when_deaf(stream: impl AsFd, patience: Duration) -> io::Result<()> {
    let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    Ok(sockopt::set_tcp_user_timeout(stream, milliseconds)?)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_client_that_takes_nothing_loses_its_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let deaf = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        drop_when_deaf(&stream, Duration::from_secs(1)).unwrap();
        // So that the test ends in any case.
        stream.set_write_timeout(Some(Duration::from_secs(120))).unwrap();
        let (began, some) = (Instant::now(), [0; 64 * 1024]);
        let error = std::iter::repeat_with(|| stream.write_all(&some)).find_map(Result::err).unwrap();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error} after {:?}", began.elapsed());
        drop(deaf);
    }

    #[test]
    fn the_limit_is_set_on_every_connection_from_the_network() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            accepted(&stream, &mut Extensions::new());
            assert_eq!(sockopt::tcp_user_timeout(&stream).unwrap(), 90_000);
        });
    }
}
