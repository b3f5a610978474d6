//! Views that are filled at the daemon's start: a request waits a moment for them rather than answer that there is nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::actors::runtime::view::View;

/// How long a request waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// The view once `is_ready` holds.
///
/// # Errors
/// The view as it is after five seconds, if it does not hold until then.
pub async fn ready<T>(view: &View<T>, is_ready: impl FnMut(&T) -> bool) -> Result<Arc<T>, Arc<T>> {
    tokio::time::timeout(PATIENCE, view.wait_for(is_ready)).await.map_err(|_| view.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_view_is_waited_for_but_not_for_ever() {
        let view = View::new(1);
        assert_eq!(ready(&view, |number| *number == 1).await, Ok(Arc::new(1)), "at once");
        assert_eq!(ready(&view, |number| *number == 2).await, Err(Arc::new(1)), "as it is");
        let (waited, ()) = tokio::join!(ready(&view, |number| *number == 2), async { view.publish(2) });
        assert_eq!(waited, Ok(Arc::new(2)));
    }
}
