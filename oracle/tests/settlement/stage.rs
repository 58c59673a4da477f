//! The real contracts, call by call, and the blocks that the calls make.

use bizkey_client::{Block, ContractError, ContractEvent, ContractKind};
use bizkey_oracle::{
    book::Judge,
    chain::Ledger,
    report::{EpochReport, Network},
    verify::{Audit, AuditError, AuditedEpoch, Difference},
};
use bizkey_primitives::{
    challenge::{Branch, Charge},
    events::{CommitteeChanged, Event, Transfer},
    party::Capital,
    report::{EpochRecord, Report},
    tree, AccountId, Balance, Epoch, Side, TOKEN,
};
use bizkey_tests::{sandbox::Party, Device, Sandbox, HOUR, WINDOW};
use codec::Encode;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

pub const KIND: ContractKind = ContractKind::Rewards;
/// The first of the epochs with trade; those before it are void.
pub const FIRST: Epoch = 30;
/// Epochs with trade. They are closed, and the next one's turn is the first's.
pub const EPOCHS: Epoch = 3;
/// Shops, and customers.
pub const PARTIES: u32 = 3;
/// Odd, so that halves are rounded.
pub const MEMBER_BOND: Balance = 100 * TOKEN + 1;
pub const DISPUTE_BOND: Balance = 40 * TOKEN + 1;

/// What a call of `rewards` comes to.
pub type Outcome = Result<(), ContractError>;

/// What the calls have made so far.
#[derive(Clone)]
struct Journal {
    blocks: Vec<Block>,
    ledger: Ledger,
    judge: Judge,
    reports: Vec<EpochReport>,
}

/// A deployed network whose every call is a block.
pub struct Chain {
    pub network: Sandbox,
    journal: Journal,
    shops: Vec<Party>,
    tills: Vec<Device>,
}

impl Chain {
    /// Three shops with capital and holdings, as many customers, trade in
    /// three epochs, three bonded members, "disputer" with Bzky. The turn is at
    /// the first of those epochs: nobody reported the month before it.
    pub fn new() -> Self {
        let network = Sandbox::new();
        let rewards = network.contracts.rewards;
        let journal = Journal {
            blocks: Vec::new(),
            ledger: Ledger::new(network.calendar),
            judge: Judge::new(Network { genesis: network.genesis, rewards }),
            reports: Vec::new(),
        };
        let mut chain = Self { network, journal, shops: Vec::new(), tills: Vec::new() };
        chain.issue();
        chain.settle_down();
        chain.stake();
        for epoch in FIRST..FIRST + EPOCHS {
            chain.network.enter_epoch(epoch);
            chain.trade();
        }
        // The last of the month is overdue at this very moment, the others before.
        let overdue = chain.network.calendar.start_ms(FIRST + 7);
        chain.network.state.set_time(overdue - HOUR);
        for epoch in 0..FIRST {
            if epoch + 1 == FIRST {
                chain.network.state.set_time(overdue);
            }
            chain.send("stranger", "void_overdue", &epoch).unwrap();
        }
        chain
    }

    /// What the constructors did, of which the sandbox tells nothing.
    fn issue(&mut self) {
        let contracts = self.network.contracts;
        let mut events: Vec<(AccountId, Event)> = Vec::new();
        let mut issued = 0;
        for holder in [contracts.vault, contracts.vesting, self.account("treasury")] {
            let value = self.network.bzky_of(holder);
            issued += value;
            events.push((contracts.bzky, Event::Transfer(Transfer { from: None, to: Some(holder), value })));
        }
        let supply: Balance = self.network.read(ContractKind::Bzky, "PSP22::total_supply", &());
        assert_eq!(issued, supply, "somebody else holds Bzky");
        let members = (1..=3).map(|number| self.account(&format!("member {number}"))).collect();
        let committee = CommitteeChanged { from_epoch: 0, members };
        events.push((contracts.rewards, Event::CommitteeChanged(committee)));
        self.seal(events);
    }

    fn settle_down(&mut self) {
        for number in 1..=PARTIES {
            let shop = self.act(|network| network.merchant(&format!("shop {number}")));
            let till = self.act(|network| network.device(shop.index, &format!("till {number}")));
            self.act(|network| network.customer(&format!("customer {number}")));
            let capital = Capital { area_m2: 10 * number, staff: 2, rent_per_m2_month: 1_000, wage_month: 50_000 };
            for attestor in ["attestor 1", "attestor 2"] {
                let who = self.account(attestor);
                let attested: Outcome = self
                    .act(|network| network.call(who, ContractKind::Registry, "attest_capital", &(shop.index, capital)));
                attested.unwrap();
            }
            self.act(|network| network.give(shop.account(), u128::from(number) * 70 * TOKEN));
            self.shops.push(shop);
            self.tills.push(till);
        }
    }

    fn stake(&mut self) {
        self.send("admin", "set_bonds", &(MEMBER_BOND, DISPUTE_BOND)).unwrap();
        for name in ["member 1", "member 2", "member 3", "disputer"] {
            let (who, rewards) = (self.account(name), self.network.contracts.rewards);
            self.act(|network| network.give(who, 20 * MEMBER_BOND));
            self.act(|network| network.approve(who, rewards, Balance::MAX));
            if name != "disputer" {
                self.send(name, "bond", &MEMBER_BOND).unwrap();
            }
        }
    }

    /// Each shop sells to every customer; of each, the first one's ticket counts.
    fn trade(&mut self) {
        for (at, mut till) in self.tills.clone().into_iter().enumerate() {
            let mut sales: Vec<(u32, u64)> = (1..=PARTIES).map(|customer| (customer, 1_000)).collect();
            sales.rotate_left(at);
            self.act(|network| network.record(&mut till, &sales));
            self.tills[at] = till;
        }
    }

    // Calls.

    pub fn account(&self, name: &str) -> AccountId {
        self.network.actor(name).account()
    }

    /// Makes one call, and a block of it.
    pub fn act<R>(&mut self, act: impl FnOnce(&mut Sandbox) -> R) -> R {
        self.network.events.clear();
        self.network.emitters.clear();
        let result = act(&mut self.network);
        let (events, emitters) = (self.network.events.clone(), self.network.emitters.clone());
        self.seal(emitters.into_iter().zip(events).collect());
        result
    }

    /// Sends a message of `rewards` that returns nothing.
    pub fn send(&mut self, name: &str, message: &str, arguments: &impl Encode) -> Outcome {
        let who = self.account(name);
        self.act(|network| network.call(who, KIND, message, arguments))
    }

    /// Has a member report.
    pub fn vote(&mut self, member: u32, epoch: Epoch, report: &Report) -> Outcome {
        self.act(|network| network.vote(member, epoch, report))
    }

    /// Has two of three members report; the epoch is pending then.
    pub fn agree(&mut self, epoch: Epoch, report: &Report) {
        for member in 1..=2 {
            self.vote(member, epoch, report).unwrap();
        }
    }

    /// Claims a leaf of the right tree, in the words of `rewards`.
    pub fn claim(&mut self, side: Side, epoch: Epoch, account: u32) -> Result<Balance, ContractError> {
        let claim = self.report(epoch).claim(side, account).expect("a leaf");
        let who = self.account("stranger");
        let arguments = (side, epoch, claim.leaf, claim.holdings, claim.proof);
        self.act(|network| network.call(who, KIND, "claim", &arguments))
    }

    /// Shows that the totals of a report are not those of the right tree, of
    /// whose root it is.
    pub fn challenge(&mut self, epoch: Epoch) -> Outcome {
        let tree = self.report(epoch).tree(Side::Merchant);
        let top = tree::top(tree.domain(), tree.leaves()).unwrap();
        let branch = Branch { top, descents: Vec::new(), leaf: None };
        self.send("hunter", "challenge", &(epoch, Side::Merchant, branch, Charge::Structure))
    }

    pub fn pass(&mut self, ms: u64) {
        self.network.pass(ms);
    }

    // What follows from the blocks.

    /// What the receipts of a closed epoch make it.
    pub fn report(&self, epoch: Epoch) -> &EpochReport {
        &self.journal.reports[epoch as usize]
    }

    /// A report that leaves out what everybody holds: it reserves a tenth less
    /// than a right one, and a challenge shows its totals to be wrong.
    pub fn false_report(&self, epoch: Epoch) -> Report {
        let mut report = self.report(epoch).report();
        report.merchants.sum_v2 = 0;
        report
    }

    pub fn record(&mut self, epoch: Epoch) -> Option<EpochRecord> {
        self.network.read(KIND, "epoch", &epoch)
    }

    pub fn blocks(&self) -> &[Block] {
        &self.journal.blocks
    }

    fn seal(&mut self, events: Vec<(AccountId, Event)>) {
        let contracts = self.network.contracts;
        let kind = |contract| ContractKind::ALL.into_iter().find(|kind| *contracts.get(*kind) == contract);
        let events = (0u32..).zip(events).map(|(index, (contract, event))| ContractEvent {
            index,
            extrinsic: Some(1),
            contract,
            kind: kind(contract).expect("a contract of the suite"),
            event,
        });
        let number = self.journal.blocks.len() as u32;
        let block = Block {
            number,
            hash: hash(number),
            parent_hash: hash(number.wrapping_sub(1)),
            timestamp_ms: self.network.state.now_ms(),
            events: events.collect(),
        };
        let journal = &mut self.journal;
        for facts in journal.ledger.enter(&block).expect("blocks in order") {
            journal.reports.push(journal.judge.judge(facts).expect("an epoch that can be judged"));
        }
        for event in &block.events {
            journal.ledger.apply(event).expect("events that make sense");
        }
        journal.blocks.push(block);
    }

    /// Runs `part` and undoes all that it did, also when it panics.
    pub fn undone<R>(&mut self, part: impl FnOnce(&mut Chain) -> R) -> R {
        let journal = self.journal.clone();
        self.network.state.begin();
        let outcome = catch_unwind(AssertUnwindSafe(|| part(self)));
        self.network.state.roll_back();
        self.journal = journal;
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    // Verification.

    /// An audit that has seen nothing.
    pub fn audit(&self) -> Audit {
        self.audit_with(WINDOW)
    }

    /// Of a network whose challenge window were another one.
    pub fn audit_with(&self, challenge_ms: u64) -> Audit {
        Audit::new(self.network.genesis.into(), self.network.contracts, self.network.calendar, challenge_ms)
    }

    /// The verdict on what was done.
    pub fn verdict(&self) -> Result<Vec<AuditedEpoch>, Difference> {
        finish(self.audit(), self.blocks())
    }

    /// The difference that is found when the blocks are told otherwise.
    pub fn told(&self, otherwise: impl FnOnce(&mut Vec<Block>)) -> Difference {
        let mut blocks = self.blocks().to_vec();
        otherwise(&mut blocks);
        assert_ne!(blocks, self.blocks(), "nothing was altered");
        finish(self.audit(), &blocks).expect_err("a difference")
    }

    /// When the first event that `alter` alters is told otherwise.
    pub fn altered(&self, mut alter: impl FnMut(&mut Event) -> bool) -> Difference {
        self.told(|blocks| {
            let mut events = blocks.iter_mut().flat_map(|block| &mut block.events);
            assert!(events.any(|event| alter(&mut event.event)), "nothing to alter");
        })
    }

    /// When the first such event is not told.
    pub fn withheld(&self, which: impl Fn(&Event) -> bool) -> Difference {
        self.told(|blocks| {
            let events = blocks.iter_mut().find_map(|block| {
                let at = block.events.iter().position(|event| which(&event.event))?;
                Some((&mut block.events, at))
            });
            let (events, at) = events.expect("an event to withhold");
            events.remove(at);
        })
    }

    /// When the last such event is said to be a millisecond earlier.
    pub fn antedated(&self, which: impl Fn(&Event) -> bool) -> Difference {
        self.told(|blocks| {
            let of = |block: &&mut Block| block.events.iter().any(|event| which(&event.event));
            blocks.iter_mut().rev().find(of).expect("an event to antedate").timestamp_ms -= 1;
        })
    }
}

/// Follows blocks to the end.
pub fn finish(mut audit: Audit, blocks: &[Block]) -> Result<Vec<AuditedEpoch>, Difference> {
    follow(&mut audit, blocks)?;
    audit.finish()
}

pub fn follow(audit: &mut Audit, blocks: &[Block]) -> Result<(), Difference> {
    for block in blocks {
        match audit.follow(block) {
            Ok(()) => {}
            Err(AuditError::Difference(difference)) => return Err(*difference),
            Err(other) => panic!("{other}"),
        }
    }
    Ok(())
}

fn hash(number: u32) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    hash
}
