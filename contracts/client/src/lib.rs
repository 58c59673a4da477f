//! Typed off-chain client of the contract suite.
