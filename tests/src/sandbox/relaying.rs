//! What somebody signed and somebody else carries: that it does what the signer's
//! own call does, and nothing else.

use super::{input, Actor, Layouts, Sandbox};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    action::{signed_bytes, Authorization},
    events::Event,
    AccountId, Hash,
};
use codec::Encode;

/// Bytes of pallet-contracts' own hash before the key that a contract names.
const HASH_BYTES: usize = 16;

impl Sandbox {
    /// Has `action`, which `actor` signs, carried by the actor "relayer", and
    /// checks that it does to the contract, to `bzky` and in events what the
    /// signer's own call of `message` with `arguments` does here and now, and
    /// that [nobody can misuse it](Sandbox::carry_as_signed). `other` is
    /// another action, which was not signed. Returns the events.
    ///
    /// # Panics
    /// When one of that is not so.
    pub fn relay_as_called<A: Encode>(
        &mut self,
        kind: ContractKind,
        actor: &Actor,
        (message, arguments): (&str, &impl Encode),
        action: &A,
        other: &A,
    ) -> Vec<Event> {
        let (contract, nonces) = (self.address(kind), Layouts::read().key(kind, "nonces.next"));
        let called = self.rolled_back(|network| {
            let executed = network.state.execute(actor.account(), contract, input(message, arguments));
            assert!(executed.result.is_ok(), "{kind}.{message} was refused: {:?}", executed.result);
            (executed.events, network.kept(kind, nonces))
        });
        let events = self.carry_as_signed(kind, actor, action, other);
        assert!(called.0 == events, "{kind}.{message}: called {:?}, relayed {events:?}", called.0);
        assert!(called.1 == self.kept(kind, nonces), "{kind}.{message} and its action leave something else");
        events
    }

    /// Has `action`, which `actor` signs, carried by the actor "relayer" in its
    /// last moment, after checks that it can be carried as it was signed only:
    /// not later, not changed into `other`, not for another account or with
    /// another nonce or end, not by another key, not what was signed for another
    /// contract or chain; and not twice. Returns the events.
    ///
    /// # Panics
    /// When one of that is not so.
    pub fn carry_as_signed<A: Encode>(
        &mut self,
        kind: ContractKind,
        actor: &Actor,
        action: &A,
        other: &A,
    ) -> Vec<Event> {
        let (account, now_ms) = (actor.account(), self.state.now_ms());
        let nonce: u64 = self.read(kind, "nonce_of", &account);
        let signed = self.authorize_until(kind, actor, action, nonce, now_ms);
        let thief = self.actor("thief");
        let elsewhere = |genesis: Hash, contract: AccountId| {
            let bytes = signed_bytes(&genesis, &contract, &account, nonce, now_ms, action);
            Authorization { signature: actor.sign(&bytes), ..signed }
        };
        let by_thief = self.authorize_until(kind, &thief, action, nonce, now_ms).signature;
        let thiefs_nonce = self.read(kind, "nonce_of", &thief.account());
        let attempts: [(&str, &A, Authorization, &str); 9] = [
            ("too late", action, self.authorize_until(kind, actor, action, nonce, now_ms - 1), "Expired"),
            ("before another", action, self.authorize_until(kind, actor, action, nonce + 1, now_ms), "BadNonce"),
            ("with another nonce than signed", action, Authorization { nonce: nonce + 1, ..signed }, "BadNonce"),
            ("with a later end", action, Authorization { expires_ms: now_ms + 1, ..signed }, "BadSignature"),
            ("changed", other, signed, "BadSignature"),
            (
                "for another account",
                action,
                Authorization { account: thief.account(), nonce: thiefs_nonce, ..signed },
                "BadSignature",
            ),
            ("signed by somebody else", action, Authorization { signature: by_thief, ..signed }, "BadSignature"),
            ("of another contract", action, elsewhere(self.genesis, self.contracts.vault), "BadSignature"),
            ("of another chain", action, elsewhere(Hash::from([1; 32]), self.address(kind)), "BadSignature"),
        ];
        for (what, carried, authorization, refusal) in attempts {
            let outcome = self.carry(kind, carried, authorization).map_err(|error| error.name());
            assert_eq!(outcome, Err(refusal.to_owned()), "{kind}: carried {what}");
        }
        self.carry(kind, action, signed).unwrap_or_else(|error| panic!("a good action was refused: {error}"));
        let events = self.events.clone();
        let again = self.carry(kind, action, signed).map_err(|error: ContractError| error.name());
        assert_eq!(again, Err("BadNonce".to_owned()), "{kind}: carried twice");
        assert_eq!(self.read::<u64>(kind, "nonce_of", &account), nonce + 1);
        events
    }

    /// What a contract and `bzky` keep, but for the contract's nonces.
    fn kept(&mut self, kind: ContractKind, nonces: [u8; 4]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut kept = self.state.storage_of(self.address(kind));
        kept.retain(|(key, _)| !key.get(HASH_BYTES..).is_some_and(|named| named.starts_with(&nonces)));
        if kind != ContractKind::Bzky {
            kept.extend(self.state.storage_of(self.address(ContractKind::Bzky)));
        }
        kept
    }
}
