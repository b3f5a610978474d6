//! What the Notifier is asked.

use actix::Message;

/// Answered when what is under way has been sent, or after some seconds: the process is about to end.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Finish;
