//! Checking a customer's signature on a sale (architecture.md, customer ticket).

use crate::payment::{PaymentError, SignedTicket};
use bizkey_primitives::{
    ticket::{Ticket, REFERENCE_EPOCHS},
    AccountId, Epoch,
};

/// Checks that `account` signed `ticket` and that it can still be recorded in
/// epoch `now`.
///
/// # Errors
/// [`PaymentError::TicketExpiry`], [`PaymentError::TicketSignature`].
pub fn verify(ticket: &Ticket, signed: &SignedTicket, account: &AccountId, now: Epoch) -> Result<(), PaymentError> {
    let latest = now.saturating_add(REFERENCE_EPOCHS - 1);
    if !(now..=latest).contains(&ticket.expiry) {
        return Err(PaymentError::TicketExpiry { expiry: ticket.expiry, now, latest });
    }
    let refused = || PaymentError::TicketSignature(ticket.customer);
    let text = signed.signature.trim_start_matches("0x");
    let mut signature = [0u8; 64];
    hex::decode_to_slice(text, &mut signature).map_err(|_| refused())?;
    let key = subxt_signer::sr25519::PublicKey(*AsRef::<[u8; 32]>::as_ref(account));
    let signature = subxt_signer::sr25519::Signature(signature);
    if subxt_signer::sr25519::verify(&signature, ticket.signed_bytes(), &key) {
        Ok(())
    } else {
        Err(refused())
    }
}
