//! Start and stop: what comes up in which order.
