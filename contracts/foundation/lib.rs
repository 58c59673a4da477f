//! The foundation's board (whitepaper 8; architecture.md, foundation): named
//! directors resolve by more than half of all, a chief executive runs daily
//! operation within the powers that they give it, and the network's other
//! contracts have this one for their admin.
//!
//! | module | holds |
//! |---|---|
//! | [`board`] | who sits on the board |
//! | [`names`] | what a director may be called |
//! | [`resolutions`] | how votes are counted, and when a resolution may be carried out |
//! | [`motions`] | what can be told of a motion without the chain |
//! | [`powers`] | what the chief executive may call, and what nobody may |
//! | [`budget`] | Bzky by what it is for |
//! | [`code`] | changes of code that wait, and what makes code final |
//! | [`succession`] | who follows a director that lost its key |
//! | `seats`, `proceedings`, `executive` | what the messages do with all that |
//! | `chain` | the door to the chain |
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod board;
pub mod budget;
mod chain;
pub mod code;
mod executive;
pub mod motions;
pub mod names;
pub mod powers;
mod proceedings;
pub mod resolutions;
mod seats;
pub mod succession;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::foundation::{Foundation, FoundationRef};

/// The contract: storage, who may call, and the messages.
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod foundation {
    use crate::{board::Board, budget, chain, motions, powers::OffLimits};
    use bizkey_primitives::{
        action::{foundation::Action, Authorization, Nonces},
        board::{
            Announcement, Budget, BudgetLine, Director, DirectorId, Motion, Office, PendingCode, Power, Resolution,
            ResolutionId, Succession, Vote, MIN_DIRECTORS,
        },
        errors::foundation::Error,
        events::{ChiefExecutiveChanged, PausePowerChanged, SharesChanged},
        pause::Pause,
        Calendar,
    };
    use ink::{
        prelude::vec::Vec,
        storage::{Lazy, Mapping},
    };

    /// The board, its resolutions, the chief executive and the budget.
    #[ink(storage)]
    pub struct Foundation {
        /// The network's calendar.
        pub(crate) calendar: Calendar,
        /// The chain's genesis hash, for signed actions.
        pub(crate) genesis: Hash,
        /// The token.
        pub(crate) bzky: AccountId,
        pub(crate) nonces: Nonces,
        /// Who may still `bind`.
        pub(crate) deployer: Lazy<Option<AccountId>>,
        pub(crate) board: Lazy<Board>,
        /// Names of directors in office, by number.
        pub(crate) names: Mapping<DirectorId, Vec<u8>>,
        pub(crate) successions: Mapping<DirectorId, Succession>,
        pub(crate) last_resolution: Lazy<ResolutionId>,
        pub(crate) proceedings: Mapping<ResolutionId, Resolution>,
        pub(crate) motions: Mapping<ResolutionId, Motion>,
        /// Passed resolutions on code that wait.
        pub(crate) pending: Lazy<Vec<PendingCode>>,
        /// The first resolution to ossify, by contract.
        pub(crate) announcements: Mapping<AccountId, Announcement>,
        pub(crate) ossified: Lazy<bool>,
        pub(crate) office: Lazy<Office>,
        pub(crate) powers: Lazy<Vec<Power>>,
        pub(crate) budget: Lazy<Budget>,
        pub(crate) pause: Lazy<Pause>,
        pub(crate) pausable: Lazy<Vec<AccountId>>,
    }

    impl Foundation {
        /// A board of 3 to 32 `directors`, each with its name, numbered from
        /// 1 in the order given, and a chief executive that may pause the
        /// network and nothing else yet. Nobody is in the chair. The caller
        /// may [`Foundation::bind`], once. `bzky` is asked whether `calendar`
        /// is the network's.
        ///
        /// # Errors
        /// `BadCalendar`, `ZeroAccount`, `BadName`, `NameTaken`,
        /// `AlreadyDirector`, `TooFewDirectors`, `TooManyDirectors`,
        /// `CalleeFailed`.
        #[ink(constructor)]
        pub fn new(
            calendar: Calendar,
            bzky: AccountId,
            directors: Vec<(AccountId, Vec<u8>)>,
            chief_executive: AccountId,
        ) -> Result<Self, Error> {
            let (genesis, theirs) = chain::network(bzky)?;
            if theirs != calendar || !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            motions::check_account(&chief_executive)?;
            let mut foundation = Self {
                calendar,
                genesis,
                bzky,
                nonces: Nonces::default(),
                deployer: Lazy::default(),
                board: Lazy::default(),
                names: Mapping::default(),
                successions: Mapping::default(),
                last_resolution: Lazy::default(),
                proceedings: Mapping::default(),
                motions: Mapping::default(),
                pending: Lazy::default(),
                announcements: Mapping::default(),
                ossified: Lazy::default(),
                office: Lazy::default(),
                powers: Lazy::default(),
                budget: Lazy::default(),
                pause: Lazy::default(),
                pausable: Lazy::default(),
            };
            for (account, name) in directors {
                foundation.seat(account, name)?;
            }
            if foundation.board().seats.len() < MIN_DIRECTORS {
                return Err(Error::TooFewDirectors);
            }
            foundation.deployer.set(&Some(Self::env().caller()));
            foundation.office.set(&Office { chief_executive: Some(chief_executive), may_pause: true });
            chain::emit(ChiefExecutiveChanged { chief_executive: Some(chief_executive) });
            chain::emit(PausePowerChanged { granted: true });
            let budget = budget::initial();
            foundation.budget.set(&budget);
            chain::emit(SharesChanged { shares: budget.lines.map(|funds| funds.share) });
            Ok(foundation)
        }

        /// Names the contracts that a pause is for, at most 16: once, by the
        /// deployer, and not after the board has named some itself.
        ///
        /// # Errors
        /// `AlreadyBound`, `NotDeployer`, `BadPausable`.
        #[ink(message)]
        pub fn bind(&mut self, pausable: Vec<AccountId>) -> Result<(), Error> {
            let deployer = self.deployer.get().flatten().ok_or(Error::AlreadyBound)?;
            if self.env().caller() != deployer {
                return Err(Error::NotDeployer);
            }
            motions::check_pausable(&pausable, &self.off_limits())?;
            self.set_pausable(pausable);
            Ok(())
        }

        /// Proposes a resolution, by a director. It is not a vote. Returns
        /// its number, from 1. Not idempotent.
        ///
        /// # Errors
        /// `NotDirector`; `BadName`, `BadInput`, `TargetRefused`,
        /// `SelectorRefused`, `BadLimit`, `BadShares`, `BadPayment`,
        /// `ZeroAccount`, `PauseTooLong`, `BadPausable` for what can never be
        /// carried out.
        #[ink(message)]
        pub fn propose(&mut self, motion: Motion) -> Result<ResolutionId, Error> {
            self.propose_as(self.env().caller(), motion)
        }

        /// Votes on a resolution, by a director and by name, or changes the
        /// vote, until it is carried out. It passes with more than half of
        /// all directors in office and fails when that cannot be reached any
        /// more. The same vote again only counts anew.
        ///
        /// # Errors
        /// `NotDirector`, `UnknownResolution`, `ResolutionClosed`,
        /// `ResolutionExpired` 14 days after it was proposed, or after it
        /// could be carried out; `TooManyPending`.
        #[ink(message)]
        pub fn vote(&mut self, resolution: ResolutionId, in_favour: bool) -> Result<(), Error> {
            self.vote_as(self.env().caller(), resolution, in_favour)
        }

        /// Carries a passed resolution out, once. Anybody may call it. If it
        /// cannot be carried out now, nothing changes and it can be tried
        /// again until its time is over, 14 days after the first moment at
        /// which it could.
        ///
        /// # Errors
        /// `UnknownResolution`, `ResolutionClosed`, `ResolutionExpired`;
        /// `NotPassed` when more than half of the directors in office now are
        /// not for it; `TimeLocked`; and those of its motion: `CallRefused`
        /// and `CalleeFailed` of another contract; `AlreadyDirector`,
        /// `UnknownDirector`, `NameTaken`, `TooFewDirectors`,
        /// `TooManyDirectors`; `Ossified`, `UnknownCode`,
        /// `OssificationTooSoon`; `UnknownPower`, `TooManyPowers`;
        /// `InsufficientFunds`, `Overflow`; `PauseTooLong`,
        /// `PauseCoolingDown`, `NothingPaused`; for the resolution that is to
        /// be cancelled `UnknownResolution`, `ResolutionClosed`.
        #[ink(message)]
        pub fn enact(&mut self, resolution: ResolutionId) -> Result<(), Error> {
            self.enact_now(resolution)
        }

        /// Names who may claim the caller's seat if the caller loses its key,
        /// or nobody; by a director. Either way a claim that runs is over.
        ///
        /// # Errors
        /// `NotDirector`, `ZeroAccount`, `AlreadyDirector`.
        #[ink(message)]
        pub fn name_successor(&mut self, successor: Option<AccountId>) -> Result<(), Error> {
            self.name_successor_as(self.env().caller(), successor)
        }

        /// Claims a director's seat, by the successor that it named. For 30
        /// days the director can cancel with [`Foundation::name_successor`].
        ///
        /// # Errors
        /// `NotSuccessor`, `AlreadyClaimed`.
        #[ink(message)]
        pub fn claim_seat(&mut self, director: DirectorId) -> Result<(), Error> {
            self.claim_seat_as(self.env().caller(), director)
        }

        /// Gives a claimed seat to the successor, with its number, name,
        /// votes and the chair. Anybody may call it.
        ///
        /// # Errors
        /// `NotClaimed`, `SuccessionOpen`, `AlreadyDirector` if the successor
        /// has got another seat.
        #[ink(message)]
        pub fn take_seat(&mut self, director: DirectorId) -> Result<(), Error> {
            self.succeed(director)
        }

        /// Calls a message of another contract, by the chief executive within
        /// its powers. `input` is selector and arguments, at most 4,096
        /// bytes. Not idempotent.
        ///
        /// # Errors
        /// `NotChiefExecutive`, `BadInput`, `TargetRefused`,
        /// `SelectorRefused`, `UnknownPower`, `PowerExhausted`,
        /// `CallRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn execute(&mut self, target: AccountId, input: Vec<u8>) -> Result<(), Error> {
            self.execute_as(self.env().caller(), target, input)
        }

        /// Pays Bzky out of a budget line, by the chief executive, up to the
        /// line's limit in a month of 30 epochs. Smallest unit. Not
        /// idempotent.
        ///
        /// # Errors
        /// `NotChiefExecutive`, `ZeroAccount`, `BadPayment`, `SpendingLimit`,
        /// `InsufficientFunds`, `Overflow`, `CallRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn spend(&mut self, line: BudgetLine, to: AccountId, amount: Balance) -> Result<(), Error> {
            self.spend_as(self.env().caller(), line, to, amount)
        }

        /// Pauses the pausable contracts until `until_ms`, Unix milliseconds,
        /// at most 72 hours from now and not within 30 days after the last
        /// pause; by the chief executive. A contract that cannot be paused
        /// keeps all from pausing, or is passed over if `skip_failing`.
        ///
        /// # Errors
        /// `NotChiefExecutive`, `PauseNotGranted`, `PauseTooLong`,
        /// `PauseCoolingDown`, `NothingPaused`; `CallRefused` and
        /// `CalleeFailed` unless `skip_failing`.
        #[ink(message)]
        pub fn pause(&mut self, until_ms: u64, skip_failing: bool) -> Result<(), Error> {
            self.pause_as(self.env().caller(), until_ms, skip_failing)
        }

        /// While a pause runs, pauses until its end what was passed over.
        /// Anybody may call it: whoever submits the call that begins a pause
        /// can make single contracts fail by what they let it cost.
        ///
        /// # Errors
        /// `NotPaused`, `NothingPaused`.
        #[ink(message)]
        pub fn spread_pause(&mut self) -> Result<(), Error> {
            self.spread()
        }

        /// Splits the Bzky that came in since it was last asked over the
        /// budget lines by their shares. Anybody may call it; payments do it
        /// by themselves. Returns whether anything had come in.
        ///
        /// # Errors
        /// `CalleeFailed`, `Overflow`.
        #[ink(message)]
        pub fn book_income(&mut self) -> Result<bool, Error> {
            let (budget, came_in) = self.booked()?;
            if came_in {
                self.budget.set(&budget);
            }
            Ok(came_in)
        }

        /// Does what a director, a successor or the chief executive signed,
        /// as if it had called. Anybody may carry it, once.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`, and those of the action.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let contract = chain::own_account();
            let caller = self.nonces.spend(&self.genesis, &contract, chain::now_ms(), &authorization, &action)?;
            match action {
                Action::Propose { motion } => self.propose_as(caller, motion).map(|_| ()),
                Action::Vote { resolution, in_favour } => self.vote_as(caller, resolution, in_favour),
                Action::NameSuccessor { successor } => self.name_successor_as(caller, successor),
                Action::ClaimSeat { director } => self.claim_seat_as(caller, director),
                Action::Execute { target, input } => self.execute_as(caller, target, input),
                Action::Spend { line, to, amount } => self.spend_as(caller, line, to, amount),
                Action::Pause { until_ms, skip_failing } => self.pause_as(caller, until_ms, skip_failing),
            }
        }

        /// The nonce that an account's next signed action must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// Every director in office; at most 32.
        #[ink(message)]
        pub fn directors(&self) -> Vec<Director> {
            let director = |director, account| Director { director, account, name: self.name_of(director) };
            self.board().seats.iter().map(|seat| director(seat.director, seat.account)).collect()
        }

        /// The number of the director that acts with an account.
        #[ink(message)]
        pub fn director_of(&self, account: AccountId) -> Option<DirectorId> {
            self.board().director_of(account)
        }

        /// The name of a director in office, UTF-8; empty for anybody else.
        #[ink(message)]
        pub fn name_of(&self, director: DirectorId) -> Vec<u8> {
            self.names.get(director).unwrap_or_default()
        }

        /// Who chairs the board.
        #[ink(message)]
        pub fn chair(&self) -> Option<DirectorId> {
            self.board().chair
        }

        /// Whom a director named as its successor, and a claim that runs.
        #[ink(message)]
        pub fn successor_of(&self, director: DirectorId) -> Option<Succession> {
            self.successions.get(director)
        }

        /// Resolutions proposed so far; also the highest number.
        #[ink(message)]
        pub fn resolutions(&self) -> ResolutionId {
            self.last_resolution.get_or_default()
        }

        /// How far a resolution has come, and its votes.
        #[ink(message)]
        pub fn resolution(&self, resolution: ResolutionId) -> Option<Resolution> {
            self.proceedings.get(resolution)
        }

        /// What a resolution is about.
        #[ink(message)]
        pub fn motion_of(&self, resolution: ResolutionId) -> Option<Motion> {
            self.motions.get(resolution)
        }

        /// The votes on a resolution, at most one a director; those of
        /// directors that left are there until the next one is cast, but do
        /// not count.
        #[ink(message)]
        pub fn votes_of(&self, resolution: ResolutionId) -> Vec<Vote> {
            self.proceedings.get(resolution).map(|resolution| resolution.votes).unwrap_or_default()
        }

        /// Passed resolutions on code that wait to be carried out; at most 32.
        #[ink(message)]
        pub fn pending_code(&self) -> Vec<PendingCode> {
            let now_ms = chain::now_ms();
            let pending = self.pending.get_or_default();
            pending.into_iter().filter(|entry| now_ms < entry.expires_ms).collect()
        }

        /// The first of the two resolutions that ossify a contract.
        #[ink(message)]
        pub fn ossification_of(&self, target: AccountId) -> Option<Announcement> {
            self.announcements.get(target)
        }

        /// Whether the foundation's own code is final.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.ossified.get_or_default()
        }

        /// Who runs daily operation.
        #[ink(message)]
        pub fn chief_executive(&self) -> Option<AccountId> {
            self.office.get_or_default().chief_executive
        }

        /// Whether the chief executive may pause the network.
        #[ink(message)]
        pub fn may_pause(&self) -> bool {
            self.office.get_or_default().may_pause
        }

        /// What the chief executive may call; at most 64.
        #[ink(message)]
        pub fn powers(&self) -> Vec<Power> {
            self.powers.get_or_default()
        }

        /// The budget lines, as of the last booking.
        #[ink(message)]
        pub fn budget(&self) -> Budget {
            self.budget.get_or_default()
        }

        /// The last pause; zeros before the first.
        #[ink(message)]
        pub fn pause_state(&self) -> Pause {
            self.pause.get_or_default()
        }

        /// The contracts that a pause is for.
        #[ink(message)]
        pub fn pausable(&self) -> Vec<AccountId> {
            self.pausable.get_or_default()
        }

        /// Whether the deployer has no part any more.
        #[ink(message)]
        pub fn is_bound(&self) -> bool {
            self.deployer.get().flatten().is_none()
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        /// The chain's genesis hash, as `bzky` knows it.
        #[ink(message)]
        pub fn genesis(&self) -> Hash {
            self.genesis
        }

        pub(crate) fn board(&self) -> Board {
            self.board.get_or_default()
        }

        pub(crate) fn off_limits(&self) -> OffLimits {
            OffLimits { own: chain::own_account(), bzky: self.bzky }
        }
    }
}
