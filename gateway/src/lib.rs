//! Payments in, one receipt on chain out, exactly once.
