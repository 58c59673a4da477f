//! Daily operation: the chief executive's powers, payments, and pauses.

use crate::{budget, chain, foundation::Foundation, motions, powers};
use bizkey_primitives::{
    board::{Budget, BudgetLine, ResolutionId},
    errors::foundation::Error,
    events::{BudgetPaid, IncomeBooked, NetworkPaused, PausableChanged, PowerUsed},
    AccountId, Balance, Stamp,
};
use ink::{prelude::vec::Vec, selector_bytes};

impl Foundation {
    /// `execute`, by `caller`.
    pub(crate) fn execute_as(&mut self, caller: AccountId, target: AccountId, input: Vec<u8>) -> Result<(), Error> {
        self.only_chief_executive(caller)?;
        let selector = powers::check_call(&self.off_limits(), target, &input)?;
        let mut powers = self.powers();
        powers::exercise(&mut powers, target, selector, self.stamp())?;
        self.powers.set(&powers);
        let answer = chain::invoke(target, &input);
        chain::emit(PowerUsed { target, input });
        answer
    }

    /// `spend`, by `caller`.
    pub(crate) fn spend_as(
        &mut self,
        caller: AccountId,
        line: BudgetLine,
        to: AccountId,
        amount: Balance,
    ) -> Result<(), Error> {
        self.only_chief_executive(caller)?;
        motions::check_payment(&self.off_limits(), &to, amount)?;
        let mut budget = self.booked()?.0;
        budget::spend(&mut budget, line, amount, self.stamp())?;
        self.send(&budget, line, to, amount, None)
    }

    /// `pause`, by `caller`.
    pub(crate) fn pause_as(&mut self, caller: AccountId, until_ms: u64, skip_failing: bool) -> Result<(), Error> {
        self.only_chief_executive(caller)?;
        if !self.may_pause() {
            return Err(Error::PauseNotGranted);
        }
        self.begin_pause(until_ms, skip_failing)
    }

    /// Begins a pause of every pausable contract. One that does not pause
    /// keeps all from pausing, unless `skip_failing`.
    pub(crate) fn begin_pause(&mut self, until_ms: u64, skip_failing: bool) -> Result<(), Error> {
        let next = self.pause_state().next(chain::now_ms(), until_ms)?;
        self.pause.set(&next);
        self.pause_contracts(until_ms, skip_failing)
    }

    /// `spread_pause`.
    pub(crate) fn spread(&mut self) -> Result<(), Error> {
        let running = self.pause_state();
        if !running.is_on(chain::now_ms()) {
            return Err(Error::NotPaused);
        }
        // Those that stand still already refuse.
        self.pause_contracts(running.until_ms, true)
    }

    fn pause_contracts(&mut self, until_ms: u64, skip_failing: bool) -> Result<(), Error> {
        let mut paused = Vec::new();
        for contract in self.pausable() {
            match chain::tell(contract, selector_bytes!("pause"), &(until_ms,)) {
                Ok(()) => paused.push(contract),
                Err(_) if skip_failing => {}
                Err(error) => return Err(error),
            }
        }
        if paused.is_empty() {
            return Err(Error::NothingPaused);
        }
        chain::emit(NetworkPaused { until_ms, contracts: paused });
        Ok(())
    }

    /// The list that the deployer or the board gives; with it the deployer's
    /// part is over.
    pub(crate) fn set_pausable(&mut self, contracts: Vec<AccountId>) {
        self.deployer.set(&None);
        self.pausable.set(&contracts);
        chain::emit(PausableChanged { contracts });
    }

    /// The budget with everything that came in split over its lines, and
    /// whether anything had; for the caller to store.
    pub(crate) fn booked(&self) -> Result<(Budget, bool), Error> {
        let mut budget = self.budget();
        let parts = budget::book(&mut budget, chain::held(self.bzky)?)?;
        if let Some(parts) = parts {
            chain::emit(IncomeBooked { parts });
        }
        Ok((budget, parts.is_some()))
    }

    /// Stores a budget that a payment has left, and pays.
    pub(crate) fn send(
        &mut self,
        budget: &Budget,
        line: BudgetLine,
        to: AccountId,
        amount: Balance,
        resolution: Option<ResolutionId>,
    ) -> Result<(), Error> {
        self.budget.set(budget);
        chain::emit(BudgetPaid { line, to, amount, resolution });
        chain::transfer(self.bzky, to, amount)
    }

    fn only_chief_executive(&self, caller: AccountId) -> Result<(), Error> {
        if self.chief_executive() == Some(caller) {
            Ok(())
        } else {
            Err(Error::NotChiefExecutive)
        }
    }

    fn stamp(&self) -> Stamp {
        self.calendar.stamp_at(chain::now_ms())
    }
}
