//! Payments in, one receipt on chain out, exactly once.
//!
//! | module | holds |
//! |---|---|
//! | [`payment`] | what a till asks for and what it gets |
//! | [`ticket`] | checking a customer's signature on a sale |
//! | [`keys`] | the keys of this gateway's devices |
//! | [`chain`] | the few questions the gateway asks the chain |
//! | [`suite_chain`] | those questions, answered by the typed client |
//! | [`store`] | payments and batches in the database |
//! | [`outbox`] | from stored payments to batches on chain |
//! | [`gateway`] | the service that ties these together |
//! | [`api`] | the REST API |
//! | [`evm`] | confirming a transaction on an EVM chain |
//!
//! A payment and its place in the outbox are one row, written in one
//! transaction. A batch is signed and stored before it is sent, under the
//! device's next sequence number, and the contract takes each number once: so
//! a crash at any point leaves either an unsent batch, which is sent again as
//! the same bytes, or one that the chain already has, which is marked.

pub mod api;
pub mod chain;
pub mod evm;
pub mod gateway;
pub mod keys;
pub mod outbox;
pub mod payment;
pub mod store;
pub mod suite_chain;
pub mod ticket;

pub use gateway::{Gateway, GatewayConfig};
pub use payment::{NewPayment, Payment, PaymentError};
pub use suite_chain::SuiteChain;
