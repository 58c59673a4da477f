//! What Time is earned by and spent on beside receipts, and its sale for Bzky
//! and for fiat (architecture.md, redemption; whitepaper 3.1).
//!
//! | module | holds |
//! |---|---|
//! | `tasks`, `privileges`, `collections`, `sales` | the rules and what is stored under them |
//! | `quota`, `hours` | a day's allowance, opening hours |
//! | `offers`, `till`, `market`, `governance` | the messages' work: rules, events, calls |
//! | `suite`, `chain` | the other contracts, the chain |
//!
//! Where Time and Bzky lie: all Time in this contract's hands is either set
//! aside for tasks (reward times stock) or collected and held until it can no
//! longer be given back; all Bzky that it has is the ecosystem pool, which
//! leaves only by being burned for Time of Bizkey's own tasks.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod chain;
mod collections;
mod governance;
mod hours;
mod market;
mod offers;
mod privileges;
mod quota;
mod sales;
mod suite;
mod tasks;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;
mod till;

pub use self::redemption::{Redemption, RedemptionRef};

/// The contract: storage, who may call, and the door to the modules.
#[ink::contract]
mod redemption {
    use crate::{
        collections::Collections, governance::Roles, privileges::Privileges, sales::Sales, suite, tasks::Tasks,
    };
    use bizkey_primitives::{
        action::{
            redemption::{Action, TillAction},
            Authorization, Nonces,
        },
        errors::redemption::Error,
        pause::Pauses,
        redemption::{
            Collection, FiatSale, Price, Privilege, PrivilegeId, PrivilegeTerms, RedemptionContracts,
            RedemptionParameters, RedemptionRole, Task, TaskId, TaskTerms,
        },
        signature::Signature,
        spend::SpendTicket,
        Calendar, CustomerIndex, DeviceId,
    };
    use ink::{prelude::vec::Vec, storage::Lazy};

    /// Tasks, privileges, collections, sales.
    #[ink(storage)]
    pub struct Redemption {
        pub(crate) calendar: Calendar,
        pub(crate) genesis: Hash,
        pub(crate) contracts: RedemptionContracts,
        pub(crate) pauses: Pauses,
        pub(crate) tasks: Tasks,
        pub(crate) privileges: Privileges,
        pub(crate) collections: Collections,
        pub(crate) sales: Sales,
        nonces: Nonces,
        pub(crate) roles: Lazy<Roles>,
        pub(crate) parameters: Lazy<RedemptionParameters>,
    }

    impl Redemption {
        /// Nothing is offered or sold yet. The caller is the admin until
        /// [`Redemption::hand_over`]; `bzky` is asked for the genesis hash,
        /// and whether `calendar` is the network's. Parameters are
        /// [`RedemptionParameters::initial`].
        ///
        /// # Errors
        /// `BadCalendar`, `CalleeFailed`.
        #[ink(constructor)]
        pub fn new(calendar: Calendar, contracts: RedemptionContracts) -> Result<Self, Error> {
            let (genesis, networks) = suite::network(contracts.bzky)?;
            if networks != calendar {
                return Err(Error::BadCalendar);
            }
            Self::open(calendar, genesis, contracts)
        }

        /// The state that a constructor leaves.
        pub(crate) fn open(calendar: Calendar, genesis: Hash, contracts: RedemptionContracts) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut contract = Self {
                calendar,
                genesis,
                contracts,
                pauses: Pauses::default(),
                tasks: Tasks::default(),
                privileges: Privileges::default(),
                collections: Collections::default(),
                sales: Sales::default(),
                nonces: Nonces::default(),
                roles: Lazy::default(),
                parameters: Lazy::default(),
            };
            contract.roles.set(&Roles::new(Self::env().caller()));
            contract.parameters.set(&RedemptionParameters::initial(calendar.epoch_ms));
            Ok(contract)
        }

        // Administration.

        /// Makes `admin` the admin for good: once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn hand_over(&mut self, admin: AccountId) -> Result<(), Error> {
            self.do_hand_over(admin)
        }

        /// The admin.
        #[ink(message)]
        pub fn admin(&self) -> AccountId {
            self.roles().administration.admin
        }

        /// Runs other code from the next call on. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`, `UnknownCode`.
        #[ink(message)]
        pub fn set_code(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.do_set_code(code_hash)
        }

        /// Ends [`Redemption::set_code`] for good. Admin only. A repeat is refused.
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`.
        #[ink(message)]
        pub fn ossify(&mut self) -> Result<(), Error> {
            self.do_ossify()
        }

        /// Whether the code can never change again.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.roles().administration.ossified
        }

        /// Stops fulfilments, collecting and everything that mints until
        /// `until_ms`: at most 72 hours, and not within 30 days of the last
        /// pause. Refunds, closing, settling, booking and charging back go on.
        /// Every window is the longer for it. Admin only. A repeat is refused.
        ///
        /// # Errors
        /// `NotAdmin`, `PauseTooLong`, `PauseCoolingDown`.
        #[ink(message)]
        pub fn pause(&mut self, until_ms: u64) -> Result<(), Error> {
            self.do_pause(until_ms)
        }

        /// Gives a role to an account, or to nobody. Admin only. A repeat
        /// changes nothing but is an event.
        ///
        /// # Errors
        /// `NotAdmin`.
        #[ink(message)]
        pub fn set_role(&mut self, role: RedemptionRole, account: Option<AccountId>) -> Result<(), Error> {
            self.do_set_role(role, account)
        }

        /// Who has a role.
        #[ink(message)]
        pub fn role(&self, role: RedemptionRole) -> Option<AccountId> {
            *self.roles().of(role)
        }

        /// Sets all figures, for what happens from now on. The official price
        /// of Time is set once, and then only repeated (whitepaper 3.3).
        /// Admin only. A repeat changes nothing but is an event.
        ///
        /// # Errors
        /// `NotAdmin`, `BadParameters`, `OfficialPriceFixed`.
        #[ink(message)]
        pub fn set_parameters(&mut self, parameters: RedemptionParameters) -> Result<(), Error> {
            self.do_set_parameters(parameters)
        }

        /// Says where Bzky's price starts from, when it is first set or has
        /// left the bounds for good. Nothing is sold for Bzky until the price
        /// setter confirms it. Admin only. Not idempotent.
        ///
        /// # Errors
        /// `NotAdmin`, `ZeroAmount`.
        #[ink(message)]
        pub fn anchor_price(&mut self, price: u64) -> Result<(), Error> {
            self.do_anchor_price(price)
        }

        // Tasks.

        /// Creates a task. By a shop's account in good standing: it pays the
        /// fee in Bzky out of an allowance, and its Time for all of the stock
        /// is set aside. By the admin, for Bizkey itself: the Time is minted
        /// against Bzky burned from the ecosystem pool. Returns its number.
        /// Not idempotent.
        ///
        /// # Errors
        /// `NotShop`, `NotPayable`, `BadTerms`, `PaymentRefused`,
        /// `TimeRefused`, `NumberExhausted`, `Overflow`, `CalleeFailed`; for
        /// Bizkey's also `Paused`, `SaleClosed`.
        #[ink(message)]
        pub fn create_task(&mut self, terms: TaskTerms) -> Result<TaskId, Error> {
            self.do_create_task(self.env().caller(), terms)
        }

        /// Raises a task's stock, without a fee; its Time comes as at its
        /// creation. By its owner. Not idempotent.
        ///
        /// # Errors
        /// As [`Redemption::create_task`], and `ZeroAmount`, `UnknownTask`,
        /// `NotOwner`, `OfferExpired`.
        #[ink(message)]
        pub fn restock_task(&mut self, task: TaskId, more: u32) -> Result<(), Error> {
            self.do_restock_task(self.env().caller(), task, more)
        }

        /// Ends a task: by its owner at any time, by anybody once it has
        /// expired. What nobody earned goes back to the shop; Bizkey's is
        /// burned. Not idempotent: then it is `UnknownTask`.
        ///
        /// # Errors
        /// `UnknownTask`, `NotShop`, `NotOwner`, `TimeRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn close_task(&mut self, task: TaskId) -> Result<(), Error> {
            self.do_close_task(self.env().caller(), task)
        }

        /// Confirms that a customer fulfilled a task, and pays its reward:
        /// once a customer and task. By the shop's account, both in good
        /// standing; for Bizkey's tasks by the task confirmer. Not
        /// idempotent: a repeat is `AlreadyFulfilled`.
        ///
        /// # Errors
        /// `Paused`, `NotShop`, `UnknownTask`, `NotOwner`, `OfferExpired`,
        /// `OutOfStock`, `AlreadyFulfilled`, `UnknownParty`, `NotPayable`,
        /// `TimeRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn fulfil(&mut self, task: TaskId, customer: CustomerIndex) -> Result<(), Error> {
            self.do_till(self.env().caller(), TillAction::Fulfil { task, customer })
        }

        /// Frees up to 128 words of marks, of 128 customers each, of a task
        /// that is over; the storage deposit goes to the caller. Anybody; a
        /// repeat changes nothing.
        ///
        /// # Errors
        /// `TooMany`, `TaskOpen`.
        #[ink(message)]
        pub fn free_marks(&mut self, task: TaskId, words: Vec<u32>) -> Result<(), Error> {
            self.tasks.free_marks(task, &words)
        }

        // Privileges.

        /// Creates a privilege, for a fee in Bzky out of an allowance. By a
        /// shop's account in good standing. Returns its number. Not idempotent.
        ///
        /// # Errors
        /// `NotShop`, `NotPayable`, `BadTerms`, `PaymentRefused`,
        /// `NumberExhausted`, `CalleeFailed`.
        #[ink(message)]
        pub fn create_privilege(&mut self, terms: PrivilegeTerms) -> Result<PrivilegeId, Error> {
            self.do_create_privilege(self.env().caller(), terms)
        }

        /// Gives a privilege other terms, under the next version: tickets for
        /// earlier ones are no longer collected. By the shop's account in
        /// good standing. Not idempotent.
        ///
        /// # Errors
        /// `NotShop`, `NotPayable`, `UnknownPrivilege`, `NotOwner`,
        /// `BadTerms`, `NumberExhausted`, `CalleeFailed`.
        #[ink(message)]
        pub fn change_privilege(&mut self, privilege: PrivilegeId, terms: PrivilegeTerms) -> Result<(), Error> {
            self.do_change_privilege(self.env().caller(), privilege, terms)
        }

        /// Ends a privilege: by its shop at any time, by anybody once it has
        /// expired. What was collected can still be given back. Not
        /// idempotent: then it is `UnknownPrivilege`.
        ///
        /// # Errors
        /// `UnknownPrivilege`, `NotShop`, `NotOwner`, `CalleeFailed`.
        #[ink(message)]
        pub fn close_privilege(&mut self, privilege: PrivilegeId) -> Result<(), Error> {
            self.do_close_privilege(self.env().caller(), privilege)
        }

        /// Collects Time for one use of a privilege, on a customer's signed
        /// ticket. By the shop's account, both in good standing. The Time is
        /// held for the refund window, or burned at once if there is none.
        /// Not idempotent: a repeat is `TicketUsed`, later `TicketExpired`.
        ///
        /// # Errors
        /// `NotShop`; then the first of `Paused`, `WrongTicket`,
        /// `UnknownPrivilege`, `NotOwner`, `OtherTerms`, `OfferExpired`,
        /// `OutsideHours`, `OutOfStock`, `TicketExpired`, `TicketUsed`,
        /// `UnknownParty`, `NotPayable`, `BadSignature`, `TimeRefused`;
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn collect(&mut self, ticket: SpendTicket, signature: Signature) -> Result<(), Error> {
            self.do_till(self.env().caller(), TillAction::Collect { ticket, signature })
        }

        /// Gives collected Time back within the refund window, to the
        /// customer's present account; `ticket` is the hash of its ticket. The
        /// stock stays as it is. By the shop's account. Not idempotent: a
        /// repeat is `NothingHeld`.
        ///
        /// # Errors
        /// `NotShop`, `UnknownCollection`, `NotOwner`, `WindowOver`,
        /// `NothingHeld`, `TimeRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn refund(&mut self, ticket: Hash) -> Result<(), Error> {
            self.do_till(self.env().caller(), TillAction::Refund { ticket })
        }

        /// Burns and forgets up to 64 collections whose refund window and
        /// ticket are over, and skips the others. Returns how many it
        /// settled; their storage deposit goes to the caller. Anybody; a
        /// repeat changes nothing.
        ///
        /// # Errors
        /// `TooMany`, `TimeRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn settle(&mut self, tickets: Vec<Hash>) -> Result<u32, Error> {
            self.do_settle(&tickets)
        }

        /// Does at the till what a device of the shop signed
        /// ([`device_hash`](bizkey_primitives::action::redemption::device_hash)),
        /// whoever carries it. Not idempotent; none can be done twice.
        ///
        /// # Errors
        /// `UnknownDevice`, `DeviceStopped`, `BadSignature`, `CalleeFailed`;
        /// then as [`Redemption::fulfil`], [`Redemption::collect`] and
        /// [`Redemption::refund`], without `NotShop`.
        #[ink(message)]
        pub fn by_device(&mut self, device: DeviceId, action: TillAction, signature: Signature) -> Result<(), Error> {
            self.do_by_device(device, action, &signature)
        }

        // Sales.

        /// Moves Bzky's price, within the day's bounds around the last price
        /// of an earlier day; `dated_ms` is when it was observed, later than
        /// the last one's. By the price setter. Not idempotent: a repeat is
        /// `BadPriceDate`.
        ///
        /// # Errors
        /// `NotPriceSetter`, `BadPriceDate`, `PriceOutOfBounds`.
        #[ink(message)]
        pub fn set_price(&mut self, price: u64, dated_ms: u64) -> Result<(), Error> {
            self.do_set_price(self.env().caller(), price, dated_ms)
        }

        /// What `amount` of Time costs in Bzky now, smallest units.
        ///
        /// # Errors
        /// `SaleClosed`, `Overflow`.
        #[ink(message)]
        pub fn quote(&self, amount: Balance) -> Result<Balance, Error> {
            let parameters = self.parameters();
            self.sales.cost(&parameters, self.env().block_timestamp(), amount, parameters.discount_percent)
        }

        /// Sells the caller `amount` of Time for Bzky out of an allowance, for
        /// `most` at most, within the day's cap. Anybody. Not idempotent.
        ///
        /// # Errors
        /// `Paused`, `ZeroAmount`, `SaleClosed`, `Overflow`, `CostTooHigh`,
        /// `DailyCap`, `PaymentRefused`, `TimeRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn buy(&mut self, amount: Balance, most: Balance) -> Result<(), Error> {
            self.do_buy(self.env().caller(), amount, most)
        }

        /// Books a sale for fiat at the official price: `paid` minor units,
        /// under the hash of the payment's id. The Time is minted after the
        /// chargeback period. Returns how much. By the seller for fiat,
        /// within the day's cap. Not idempotent: a repeat is `PaymentUsed`.
        ///
        /// # Errors
        /// `NotFiatSeller`, `PaymentUsed`, `SaleClosed`, `ZeroAmount`, `DailyCap`;
        /// `TimeRefused` when `to` is this contract.
        #[ink(message)]
        pub fn sell_for_fiat(&mut self, payment: Hash, to: AccountId, paid: u64) -> Result<Balance, Error> {
            self.only_fiat_seller()?;
            self.do_sell_for_fiat(payment, to, paid)
        }

        /// Mints the Time of a payment whose chargeback period is over.
        /// Anybody. Not idempotent: a repeat is `PaymentSettled`.
        ///
        /// # Errors
        /// `Paused`, `UnknownPayment`, `PaymentSettled`, `WindowOpen`,
        /// `TimeRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn release_sale(&mut self, payment: Hash) -> Result<(), Error> {
            self.do_release_sale(payment)
        }

        /// Says that a payment was charged back within its period: no Time is
        /// minted for it. The day's cap gets no room back. By the seller for
        /// fiat. Not idempotent: a repeat is `PaymentSettled`.
        ///
        /// # Errors
        /// `NotFiatSeller`, `UnknownPayment`, `PaymentSettled`, `WindowOver`.
        #[ink(message)]
        pub fn charge_back(&mut self, payment: Hash) -> Result<(), Error> {
            self.only_fiat_seller()?;
            self.do_charge_back(payment)
        }

        /// Does what somebody signed, whoever carries it. Not idempotent: a
        /// second try is `BadNonce`.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`; then those of the message
        /// that does the same.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let (contract, now_ms) = (self.env().account_id(), self.env().block_timestamp());
            let account = self.nonces.spend(&self.genesis, &contract, now_ms, &authorization, &action)?;
            match action {
                Action::CreateTask { terms } => self.do_create_task(account, terms).map(|_| ()),
                Action::RestockTask { task, more } => self.do_restock_task(account, task, more),
                Action::CloseTask { task } => self.do_close_task(account, task),
                Action::CreatePrivilege { terms } => self.do_create_privilege(account, terms).map(|_| ()),
                Action::ChangePrivilege { privilege, terms } => self.do_change_privilege(account, privilege, terms),
                Action::ClosePrivilege { privilege } => self.do_close_privilege(account, privilege),
                Action::Till { action } => self.do_till(account, action),
                Action::Buy { amount, most } => self.do_buy(account, amount, most),
                Action::SetPrice { price, dated_ms } => self.do_set_price(account, price, dated_ms),
            }
        }

        // Reads.

        /// The nonce that the account's next authorization must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// A task that is not over.
        #[ink(message)]
        pub fn task(&self, task: TaskId) -> Option<Task> {
            self.tasks.get(task).ok()
        }

        /// Whether a customer has fulfilled a task; of one that is over, only
        /// while its marks are kept.
        #[ink(message)]
        pub fn is_fulfilled(&self, task: TaskId, customer: CustomerIndex) -> bool {
            self.tasks.is_fulfilled(task, customer)
        }

        /// A privilege that is not over.
        #[ink(message)]
        pub fn privilege(&self, privilege: PrivilegeId) -> Option<Privilege> {
            self.privileges.get(privilege).ok()
        }

        /// A collection that is not settled, by the hash of its ticket.
        #[ink(message)]
        pub fn collection(&self, ticket: Hash) -> Option<Collection> {
            self.collections.get(ticket)
        }

        /// A sale for fiat, by the hash of its payment's id.
        #[ink(message)]
        pub fn sale(&self, payment: Hash) -> Option<FiatSale> {
            self.sales.payment(payment)
        }

        /// Bzky's price.
        #[ink(message)]
        pub fn price(&self) -> Price {
            self.sales.price()
        }

        /// The admin's figures.
        #[ink(message)]
        pub fn parameters(&self) -> RedemptionParameters {
            // The constructor sets them.
            self.parameters.get().unwrap_or(RedemptionParameters::initial(self.calendar.epoch_ms))
        }

        /// The contracts that this one works with.
        #[ink(message)]
        pub fn contracts(&self) -> RedemptionContracts {
            self.contracts
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }
    }
}
