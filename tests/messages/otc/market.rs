//! A network with people who trade, after the deployer handed it over.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    errors::otc::Error,
    otc::{Currency, Offer, OfferId, Price, Quote, QuoteSide, Reservation, ReservationId, Terms},
    signature::Signature,
    AccountId, Balance, Hash, TOKEN,
};
use bizkey_tests::{party::DeviceKey, sandbox, Sandbox, DAY, HOUR};
use codec::{Decode, Encode};

pub const KIND: ContractKind = ContractKind::Otc;
/// What each trader starts with.
pub const PURSE: Balance = 10_000 * TOKEN;
/// What the maker offers.
pub const OFFERED: Balance = 1_000 * TOKEN;
/// What is reserved of it.
pub const PART: Balance = 400 * TOKEN;
/// The bond asked, in hundredths of a percent: a twentieth.
pub const BOND_BPS: u16 = 500;
/// What a buyer of [`PART`] puts up.
pub const BOND: Balance = PART / 20;
pub const MINIMUM: Balance = 100 * TOKEN;
pub const PAY_MS: u64 = HOUR / 2;
pub const DISPUTE_MS: u64 = 2 * HOUR;
/// The board's time.
pub const DECISION_MS: u64 = 14 * DAY;
/// Who trades; the last one has a desk.
pub const TRADERS: [&str; 4] = ["maker", "taker", "other", "desk"];
/// Everybody else who is somebody, and a stranger.
const ROLES: [&str; 8] =
    ["admin", "treasury", "attestor 1", "member 1", "director 1", "chief executive", "relayer", "stranger"];

pub fn refused<V>(error: Error) -> Result<V, ContractError> {
    Err(ContractError::Otc(error))
}

pub fn hash(number: u8) -> Hash {
    Hash::from([number; 32])
}

/// Signs the desk's quotes.
pub fn desk_key() -> DeviceKey {
    DeviceKey::ecdsa("the desk's key")
}

/// A network that was handed over, seen by people who trade.
pub struct Market<'a> {
    pub network: &'a mut Sandbox,
}

impl<'a> Market<'a> {
    /// Everybody has a purse and lets `otc` spend it; the desk has a key and nothing in its float.
    pub fn new(network: &'a mut Sandbox) -> Self {
        network.hand_over();
        network.enter_epoch(1);
        let otc = network.contracts.otc;
        for name in TRADERS {
            let account = network.actor(name).account();
            network.give(account, PURSE);
            network.approve(account, otc, u128::MAX);
        }
        let mut market = Self { network };
        let (board, desk) = (market.board(), market.account("desk"));
        market.call::<()>(board, "set_desk", &(desk, Some(desk_key().public()))).unwrap();
        market
    }

    pub fn account(&self, name: &str) -> AccountId {
        self.network.actor(name).account()
    }

    pub fn board(&self) -> AccountId {
        self.network.contracts.foundation
    }

    /// Everybody in the network but these.
    pub fn all_but(&self, those: &[AccountId]) -> Vec<AccountId> {
        let mut all: Vec<_> = ROLES.iter().chain(&TRADERS).map(|name| self.account(name)).collect();
        let contracts = self.network.contracts;
        all.extend([contracts.foundation, contracts.bzky, contracts.otc, contracts.redemption]);
        all.retain(|account| !those.contains(account));
        all
    }

    pub fn now_ms(&self) -> u64 {
        self.network.state.now_ms()
    }

    pub fn call<V: Decode>(
        &mut self,
        origin: AccountId,
        message: &str,
        arguments: &impl Encode,
    ) -> Result<V, ContractError> {
        self.network.call(origin, KIND, message, arguments)
    }

    /// As [`Market::call`], by a trader.
    pub fn by<V: Decode>(&mut self, name: &str, message: &str, arguments: &impl Encode) -> Result<V, ContractError> {
        self.call(self.account(name), message, arguments)
    }

    /// Checks that a call is refused for this reason, and leaves no trace.
    pub fn refuses(&mut self, origin: AccountId, message: &str, arguments: &impl Encode, error: Error) {
        let before = self.network.snapshot();
        let outcome = self.network.execute(self.network.contracts.otc, origin, KIND, message, arguments).result;
        let Err(reason) = outcome else { panic!("{message} was not refused: {error:?}") };
        let reason = sandbox::refused(KIND, message, &reason);
        assert_eq!(reason, ContractError::Otc(error), "{message}");
        assert!(self.network.snapshot() == before, "{message} was refused and changed something");
    }

    /// As [`Sandbox::rolled_back`].
    pub fn rolled_back<R>(&mut self, part: impl FnOnce(&mut Market<'_>) -> R) -> R {
        self.network.rolled_back(|network| part(&mut Market { network }))
    }

    /// What the contract says is in escrow, and has, is exactly this.
    #[track_caller]
    pub fn escrow_is(&mut self, expected: Balance) {
        let escrowed: Balance = self.network.read(KIND, "escrowed", &());
        let held = self.network.bzky_of(self.network.contracts.otc);
        assert_eq!((escrowed, held), (expected, expected), "what is said, and what is there");
    }

    pub fn purse(&mut self, name: &str) -> Balance {
        self.network.bzky_of(self.account(name))
    }

    pub fn terms(&self) -> Terms {
        Terms {
            currency: Currency(*b"CNY\0\0\0\0\0\0\0\0\0"),
            price: Price { minor_units: 35, tokens: 10 },
            minimum: MINIMUM,
            bond_bps: BOND_BPS,
            pay_within_ms: PAY_MS,
            dispute_within_ms: DISPUTE_MS,
            expires_ms: self.now_ms() + 10 * DAY,
            instructions: hash(7),
        }
    }

    /// The maker offers [`OFFERED`].
    pub fn open(&mut self) -> OfferId {
        let terms = self.terms();
        self.by("maker", "open_offer", &(terms, OFFERED)).unwrap()
    }

    /// The taker reserves [`PART`] of an offer.
    pub fn reserve(&mut self, offer: OfferId) -> ReservationId {
        self.by("taker", "reserve", &(offer, PART, hash(1))).unwrap()
    }

    pub fn offer(&mut self, offer: OfferId) -> Option<Offer> {
        self.network.read(KIND, "offer", &offer)
    }

    pub fn reservation(&mut self, reservation: ReservationId) -> Option<Reservation> {
        self.network.read(KIND, "reservation", &reservation)
    }

    pub fn float(&mut self) -> Balance {
        let desk = self.account("desk");
        self.network.read(KIND, "float_of", &desk)
    }

    /// A quote of the desk for anybody, of [`OFFERED`].
    pub fn quote(&self, side: QuoteSide, id: u64) -> Quote {
        let bond_bps = if side == QuoteSide::Sell { BOND_BPS } else { 0 };
        Quote {
            genesis: self.network.genesis,
            contract: self.network.contracts.otc,
            desk: self.account("desk"),
            id,
            side,
            taker: None,
            maximum: OFFERED,
            not_before_ms: 0,
            terms: Terms { bond_bps, ..self.terms() },
        }
    }

    /// As the desk signs it.
    pub fn signed(&self, quote: &Quote) -> Signature {
        desk_key().sign(&quote.hash())
    }

    /// Somebody takes a part of a quote that the desk signed.
    pub fn take(&mut self, name: &str, quote: &Quote, amount: Balance) -> Result<ReservationId, ContractError> {
        let signature = self.signed(quote);
        self.by(name, "take_quote", &(quote, signature, amount, hash(1)))
    }
}
