//! What the tests of `redemption` do often on its stage.

use super::stage::{Stage, PRIVILEGE_PRICE, TICKET_MS};
use bizkey_primitives::{
    action::redemption::{device_hash, TillAction},
    errors::redemption::Error,
    redemption::{PrivilegeId, PrivilegeTerms, RedemptionParameters, TaskId, TaskTerms},
    signature::Signature,
    spend::SpendTicket,
    AccountId, Balance, Hash,
};
use bizkey_tests::{Device, DAY};

impl Stage {
    pub fn set_price(&mut self, price: u64) -> Result<(), Error> {
        let now_ms = self.now();
        self.by("price setter", "set_price", &(price, now_ms))
    }

    /// Buys Time at whatever it costs.
    pub fn buy(&mut self, name: &str, amount: Balance) -> Result<(), Error> {
        self.by(name, "buy", &(amount, Balance::MAX))
    }

    /// Books a sale for fiat. The Time that it is for.
    pub fn by_seller(&mut self, payment: Hash, to: AccountId, paid: u64) -> Result<Balance, Error> {
        let seller = self.account("fiat seller");
        self.ask(seller, "sell_for_fiat", &(payment, to, paid))
    }

    pub fn quote(&mut self, amount: Balance) -> Result<Balance, Error> {
        let stranger = self.account("stranger");
        self.ask(stranger, "quote", &amount)
    }

    pub fn set_parameters(&mut self, change: impl FnOnce(&mut RedemptionParameters)) {
        let mut parameters: RedemptionParameters = self.read("parameters", &());
        change(&mut parameters);
        let admin = self.admin();
        self.call(admin, "set_parameters", &parameters).unwrap();
    }

    /// Terms of a task that lasts ten days.
    pub fn task(&self, reward: Balance, stock: u32) -> TaskTerms {
        TaskTerms { conditions: Hash::from([7; 32]), reward, stock, expires_ms: self.now() + 10 * DAY }
    }

    /// Creates a task by the shop. Its number.
    pub fn create_task(&mut self, terms: TaskTerms) -> TaskId {
        let shop = self.shop.account();
        self.ask(shop, "create_task", &terms).unwrap()
    }

    /// Terms of a privilege that lasts ten days, all day, with a day to give back.
    pub fn privilege(&self) -> PrivilegeTerms {
        PrivilegeTerms {
            conditions: Hash::from([8; 32]),
            price: PRIVILEGE_PRICE,
            stock: 5,
            expires_ms: self.now() + 10 * DAY,
            opens: 0,
            closes: 0,
            refund_ms: DAY,
        }
    }

    /// Creates a privilege by the shop. Its number.
    pub fn create_privilege(&mut self, terms: PrivilegeTerms) -> PrivilegeId {
        let shop = self.shop.account();
        self.ask(shop, "create_privilege", &terms).unwrap()
    }

    /// The customer's ticket for a privilege of the shop, in its first version.
    pub fn ticket(&self, privilege: PrivilegeId, nonce: u64) -> SpendTicket {
        SpendTicket {
            genesis: self.network.genesis,
            contract: *AsRef::<[u8; 32]>::as_ref(&self.contract),
            merchant: self.shop.index,
            privilege,
            version: 1,
            customer: self.customer.index,
            nonce,
            amount: PRIVILEGE_PRICE,
            expires_ms: self.now() + TICKET_MS,
        }
    }

    /// A ticket with the customer's signature.
    pub fn signed(&self, ticket: SpendTicket) -> (SpendTicket, Signature) {
        (ticket, self.customer.actor.sign(&ticket.signed_bytes()))
    }

    /// Collects by the shop on the customer's signature.
    pub fn collect(&mut self, ticket: SpendTicket) -> Result<(), Error> {
        let arguments = self.signed(ticket);
        self.by("shop", "collect", &arguments)
    }

    /// Collects a new ticket. Its hash.
    pub fn collected(&mut self, privilege: PrivilegeId, nonce: u64) -> Hash {
        let ticket = self.ticket(privilege, nonce);
        self.collect(ticket).unwrap();
        Hash::from(ticket.hash())
    }

    /// A device's signature.
    pub fn word(&self, device: &Device, action: &TillAction) -> Signature {
        device.key.sign(&device_hash(&self.network.genesis, &self.contract, device.id, action))
    }

    /// Has the actor "relayer" carry what the shop's device signs.
    pub fn by_device(&mut self, action: TillAction) -> Result<(), Error> {
        let arguments = (self.device.id, action, self.word(&self.device, &action));
        self.by("relayer", "by_device", &arguments)
    }
}
