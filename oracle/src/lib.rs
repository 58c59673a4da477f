//! Receipts into BizPower scores, epoch reports and proofs.
