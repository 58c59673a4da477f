//! From a proposal to its being carried out.

use crate::{
    budget, chain,
    code::{self, Ossification},
    foundation::Foundation,
    motions, powers,
    resolutions::{self, Change},
};
use bizkey_primitives::{
    board::{Budget, Motion, Resolution, ResolutionId, ResolutionState, OSSIFICATION_GAP_MS},
    errors::foundation::Error,
    events::{
        ChiefExecutiveChanged, FoundationCodeChanged, FoundationOssified, FundsMoved, MajorityLost,
        OssificationAnnounced, OssificationWithdrawn, PausePowerChanged, PowerGranted, PowerRevoked,
        ResolutionCancelled, ResolutionEnacted, ResolutionFailed, ResolutionPassed, ResolutionProposed, SharesChanged,
        SpendingLimitChanged, VoteCast,
    },
    AccountId, Hash,
};
use ink::selector_bytes;

impl Foundation {
    /// `propose`, by `caller`.
    pub(crate) fn propose_as(&mut self, caller: AccountId, motion: Motion) -> Result<ResolutionId, Error> {
        let director = self.board().director_of(caller).ok_or(Error::NotDirector)?;
        motions::check(&motion, &self.off_limits())?;
        let id = self.resolutions().checked_add(1).ok_or(Error::Overflow)?;
        self.last_resolution.set(&id);
        self.proceedings.insert(id, &resolutions::open(director, chain::now_ms(), &motion));
        self.motions.insert(id, &motion);
        chain::emit(ResolutionProposed { resolution: id, director, motion });
        Ok(id)
    }

    /// `vote`, by `caller`.
    pub(crate) fn vote_as(&mut self, caller: AccountId, id: ResolutionId, in_favour: bool) -> Result<(), Error> {
        let (board, now_ms) = (self.board(), chain::now_ms());
        let director = board.director_of(caller).ok_or(Error::NotDirector)?;
        let mut resolution = self.existing(id)?;
        let (differs, change) = resolutions::cast(&mut resolution, &board, director, in_favour, now_ms)?;
        self.proceedings.insert(id, &resolution);
        if differs {
            chain::emit(VoteCast { resolution: id, director, in_favour });
        }
        if resolution.delayed && change != Change::None {
            let mut pending = self.pending.get_or_default();
            // One that lost its majority is struck off, since it can then not be carried out.
            code::enlist(&mut pending, id, &resolution, now_ms)?;
            self.pending.set(&pending);
        }
        match change {
            Change::None => {}
            Change::Passed => {
                let executable_ms = resolution.executable_ms().unwrap_or(now_ms);
                chain::emit(ResolutionPassed { resolution: id, executable_ms });
            }
            Change::MajorityLost => chain::emit(MajorityLost { resolution: id }),
            Change::Failed => chain::emit(ResolutionFailed { resolution: id }),
        }
        Ok(())
    }

    /// `enact`.
    pub(crate) fn enact_now(&mut self, id: ResolutionId) -> Result<(), Error> {
        let mut resolution = self.existing(id)?;
        let passed_ms = resolutions::check_enactable(&resolution, &self.board(), chain::now_ms())?;
        let motion = self.motions.get(id).ok_or(Error::UnknownResolution)?;
        motions::check(&motion, &self.off_limits())?;
        self.close(id, &mut resolution, ResolutionState::Enacted);
        chain::emit(ResolutionEnacted { resolution: id });
        self.carry_out(id, passed_ms, motion)
    }

    fn carry_out(&mut self, id: ResolutionId, passed_ms: u64, motion: Motion) -> Result<(), Error> {
        match motion {
            // The event says everything.
            Motion::AdoptText { .. } => Ok(()),
            Motion::ElectChair { director } => self.elect(director),
            Motion::AppointChiefExecutive { account } => self.put_in_office(Some(account)),
            Motion::DismissChiefExecutive => self.put_in_office(None),
            Motion::AddDirector { account, name } => self.seat(account, name),
            Motion::RemoveDirector { director } => self.unseat(director),
            Motion::ReplaceDirector { director, account, name } => self.reseat(director, account, name),
            Motion::Call { target, input } => chain::invoke(target, &input),
            Motion::Upgrade { target, code_hash } => self.upgrade(target, code_hash),
            Motion::Ossify { target } => self.ossify(id, passed_ms, target),
            Motion::Cancel { resolution } => self.cancel(resolution),
            Motion::GrantPower { target, selector, limit } => {
                let mut powers = self.powers();
                powers::grant(&mut powers, target, selector, limit)?;
                self.powers.set(&powers);
                chain::emit(PowerGranted { target, selector, limit });
                Ok(())
            }
            Motion::RevokePower { target, selector } => {
                let mut powers = self.powers();
                powers::revoke(&mut powers, target, selector)?;
                self.powers.set(&powers);
                chain::emit(PowerRevoked { target, selector });
                Ok(())
            }
            Motion::SetPausePower { granted } => {
                let mut office = self.office.get_or_default();
                office.may_pause = granted;
                self.office.set(&office);
                chain::emit(PausePowerChanged { granted });
                Ok(())
            }
            Motion::SetShares { shares } => {
                // What came in before is split by the shares that held then.
                let mut budget = self.booked()?.0;
                budget::set_shares(&mut budget, &shares)?;
                self.budget.set(&budget);
                chain::emit(SharesChanged { shares });
                Ok(())
            }
            Motion::SetSpendingLimit { line, limit } => {
                let mut budget: Budget = self.budget();
                budget::set_limit(&mut budget, line, limit);
                self.budget.set(&budget);
                chain::emit(SpendingLimitChanged { line, limit });
                Ok(())
            }
            Motion::Pay { line, to, amount } => {
                let mut budget = self.booked()?.0;
                budget::pay(&mut budget, line, amount)?;
                self.send(&budget, line, to, amount, Some(id))
            }
            Motion::MoveFunds { from, to, amount } => {
                let mut budget = self.booked()?.0;
                budget::shift(&mut budget, from, to, amount)?;
                self.budget.set(&budget);
                chain::emit(FundsMoved { from, to, amount });
                Ok(())
            }
            Motion::Pause { duration_ms, skip_failing } => {
                self.begin_pause(chain::now_ms().saturating_add(duration_ms), skip_failing)
            }
            Motion::SetPausable { contracts } => {
                self.set_pausable(contracts);
                Ok(())
            }
        }
    }

    fn put_in_office(&mut self, chief_executive: Option<AccountId>) -> Result<(), Error> {
        let mut office = self.office.get_or_default();
        office.chief_executive = chief_executive;
        self.office.set(&office);
        chain::emit(ChiefExecutiveChanged { chief_executive });
        Ok(())
    }

    fn upgrade(&mut self, target: AccountId, code_hash: Hash) -> Result<(), Error> {
        if target != chain::own_account() {
            return chain::tell(target, selector_bytes!("set_code"), &(code_hash,));
        }
        if self.is_ossified() {
            return Err(Error::Ossified);
        }
        chain::emit(FoundationCodeChanged { code_hash });
        chain::set_own_code(&code_hash)
    }

    fn ossify(&mut self, id: ResolutionId, passed_ms: u64, target: AccountId) -> Result<(), Error> {
        let is_own = target == chain::own_account();
        if is_own && self.is_ossified() {
            return Err(Error::Ossified);
        }
        match code::ossification(self.announcements.get(target), id, passed_ms)? {
            Ossification::Announce(first) => {
                self.announcements.insert(target, &first);
                let second_from_ms = passed_ms.saturating_add(OSSIFICATION_GAP_MS);
                chain::emit(OssificationAnnounced { target, second_from_ms });
                Ok(())
            }
            Ossification::Complete => {
                self.announcements.remove(target);
                if !is_own {
                    return chain::tell(target, selector_bytes!("ossify"), &());
                }
                self.ossified.set(&true);
                chain::emit(FoundationOssified { resolution: id });
                Ok(())
            }
        }
    }

    /// Takes an earlier resolution back: one that is not carried out yet, or
    /// one that announced an ossification.
    fn cancel(&mut self, id: ResolutionId) -> Result<(), Error> {
        let mut resolution = self.existing(id)?;
        match resolution.state {
            ResolutionState::Open | ResolutionState::Passed { .. } => {
                self.close(id, &mut resolution, ResolutionState::Cancelled);
                chain::emit(ResolutionCancelled { resolution: id });
                Ok(())
            }
            ResolutionState::Enacted => {
                let Some(Motion::Ossify { target }) = self.motions.get(id) else { return Err(Error::ResolutionClosed) };
                if self.announcements.get(target).is_none_or(|first| first.resolution != id) {
                    return Err(Error::ResolutionClosed);
                }
                self.announcements.remove(target);
                chain::emit(OssificationWithdrawn { target });
                Ok(())
            }
            _ => Err(Error::ResolutionClosed),
        }
    }

    fn close(&mut self, id: ResolutionId, resolution: &mut Resolution, state: ResolutionState) {
        resolution.state = state;
        self.proceedings.insert(id, resolution);
        if resolution.delayed {
            let mut pending = self.pending.get_or_default();
            code::strike(&mut pending, id);
            self.pending.set(&pending);
        }
    }

    fn existing(&self, id: ResolutionId) -> Result<Resolution, Error> {
        self.proceedings.get(id).ok_or(Error::UnknownResolution)
    }
}
