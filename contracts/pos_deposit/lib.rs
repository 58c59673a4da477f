//! Bzky locked for terminals instead of buying them. It stays its depositor's
//! and counts as its holding, but moves only when the platform has the device
//! back and the penalty window has passed (architecture.md, pos_deposit).
//!
//! | module | holds |
//! |---|---|
//! | `deposits` | whose Bzky is locked for which device, and until when |
//! | `pledges` | what of it secures rewards |
//! | `acts` | what needs the other contracts |
//! | [`roles`] | who administers it |
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod acts;
mod deposits;
mod pledges;
pub mod roles;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::pos_deposit::{PosDeposit, PosDepositRef};

/// The contract: storage, events, who may call, and the door to `acts`.
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod pos_deposit {
    use crate::{
        deposits::Deposits,
        pledges::Pledges,
        roles::{Bound, Setup},
    };
    use bizkey_primitives::{
        action::{pos_deposit::Action, Authorization, Nonces},
        cross_contract::call,
        errors::pos_deposit::Error,
        events::{
            DepositPledged, DeviceClassChanged, PlatformChanged, PosDepositCodeChanged, PosDepositHandedOver,
            PosDepositOssified, ScheduleSet,
        },
        holdings::MAX_QUERIES,
        party::Deposit,
        Calendar, DeviceId, Epoch, Stamp,
    };
    use ink::{prelude::vec::Vec, storage::Lazy};

    /// Deposits for terminals.
    #[ink(storage)]
    pub struct PosDeposit {
        pub(crate) calendar: Calendar,
        pub(crate) deposits: Deposits,
        pub(crate) pledges: Pledges,
        nonces: Nonces,
        setup: Lazy<Setup>,
    }

    impl PosDeposit {
        /// No deposit yet. The deployer binds, administers until it hands
        /// over, and is the platform until the admin names another. `bzky` is
        /// asked whether `calendar` is the network's.
        ///
        /// # Errors
        /// `BadCalendar`, `CalleeFailed`.
        #[ink(constructor)]
        pub fn new(
            calendar: Calendar,
            bzky: AccountId,
            registry: AccountId,
            penalty_window_ms: u64,
        ) -> Result<Self, Error> {
            let networks: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if networks != calendar {
                return Err(Error::BadCalendar);
            }
            let genesis = call(bzky, ink::selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
            Self::empty(calendar, Setup::new(Self::env().caller(), genesis, bzky, registry, penalty_window_ms))
        }

        pub(crate) fn empty(calendar: Calendar, setup: Setup) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut contract = Self {
                calendar,
                deposits: Deposits::default(),
                pledges: Pledges::default(),
                nonces: Nonces::default(),
                setup: Lazy::default(),
            };
            contract.setup.set(&setup);
            Ok(contract)
        }

        /// Names the contracts it works with, once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn bind(&mut self, receipts: AccountId, rewards: AccountId) -> Result<(), Error> {
            self.change_setup(|setup, caller| setup.bind(caller, Bound { receipts, rewards }))
        }

        /// Names the administrator for good, once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn hand_over(&mut self, admin: AccountId) -> Result<(), Error> {
            self.change_setup(|setup, caller| Ok(setup.administration.hand_over(caller, admin)?))?;
            self.env().emit_event(PosDepositHandedOver { admin });
            Ok(())
        }

        /// Names who confirms returns and transfers. Saying it twice is no
        /// error. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`.
        #[ink(message)]
        pub fn set_platform(&mut self, platform: AccountId) -> Result<(), Error> {
            self.change_setup(|setup, caller| {
                setup.administration.only_admin(caller)?;
                setup.platform = platform;
                Ok(())
            })?;
            self.env().emit_event(PlatformChanged { platform });
            Ok(())
        }

        /// Sets the least first deposit of a class of devices, smallest unit
        /// of Bzky; `None` lets any amount above 0 do. Deposits that are there
        /// stay as they are. Saying it twice is no error. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`.
        #[ink(message)]
        pub fn set_schedule(&mut self, class: u8, amount: Option<Balance>) -> Result<(), Error> {
            self.setup()?.administration.only_admin(self.env().caller())?;
            self.deposits.set_schedule(class, amount);
            self.env().emit_event(ScheduleSet { class, amount });
            Ok(())
        }

        /// Puts a device in a class, 0 before. Its deposit, if it has one,
        /// stays as it is. Saying it twice changes nothing. By the platform only.
        ///
        /// # Errors
        /// `NotPlatform`.
        #[ink(message)]
        pub fn assign_class(&mut self, device: DeviceId, class: u8) -> Result<(), Error> {
            self.setup()?.only_platform(self.env().caller())?;
            if self.deposits.set_class(device, class) {
                self.env().emit_event(DeviceClassChanged { device, class });
            }
            Ok(())
        }

        /// Runs other code from the next call on. Admin only; the delay and
        /// the votes are `foundation`'s to keep.
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`, `UnknownCode`.
        #[ink(message)]
        pub fn set_code(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.setup()?.administration.may_change_code(self.env().caller())?;
            self.env().set_code_hash(&code_hash).map_err(|_| Error::UnknownCode)?;
            self.env().emit_event(PosDepositCodeChanged { code_hash });
            Ok(())
        }

        /// Makes the code final. Admin only; not to be undone.
        ///
        /// # Errors
        /// `NotAdmin`; `Ossified` if it is already.
        #[ink(message)]
        pub fn ossify(&mut self) -> Result<(), Error> {
            self.change_setup(|setup, caller| Ok(setup.administration.ossify(caller)?))?;
            self.env().emit_event(PosDepositOssified {});
            Ok(())
        }

        /// Locks `amount` of the caller's Bzky for a device, out of an
        /// allowance to this contract, credited to the caller alone. By the
        /// device's shop, or by the agent that the shop named for it. More can
        /// be added until the device is back. A first deposit reaches what the
        /// schedule asks of the device's class. Not idempotent.
        ///
        /// # Errors
        /// The first that applies of `ZeroAmount`, `UnknownDevice`,
        /// `CalleeFailed`, `NotDeviceMerchant`, `DepositMoved`,
        /// `BelowSchedule`, `ReturnConfirmed`, `OtherDepositor`, `Overflow`,
        /// `PaymentRefused`.
        #[ink(message)]
        pub fn lock(&mut self, device: DeviceId, amount: Balance) -> Result<(), Error> {
            self.lock_as(self.env().caller(), device, amount)
        }

        /// Names the agent that may lock for a device beside its shop; nobody
        /// if `None`. A deposit that is there stays. Saying it twice changes
        /// nothing. By the device's shop only.
        ///
        /// # Errors
        /// The first that applies of `UnknownDevice`, `CalleeFailed`,
        /// `NotDeviceMerchant`, `NotAgent`.
        #[ink(message)]
        pub fn set_agent(&mut self, device: DeviceId, agent: Option<AccountId>) -> Result<(), Error> {
            self.set_agent_as(self.env().caller(), device, agent)
        }

        /// Says that the platform has the device back, which starts the
        /// penalty window. The device must have been stopped. By the platform
        /// only. Not idempotent: `ReturnConfirmed`.
        ///
        /// # Errors
        /// The first that applies of `NotPlatform`, `NoDeposit`,
        /// `ReturnConfirmed`, `NotBound`, `CalleeFailed`, `DeviceActive`,
        /// `Overflow`.
        #[ink(message)]
        pub fn confirm_return(&mut self, device: DeviceId) -> Result<(), Error> {
            self.confirm(device)
        }

        /// Offers that the terminal of `device` gets the number `to`, for
        /// another shop or for the same one: a number never changes hands, so
        /// the terminal is registered anew. `None` takes the offer back.
        /// Saying it twice changes nothing. By the depositor of `device` only.
        ///
        /// # Errors
        /// The first that applies of `CalleeFailed`, `NoDeposit`,
        /// `ReturnConfirmed`, `NotDepositor`, `SameDevice`.
        #[ink(message)]
        pub fn offer_transfer(&mut self, device: DeviceId, to: Option<DeviceId>) -> Result<(), Error> {
            self.offer_as(self.env().caller(), device, to)
        }

        /// Confirms such a transfer. `device` must have been stopped. If `to`
        /// has a deposit of its own, by whomever, that of `device` may go back
        /// after the penalty window, as if it was returned. Else it goes over
        /// to `to`, for which its depositor must be allowed to lock and whose
        /// class it must suffice, and answers for both until the window's end.
        /// By the platform only. Not idempotent.
        ///
        /// # Errors
        /// The first that applies of `NotPlatform`, `NoDeposit`,
        /// `ReturnConfirmed`, `NotOffered`, `NotBound`, `CalleeFailed`,
        /// `DeviceActive`, `UnknownDevice`, `NotDeviceMerchant`,
        /// `DepositMoved`, `BelowSchedule`, `Overflow`.
        #[ink(message)]
        pub fn confirm_transfer(&mut self, device: DeviceId, to: DeviceId) -> Result<(), Error> {
            self.transfer(device, to)
        }

        /// Credits a device's deposit to the account that its depositor has
        /// now, after a change of keys or a recovery. Saying it twice changes
        /// nothing. Anybody may.
        ///
        /// # Errors
        /// `NoDeposit`, `CalleeFailed`, `Overflow`.
        #[ink(message)]
        pub fn follow_depositor(&mut self, device: DeviceId) -> Result<(), Error> {
            let setup = self.setup()?;
            self.credit_present(&setup, device).map(|_| ())
        }

        /// Sends a returned device's deposit back to its depositor's present
        /// account: after the penalty window, the device being stopped, while
        /// no demand is open against its shop, and unless the depositor is
        /// under a hold or needs it for what is pledged. Anybody may ask. Not
        /// idempotent: `NoDeposit`.
        ///
        /// # Errors
        /// The first that applies of `NoDeposit`, `ReturnNotConfirmed`,
        /// `WindowOpen`, `NotBound`, `CalleeFailed`, `DeviceActive`,
        /// `DemandOpen`, `Held`, `Pledged`, `PaymentRefused`.
        #[ink(message)]
        pub fn release(&mut self, device: DeviceId) -> Result<(), Error> {
            self.give_back(device)
        }

        /// Takes up to `amount` out of the deposit that answers for a device,
        /// also a pledged one: first up to `beneficiary_amount` for
        /// `beneficiary`, then the rest for `rest_to`. Returns what was taken.
        /// By `receipts` only. Not idempotent.
        ///
        /// # Errors
        /// `NotBound`, `NotReceipts`, `Overflow`, `PaymentRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn penalise(
            &mut self,
            device: DeviceId,
            amount: Balance,
            beneficiary: AccountId,
            beneficiary_amount: Balance,
            rest_to: AccountId,
        ) -> Result<Balance, Error> {
            self.take_penalty(device, amount, beneficiary, beneficiary_amount, rest_to)
        }

        /// Takes up to `amount` out of the deposit that answers for a device,
        /// by resolution of the board. Returns what was taken. Admin only. Not
        /// idempotent.
        ///
        /// # Errors
        /// `NotAdmin`, `Overflow`, `PaymentRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn seize(&mut self, device: DeviceId, amount: Balance, to: AccountId) -> Result<Balance, Error> {
            self.take_by_board(device, amount, to)
        }

        /// Pledges up to `amount` of what an account has locked and not
        /// pledged, until the end of the epoch `until`: till then that much
        /// cannot be released. Returns how much. By `rewards` only. Not
        /// idempotent.
        ///
        /// # Errors
        /// `NotBound`, `NotRewards`, `Overflow`.
        #[ink(message)]
        pub fn pledge(&mut self, account: AccountId, amount: Balance, until: Epoch) -> Result<Balance, Error> {
            if self.env().caller() != self.setup()?.bound()?.rewards {
                return Err(Error::NotRewards);
            }
            let locked = self.deposits.holdings.balance_of(account);
            let amount = self.pledges.pledge(account, locked, amount, until, self.epoch())?;
            if amount > 0 {
                self.env().emit_event(DepositPledged { account, amount, until });
            }
            Ok(amount)
        }

        /// Does what an account signed, carried by anybody. Once: the nonce is
        /// used up.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`, and those of the action.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let (genesis, contract) = (self.setup()?.genesis, self.env().account_id());
            let now_ms = self.env().block_timestamp();
            let account = self.nonces.spend(&genesis, &contract, now_ms, &authorization, &action)?;
            self.act(account, action)
        }

        /// What is locked for a device.
        #[ink(message)]
        pub fn deposit_of(&self, device: DeviceId) -> Option<Deposit> {
            self.deposits.of(device)
        }

        /// What an account has locked for all its devices, smallest unit of Bzky.
        #[ink(message)]
        pub fn balance_of(&self, account: AccountId) -> Balance {
            self.deposits.holdings.balance_of(account)
        }

        /// What of that is pledged now.
        #[ink(message)]
        pub fn pledged_of(&self, account: AccountId) -> Balance {
            self.pledges.pledged(account, self.balance_of(account), self.epoch())
        }

        /// What of that is not pledged now.
        #[ink(message)]
        pub fn unpledged_of(&self, account: AccountId) -> Balance {
            self.unpledged(account)
        }

        /// Lowest amounts that up to 256 accounts had locked in a closed
        /// epoch, in the order asked, each with the index that
        /// [`PosDeposit::checkpoint_index`] says; `None` where the index is
        /// not the one that covers the epoch.
        ///
        /// # Errors
        /// `TooManyQueries`, `EpochNotClosed`.
        #[ink(message)]
        pub fn lows_at(&self, epoch: Epoch, queries: Vec<(AccountId, u32)>) -> Result<Vec<Option<Balance>>, Error> {
            if queries.len() > MAX_QUERIES {
                return Err(Error::TooManyQueries);
            }
            if !self.calendar.is_closed(epoch, self.env().block_timestamp()) {
                return Err(Error::EpochNotClosed);
            }
            Ok(self.deposits.holdings.lows_at(epoch, &queries))
        }

        /// The index that [`PosDeposit::lows_at`] wants: up to 32 reads, for
        /// readers off chain.
        #[ink(message)]
        pub fn checkpoint_index(&self, account: AccountId, epoch: Epoch) -> u32 {
            self.deposits.holdings.checkpoint_index(account, epoch)
        }

        /// Who may lock for a device beside its shop.
        #[ink(message)]
        pub fn agent_of(&self, device: DeviceId) -> Option<AccountId> {
            self.deposits.agent_of(device)
        }

        /// A device's class, and the least first deposit that it takes,
        /// smallest unit of Bzky; any above 0 if `None`.
        #[ink(message)]
        pub fn class_of(&self, device: DeviceId) -> (u8, Option<Balance>) {
            let class = self.deposits.class_of(device);
            (class, self.deposits.scheduled(class))
        }

        /// The least first deposit of a class; any above 0 if `None`.
        #[ink(message)]
        pub fn schedule_of(&self, class: u8) -> Option<Balance> {
            self.deposits.scheduled(class)
        }

        /// The number that a device's terminal was offered to get.
        #[ink(message)]
        pub fn offer_of(&self, device: DeviceId) -> Option<DeviceId> {
            self.deposits.offer_of(device)
        }

        /// Who administers, who is the platform, and what it works with.
        #[ink(message)]
        pub fn settings(&self) -> Option<Setup> {
            self.setup.get()
        }

        /// From a confirmed return to the release, milliseconds.
        #[ink(message)]
        pub fn penalty_window_ms(&self) -> u64 {
            self.setup.get().map_or(0, |setup| setup.penalty_window_ms)
        }

        /// Who confirms returns and transfers; `None` never, once instantiated.
        #[ink(message)]
        pub fn platform(&self) -> Option<AccountId> {
            self.setup.get().map(|setup| setup.platform)
        }

        /// Who administers.
        #[ink(message)]
        pub fn admin(&self) -> AccountId {
            // The constructor sets it; nobody has the key of zeros.
            self.setup.get().map_or(AccountId::from([0; 32]), |setup| setup.administration.admin)
        }

        /// Whether the code is final.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.setup.get().is_some_and(|setup| setup.administration.ossified)
        }

        /// The nonce of an account's next authorization.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        pub(crate) fn now(&self) -> Stamp {
            self.calendar.stamp_at(self.env().block_timestamp())
        }

        fn epoch(&self) -> Option<Epoch> {
            self.calendar.epoch_at(self.env().block_timestamp())
        }

        /// What an account has locked and not pledged.
        pub(crate) fn unpledged(&self, account: AccountId) -> Balance {
            let locked = self.deposits.holdings.balance_of(account);
            locked.saturating_sub(self.pledges.pledged(account, locked, self.epoch()))
        }

        /// The constructor sets it; without it nothing could be asked.
        pub(crate) fn setup(&self) -> Result<Setup, Error> {
            self.setup.get().ok_or(Error::CalleeFailed)
        }

        fn change_setup(
            &mut self,
            change: impl FnOnce(&mut Setup, AccountId) -> Result<(), Error>,
        ) -> Result<(), Error> {
            let mut setup = self.setup()?;
            change(&mut setup, self.env().caller())?;
            self.setup.set(&setup);
            Ok(())
        }
    }
}
