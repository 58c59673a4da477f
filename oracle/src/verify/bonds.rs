//! What members and disputers put at stake (architecture.md, Rewards,
//! exactly: bonded).

use super::{audit::Audit, clock::Clock, difference::Place, moves::Flow, Difference, Field, Value};
use bizkey_primitives::{calendar::stamp, events::BondChanged, report::Bond, AccountId, Balance, Epoch};
use std::collections::BTreeMap;

/// Every stake, and how high it must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Bonds {
    /// Of a member, smallest unit of Bzky.
    required: Balance,
    /// Of a disputer.
    dispute: Balance,
    by_member: BTreeMap<AccountId, Bond>,
}

/// What a change of a bond moves.
enum Change {
    /// So much comes in.
    Added(Balance),
    /// It is asked back; nothing moves.
    Leaving,
    /// All of it goes back.
    Withdrawn(Balance),
}

impl Bonds {
    pub(super) fn require(&mut self, member: Balance, dispute: Balance) {
        (self.required, self.dispute) = (member, dispute);
    }

    /// What a dispute puts at stake now.
    pub(super) fn of_dispute(&self) -> Balance {
        self.dispute
    }

    fn of(&self, member: AccountId) -> Bond {
        self.by_member.get(&member).copied().unwrap_or_default()
    }

    /// Who has something at stake, and what.
    pub(super) fn all(&self) -> impl Iterator<Item = (AccountId, Bond)> + '_ {
        self.by_member.iter().map(|(member, bond)| (*member, *bond))
    }

    /// A member stakes what it has on its report of an epoch.
    pub(super) fn stake(&mut self, place: Place, member: AccountId, epoch: Epoch) -> Result<(), Difference> {
        let bond = self.of(member);
        if bond.amount < self.required {
            return Err(place.number(Field::Bond, self.required, bond.amount));
        }
        if bond.leaving_ms != 0 {
            return Err(place.differs(Field::Withdrawable, Value::Nothing, Value::Number(bond.leaving_ms.into())));
        }
        if bond.amount > 0 {
            self.by_member.insert(member, Bond { reported: bond.reported.max(stamp(epoch)), ..bond });
        }
        Ok(())
    }

    /// All that a member has at stake.
    pub(super) fn amount(&self, member: AccountId) -> Balance {
        self.of(member).amount
    }

    /// A member behind a struck report loses all of it.
    pub(super) fn slash(&mut self, member: AccountId) {
        self.by_member.remove(&member);
    }

    /// Books a change. `turn` is the first epoch that is not settled.
    fn change(&mut self, place: Place, clock: &Clock, turn: Epoch, said: &BondChanged) -> Result<Change, Difference> {
        let BondChanged { member, amount, withdrawable_ms } = *said;
        let bond = self.of(member);
        if let Some(found) = withdrawable_ms {
            place.numbers(Field::Bond, bond.amount, amount)?;
            if bond.leaving_ms == 0 && bond.reported > turn {
                // The epochs that it reported have to be settled first.
                return Err(place.number(Field::NextEpoch, bond.reported.into(), turn.into()));
            }
            let leaving_ms = if bond.leaving_ms == 0 { clock.now().ms } else { bond.leaving_ms };
            let held = clock.bond_held(leaving_ms);
            let expected = held.from_ms.saturating_add(held.length_ms);
            place.numbers(Field::Withdrawable, expected.into(), found.into())?;
            self.by_member.insert(member, Bond { leaving_ms, ..bond });
            return Ok(Change::Leaving);
        }
        // Only who takes all of it back has less than before.
        let Some(added) = amount.checked_sub(bond.amount) else {
            place.numbers(Field::Bond, 0, amount)?;
            if bond.leaving_ms == 0 {
                return Err(place.number(Field::Bond, bond.amount, amount));
            }
            clock.check_over(place, clock.bond_held(bond.leaving_ms))?;
            self.by_member.remove(&member);
            return Ok(Change::Withdrawn(bond.amount));
        };
        self.by_member.insert(member, Bond { amount, leaving_ms: 0, ..bond });
        Ok(Change::Added(added))
    }
}

impl Audit {
    /// A bond grows by what came in, and goes back whole and in time.
    pub(super) fn bond_changed(&mut self, said: &BondChanged) -> Result<(), Difference> {
        let place = Place::block(self.block()).holder(said.member);
        match self.bonds.change(place, &self.clock, self.turn, said)? {
            Change::Added(amount) => self.due(Flow::Stake(said.member), amount, place),
            Change::Withdrawn(amount) => self.due(Flow::Bzky(said.member), amount, place),
            Change::Leaving => {}
        }
        Ok(())
    }
}
