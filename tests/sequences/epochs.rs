//! Reports, finality, claims.

use crate::{
    action::{Action, What},
    town::{Town, PEOPLE},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    bizpower::SCALE,
    challenge::{Branch, Charge},
    events::Event,
    report::{LeafClaim, Report, BIZPOWER_1, BIZPOWER_2},
    tree::Tuple,
    AccountId, Balance, Epoch, Hash, Side, TOKEN,
};
use bizkey_tests::{Tree, DAY, HOUR};

type Outcome = Result<(), ContractError>;

const REWARDS: ContractKind = ContractKind::Rewards;

impl Town {
    pub fn perform(&mut self, action: Action) -> Outcome {
        let Action { what, a, b, n } = action;
        match what {
            What::PassHours => self.pass(u64::from(n % 30) * HOUR / 2),
            // Once in a while long enough for bonds, disputes and deferred rewards.
            What::NextEpoch if n % 32 == 31 => self.pass(DAY * (u64::from(n) / 32 % 30)),
            What::NextEpoch => self.pass(DAY * u64::from(n % 3 + 1) / 2),
            What::Usurp => return self.usurp(action),
            What::Report => return self.report(a, b, n),
            What::Finalise => return self.next(n, |town, epoch| town.by_anybody("finalise", epoch)),
            What::VoidOverdue => return self.next(n, |town, epoch| town.by_anybody("void_overdue", epoch)),
            What::Dispute => {
                let who = self.holder(a);
                return self.next(n, |town, epoch| town.call(who, REWARDS, "dispute", &epoch));
            }
            What::DecideDispute => {
                return self.next(n, |town, epoch| town.board(REWARDS, "decide", &(epoch, a % 2 == 0)));
            }
            What::Challenge => return self.challenge(a, b, n),
            What::Claim => return self.claim(a, n),
            What::ClaimMany => return self.claim_many(a, n),
            What::Push => return self.push(a, n),
            What::ClaimDeferred => {
                let deferred: Vec<(Epoch, u32)> = self.memory.ledger.deferred.keys().copied().collect();
                let likely = deferred.get(n as usize % deferred.len().max(1)).copied().filter(|_| b % 8 > 0);
                let (epoch, merchant) = likely.unwrap_or((self.some_epoch(n), u32::from(a % PEOPLE) + 1));
                let who = self.holder(b);
                return self.call::<Balance>(who, REWARDS, "claim_deferred", &(epoch, merchant)).map(drop);
            }
            What::Bond => {
                let member = self.member(a);
                return self.call(member, REWARDS, "bond", &(Balance::from(n % 200) * TOKEN));
            }
            What::Unbond => return self.call(self.member(a), REWARDS, "unbond", &()),
            What::WithdrawBond => return self.call(self.holder(b), REWARDS, "withdraw_bond", &self.member(a)),
            What::SetAlgorithm => {
                let version = if n % 2 == 0 { BIZPOWER_1 } else { BIZPOWER_2 };
                return self.board(REWARDS, "set_algorithm", &(self.epoch() + 1 + n % 3, version));
            }
            What::BookDebt => {
                let (side, index) = (if b % 2 == 0 { Side::Merchant } else { Side::Customer }, u32::from(a % 5));
                let amount = Balance::from(n % 50) * TOKEN;
                return self.board(REWARDS, "book_debt", &(side, index, amount, Hash::from([a; 32])));
            }
            _ => return self.tills(action),
        }
        Ok(())
    }

    fn pass(&mut self, ms: u64) {
        self.network.pass(ms);
    }

    fn member(&self, a: u8) -> AccountId {
        self.account(&format!("member {}", a % 3 + 1))
    }

    fn by_anybody(&mut self, message: &str, epoch: Epoch) -> Outcome {
        self.call(self.account("stranger"), REWARDS, message, &epoch)
    }

    /// Mostly the first epoch whose turn has not come, now and then one near.
    fn next(&mut self, n: u32, act: impl FnOnce(&mut Self, Epoch) -> Outcome) -> Outcome {
        let next: Epoch = self.network.read(REWARDS, "next_epoch", &());
        let epoch = match n % 8 {
            0 => next.saturating_sub(1),
            1 => next + 1,
            _ => next,
        };
        act(self, epoch)
    }

    /// One of the epochs that somebody reported, mostly one whose turn has come.
    fn some_epoch(&mut self, n: u32) -> Epoch {
        let next: Epoch = self.network.read(REWARDS, "next_epoch", &());
        let end = if n % 8 == 0 { Epoch::MAX } else { next };
        let known: Vec<Epoch> = self.memory.trees.range(..end).map(|(epoch, _)| *epoch).collect();
        known.get(n as usize % known.len().max(1)).copied().unwrap_or(0)
    }

    /// A member reports an epoch: the first that is not reported, or once more
    /// what others did. What it says is anything: scores, sales and holdings
    /// that nobody has, shops that do not exist.
    fn report(&mut self, a: u8, b: u8, n: u32) -> Outcome {
        let next: Epoch = self.network.read(REWARDS, "next_epoch", &());
        // The first that waits for a report, mostly.
        let waits = (next..self.epoch()).find(|epoch| !self.memory.pending.contains(epoch));
        let epoch = if b % 8 == 0 { next } else { waits.unwrap_or(next) };
        if n % 16 == 0 || !self.memory.trees.contains_key(&epoch) {
            let trees = self.invent(epoch, n);
            self.memory.trees.insert(epoch, trees);
        }
        let Some(report) = self.report_of(epoch) else { return Ok(()) };
        // Two at once, so that most epochs find their majority.
        self.vote(a, epoch, &report)?;
        self.vote(a.wrapping_add(1), epoch, &report)?;
        self.memory.pending.insert(epoch);
        Ok(())
    }

    fn vote(&mut self, a: u8, epoch: Epoch, report: &Report) -> Outcome {
        self.call(self.member(a), REWARDS, "report", &(epoch, report))
    }

    fn invent(&mut self, epoch: Epoch, n: u32) -> (u16, Tree, Tree) {
        let version: u16 = self.network.read(REWARDS, "algorithm_at", &epoch);
        let mut dice = u128::from(n) | 1;
        let mut roll = |bound: u128| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 32) % bound
        };
        let day = epoch + 1;
        let (mut merchants, mut customers) = (Vec::new(), Vec::new());
        for index in 1..=u32::from(PEOPLE) + 1 {
            let holding = match self.memory.shops.get(index as usize - 1) {
                Some(shop) => {
                    let account = shop.account();
                    self.memory.ledger.bzky.low_on(account, day) + self.memory.ledger.deposits.low_on(account, day)
                }
                None => TOKEN,
            };
            if roll(5) > 0 {
                // Overstated by a unit now and then: a lie that only costs the liar.
                merchants.push((index, roll(100) * SCALE / 7, holding * roll(2) + u128::from(roll(9) == 0)));
            }
            if roll(5) > 0 {
                customers.push((index, roll(1_000_000), 0));
            }
        }
        let tree = |side, leaves: &[(u32, u128, u128)]| self.network.tree_by(version, side, epoch, leaves);
        (version, tree(Side::Merchant, &merchants), tree(Side::Customer, &customers))
    }

    fn challenge(&mut self, a: u8, b: u8, n: u32) -> Outcome {
        let epoch: Epoch = self.network.read(REWARDS, "next_epoch", &());
        let Some(tree) = self.tree(Side::Merchant, epoch).filter(|tree| !tree.leaves.is_empty()) else { return Ok(()) };
        let position = n as usize % tree.leaves.len();
        let (branch, leaf) = (branch(&tree, position), tree.leaves[position]);
        let charge = match b % 3 {
            0 => Charge::Structure,
            1 => Charge::Status,
            _ => Charge::Holding(self.network.holding_of(Side::Merchant, epoch, &leaf)),
        };
        let who = self.holder(a);
        self.call(who, REWARDS, "challenge", &(epoch, Side::Merchant, branch, charge))
    }

    fn leaf(&mut self, a: u8, n: u32) -> Option<(Side, Epoch, Tree, usize)> {
        let side = if a % 2 == 0 { Side::Merchant } else { Side::Customer };
        let epoch = self.some_epoch(n);
        let tree = self.tree(side, epoch).filter(|tree| !tree.leaves.is_empty())?;
        let position = (n / 16) as usize % tree.leaves.len();
        Some((side, epoch, tree, position))
    }

    fn claim(&mut self, a: u8, n: u32) -> Outcome {
        let Some((side, epoch, tree, position)) = self.leaf(a, n) else { return Ok(()) };
        let leaf = tree.leaves[position];
        let holding = self.network.holding_of(side, epoch, &leaf);
        let proof = tree.proof(position);
        let who = self.account("stranger");
        let paid: Balance = self.call(who, REWARDS, "claim", &(side, epoch, leaf, holding, proof))?;
        self.check_payment(Some(paid));
        Ok(())
    }

    fn claim_many(&mut self, a: u8, n: u32) -> Outcome {
        let mut claims = Vec::new();
        for more in 0..3u32 {
            let Some((side, epoch, tree, position)) = self.leaf(a, n.wrapping_add(more * 16)) else { return Ok(()) };
            let leaf = tree.leaves[position];
            let holdings = self.network.holding_of(side, epoch, &leaf);
            claims.push(LeafClaim { side, epoch, leaf, holdings, proof: tree.proof(position) });
        }
        let who = self.account("stranger");
        self.call::<Vec<Balance>>(who, REWARDS, "claim_many", &claims)?;
        self.check_payment(None);
        Ok(())
    }

    fn push(&mut self, a: u8, n: u32) -> Outcome {
        let Some((side, epoch, tree, _)) = self.leaf(a, n) else { return Ok(()) };
        let (leaves, proof) = tree.subtree(0);
        let mut pushed = Vec::new();
        for leaf in leaves {
            let holding = self.network.holding_of(side, epoch, leaf);
            pushed.push(bizkey_primitives::party::PushedLeaf { leaf: *leaf, holding });
        }
        let who = self.account("stranger");
        self.call::<u32>(who, REWARDS, "push", &(side, epoch, pushed, proof))?;
        self.check_payment(None);
        Ok(())
    }

    /// Every reward is what the formula makes of the epoch and the day's
    /// lowest holdings, whenever and in whatever company it is claimed: so
    /// nobody gains by the order. What is withheld for debt or deferred counts.
    fn check_payment(&mut self, paid: Option<Balance>) {
        let events = self.network.events.clone();
        let mut sum = 0;
        for event in &events {
            let Event::RewardsPaid(of) = event else { continue };
            let record = self.network.record_of(of.epoch);
            let (side, epoch) = (of.side, of.epoch);
            let tree = self.tree(side, epoch).expect("it was reported");
            let (payout, report) = match side {
                Side::Merchant => (record.merchants, record.report.merchants),
                Side::Customer => (record.customers, record.report.customers),
            };
            let blend = bizkey_primitives::emission::blend(side, epoch);
            for reward in &of.rewards {
                sum += reward.amount;
                let leaf = tree.leaves.iter().find(|leaf| leaf.account == reward.index).expect("a leaf of the tree");
                let account: Option<AccountId> =
                    self.network.read(ContractKind::Registry, "account_at", &(side, reward.index, epoch));
                let account = account.expect("a registered party is paid");
                let day = epoch + 1;
                let held =
                    self.memory.ledger.bzky.low_on(account, day) + self.memory.ledger.deposits.low_on(account, day);
                let part = |percent: u8, value: u128, sum: u128| exact(payout.emission, percent, value, sum);
                let due =
                    part(blend.score, leaf.v1, report.sum_v1) + part(blend.holding, leaf.v2.min(held), report.sum_v2);
                let besides = besides(&events, side, epoch, reward.index);
                assert_eq!(
                    reward.amount + besides,
                    due,
                    "{side:?} {} of epoch {epoch}: {leaf:?}, held {held}",
                    reward.index
                );
            }
        }
        if let Some(paid) = paid {
            assert_eq!(paid, sum, "a claim returns what it paid");
        }
    }
}

/// What a reward lost to debt, or to being deferred.
fn besides(events: &[Event], side: Side, epoch: Epoch, index: u32) -> Balance {
    let mut amount = 0;
    for event in events {
        match event {
            Event::DebtPaid(paid) if (paid.side, paid.epoch, paid.index) == (side, Some(epoch), index) => {
                amount += paid.amount;
            }
            Event::RewardDeferred(kept) if side == Side::Merchant && (kept.epoch, kept.index) == (epoch, index) => {
                amount += kept.amount;
            }
            _ => {}
        }
    }
    amount
}

/// `floor(emission · percent · value / (100 · sum))` without a rounding between.
fn exact(emission: Balance, percent: u8, value: u128, sum: u128) -> Balance {
    if sum == 0 {
        return 0;
    }
    let wide = |number: u128| primitive_types::U512::from(number);
    let top = wide(emission) * wide(percent.into()) * wide(value);
    (top / (wide(100) * wide(sum))).as_u128()
}

/// The way from the root of an honest tree to a leaf.
fn branch(tree: &Tree, position: usize) -> Branch {
    let top = |leaves: &[bizkey_primitives::tree::Leaf]| -> Tuple {
        bizkey_primitives::tree::top(&tree.domain, leaves).expect("leaves make a tree")
    };
    let (mut leaves, mut position, mut descents) = (&tree.leaves[..], position, Vec::new());
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(bizkey_primitives::tree::split(leaves.len()));
        let to_right = position >= left.len();
        descents.push(bizkey_primitives::challenge::Descent { left: top(left), right: top(right), to_right });
        if to_right {
            position -= left.len();
        }
        leaves = if to_right { right } else { left };
    }
    Branch { top: top(&tree.leaves), descents, leaf: Some(leaves[0]) }
}
