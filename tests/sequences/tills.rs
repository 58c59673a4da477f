//! Receipts, demands, deposits, standing, redemption.

use crate::{
    action::{Action, What},
    town::{Recorded, Town},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    membership::AccountProposal,
    opening::Evidence,
    receipt::{batch_hash, next_head},
    redemption::{PrivilegeTerms, Task, TaskTerms},
    spend::SpendTicket,
    AccountId, Balance, DeviceId, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    party::Batch,
    sandbox::{Actor, Party},
    DAY, HOUR,
};

type Outcome = Result<(), ContractError>;

const RECEIPTS: ContractKind = ContractKind::Receipts;
const DEPOSIT: ContractKind = ContractKind::PosDeposit;
const REGISTRY: ContractKind = ContractKind::Registry;
const REDEMPTION: ContractKind = ContractKind::Redemption;
/// Tasks and privileges that are tried: as many as a sequence makes.
const OFFERS: u32 = 5;

impl Town {
    pub fn tills(&mut self, action: Action) -> Outcome {
        let Action { what, a, b, n } = action;
        let shop = self.shop(a);
        let likely = match what {
            What::Release => &self.memory.returned,
            What::ConfirmTransfer | What::SetDeviceActive if n % 2 == 1 => &self.memory.offered,
            _ => &Vec::new(),
        };
        let any = self.memory.devices[usize::from(a) % self.memory.devices.len()].id;
        let device = likely.last().copied().filter(|_| b % 4 > 0).unwrap_or(any);
        let other: DeviceId = u32::from(b) % 5 + 1;
        let platform = self.account("admin");
        match what {
            What::Record => self.record(a, b, n),
            What::Replay => {
                let (batch, _) = self.batch(a, &[(b, 5)]);
                let seq = batch.seq.wrapping_sub(1);
                self.send(&Batch { seq, ..batch })
            }
            What::VoidReceipt => {
                self.call(shop.account(), RECEIPTS, "void_by_merchant", &(device, u64::from(n % 3), 0u16))
            }
            What::Demand | What::OpenReceipt | What::FailOpening | What::ForgetDemand => self.opening(action),
            What::Lock => {
                let depositor = if n % 3 == 0 { self.account("agent") } else { shop.account() };
                let amount = self.amount(depositor, n) % (500 * TOKEN);
                self.call(depositor, DEPOSIT, "lock", &(device, amount))
            }
            What::SetAgent => {
                let agent = (n % 2 == 0).then_some(self.account("agent"));
                self.call(shop.account(), DEPOSIT, "set_agent", &(device, agent))
            }
            What::SetDeviceActive => {
                self.call(self.account("attestor 1"), REGISTRY, "set_device_active", &(device, n % 2 == 0))
            }
            What::ConfirmReturn => {
                self.call::<()>(platform, DEPOSIT, "confirm_return", &device)?;
                self.memory.returned.push(device);
                Ok(())
            }
            What::Release => self.call(self.holder(b), DEPOSIT, "release", &device),
            What::OfferTransfer => {
                let depositor = if n % 3 == 0 { self.account("agent") } else { shop.account() };
                self.call::<()>(depositor, DEPOSIT, "offer_transfer", &(device, Some(other)))?;
                self.memory.offered.push(device);
                Ok(())
            }
            What::ConfirmTransfer => {
                let offered: Option<DeviceId> = self.network.read(DEPOSIT, "offer_of", &device);
                self.call(platform, DEPOSIT, "confirm_transfer", &(device, offered.unwrap_or(other)))
            }
            What::Seize => {
                let amount = Balance::from(n % 100) * TOKEN;
                self.board(DEPOSIT, "seize", &(device, amount, self.network.contracts.vault))
            }
            What::SetStatus
            | What::PlaceHold
            | What::Appeal
            | What::DecideAppeal
            | What::ProposeAccount
            | What::AcceptAccount
            | What::FollowAccount => self.standing(action),
            _ => self.redemption(action),
        }
    }

    fn send(&mut self, batch: &Batch) -> Outcome {
        let Batch { device, seq, count, payload, signature } = batch;
        self.call(self.account("relayer"), RECEIPTS, "record", &(device, seq, count, payload, signature))
    }

    fn record(&mut self, a: u8, b: u8, n: u32) -> Outcome {
        let sales: Vec<(u8, u64)> = (0..=b % 3).map(|more| (b.wrapping_add(more), u64::from(n % 10_000))).collect();
        let (batch, tickets) = self.batch(a, &sales);
        self.send(&batch)?;
        let at = usize::from(a) % self.memory.devices.len();
        self.memory.devices[at].next_seq += 1;
        let (epoch, genesis) = (self.epoch(), self.network.genesis);
        let receipts = self.network.contracts.receipts;
        let hash = batch_hash(&genesis, receipts.as_ref(), batch.device, batch.seq, batch.count, &batch.payload);
        let head_before = match self.memory.heads.get(&batch.device) {
            Some((of, head)) if *of == epoch => *head,
            _ => [0; 32],
        };
        self.memory.heads.insert(batch.device, (epoch, next_head(&head_before, &hash)));
        // Every earlier receipt of that day is now followed by one more batch.
        for earlier in &mut self.memory.recorded {
            if earlier.evidence.device == batch.device && earlier.evidence.epoch == epoch {
                earlier.evidence.later.push(hash);
            }
        }
        for (index, ticket) in (0..).zip(tickets) {
            let Batch { device, seq, count, payload, .. } = batch.clone();
            let evidence = Evidence { device, epoch, seq, count, index, head_before, later: Vec::new(), payload };
            self.memory.recorded.push(Recorded { evidence, ticket });
        }
        Ok(())
    }

    fn opening(&mut self, action: Action) -> Outcome {
        let Action { what, b, n, .. } = action;
        if self.memory.recorded.is_empty() {
            return Ok(());
        }
        let any = n as usize % self.memory.recorded.len();
        let at = match (what, self.memory.demanded.last()) {
            (What::OpenReceipt | What::FailOpening | What::ForgetDemand, Some(last)) if n % 4 > 0 => *last,
            _ => any,
        };
        let Recorded { evidence, ticket } = self.memory.recorded[at].clone();
        let key = (evidence.device, evidence.seq, evidence.index);
        match what {
            What::Demand => {
                self.call::<()>(self.holder(b), RECEIPTS, "demand_opening", &evidence)?;
                self.memory.demanded.push(at);
                Ok(())
            }
            What::OpenReceipt => {
                let customer = self.memory.customers[ticket.customer as usize - 1].actor.clone();
                let (device, seq, index) = key;
                let signature = customer.sign(&ticket.signed_bytes());
                self.call(self.holder(b), RECEIPTS, "open_receipt", &(device, seq, index, ticket, signature))
            }
            What::FailOpening => self.call(self.holder(b), RECEIPTS, "fail_opening", &key),
            _ => self.call(self.holder(b), RECEIPTS, "forget_demand", &key),
        }
    }

    fn standing(&mut self, action: Action) -> Outcome {
        let Action { what, a, b, n } = action;
        let (side, party) = match (what, self.memory.judged) {
            (What::Appeal | What::DecideAppeal, Some((side, index))) if n % 4 > 0 => {
                (side, self.parties(side)[index as usize - 1].clone())
            }
            _ => self.party(a, b),
        };
        let (index, reason) = (party.index, Hash::from([b; 32]));
        match what {
            What::SetStatus => {
                // Mostly back to active, so that a town does not die out.
                let ladder = [Status::Active, Status::Active, Status::Active, Status::Demoted, Status::Removed];
                let status = ladder[n as usize % ladder.len()];
                self.board(REGISTRY, "set_status", &(side, index, status, reason))?;
                if status != Status::Active {
                    self.memory.judged = Some((side, index));
                }
                Ok(())
            }
            What::PlaceHold => {
                let until_ms = self.network.state.now_ms() + u64::from(n % 15) * DAY;
                self.board(REGISTRY, "place_hold", &(side, index, until_ms, reason))
            }
            What::FollowAccount => {
                let left = self.memory.left.last().copied().filter(|_| n % 4 > 0).unwrap_or(party.account());
                let of_others = [self.network.contracts.redemption, left];
                let account = of_others[usize::from(n % 8 > 0)];
                self.call(self.holder(a), ContractKind::Time, "follow_account", &account)
            }
            What::Appeal => self.call(party.account(), REGISTRY, "appeal", &reason),
            What::DecideAppeal => self.board(REGISTRY, "decide_appeal", &(side, index, n % 2 == 0, reason)),
            What::ProposeAccount => {
                let next = Actor::named(&format!("{side:?} {index} account {}", n % 3));
                self.call(party.account(), REGISTRY, "propose_account", &next.account())
            }
            _ => {
                let proposed: Option<AccountProposal> = self.network.read(REGISTRY, "proposed_account", &(side, index));
                let names = (0..3).map(|number| Actor::named(&format!("{side:?} {index} account {number}")));
                let next = names
                    .into_iter()
                    .find(|next| proposed.is_some_and(|proposed| proposed.account == next.account()))
                    .unwrap_or(party.actor);
                self.call::<()>(next.account(), REGISTRY, "accept_account", &(side, index))?;
                let parties = if side == Side::Merchant { &mut self.memory.shops } else { &mut self.memory.customers };
                let left = std::mem::replace(&mut parties[index as usize - 1].actor, next);
                self.memory.left.push(left.account());
                Ok(())
            }
        }
    }

    fn parties(&self, side: Side) -> &[Party] {
        if side == Side::Merchant {
            &self.memory.shops
        } else {
            &self.memory.customers
        }
    }

    fn party(&self, a: u8, b: u8) -> (Side, Party) {
        if b % 2 == 0 {
            (Side::Merchant, self.shop(a))
        } else {
            (Side::Customer, self.customer(a))
        }
    }

    fn redemption(&mut self, action: Action) -> Outcome {
        let Action { what, a, b, n } = action;
        let (shop, customer) = (self.shop(a), self.customer(b));
        let now_ms = self.network.state.now_ms();
        let number = n % OFFERS + 1;
        let task = if n % 4 > 0 { self.memory.task } else { number };
        let payment = Hash::from([b % 16; 32]);
        let seller = self.account("fiat seller");
        match what {
            What::SetPrice => {
                let price = 950_000 + u64::from(n % 100_000);
                let dated_ms = now_ms - u64::from(b % 8) * HOUR / 4;
                self.call(self.account("price setter"), REDEMPTION, "set_price", &(price, dated_ms))
            }
            What::Buy => {
                let buyer = if n % 2 == 0 { shop.account() } else { customer.account() };
                let amount = Balance::from(n % 50) * TOKEN / 3;
                self.call(buyer, REDEMPTION, "buy", &(amount, Balance::MAX))
            }
            What::SellForFiat => {
                let arguments = (payment, customer.account(), u64::from(n % 1_000));
                self.call::<Balance>(seller, REDEMPTION, "sell_for_fiat", &arguments).map(drop)
            }
            What::ChargeBack => self.call(seller, REDEMPTION, "charge_back", &payment),
            What::ReleaseSale => self.call(self.holder(a), REDEMPTION, "release_sale", &payment),
            What::CreateTask => {
                let terms = TaskTerms {
                    conditions: Hash::from([a; 32]),
                    reward: Balance::from(n % 9) * TOKEN / 7,
                    stock: n % 4,
                    expires_ms: now_ms + u64::from(b) * HOUR,
                };
                self.memory.task = self.call(shop.account(), REDEMPTION, "create_task", &terms)?;
                Ok(())
            }
            What::Fulfil | What::CloseTask => {
                let kept: Option<Task> = self.network.read(REDEMPTION, "task", &task);
                let owner = kept
                    .filter(|_| b % 8 > 0)
                    .map_or(shop.account(), |task| self.memory.shops[task.merchant as usize - 1].account());
                match what {
                    What::Fulfil => self.call(owner, REDEMPTION, "fulfil", &(task, customer.index)),
                    _ => self.call(owner, REDEMPTION, "close_task", &task),
                }
            }
            What::CreatePrivilege => {
                let terms = PrivilegeTerms {
                    conditions: Hash::from([a; 32]),
                    price: Balance::from(n % 5 + 1) * TOKEN / 9,
                    stock: n % 4 + 1,
                    expires_ms: now_ms + u64::from(b) * DAY / 8,
                    opens: 0,
                    closes: 0,
                    refund_ms: u64::from(n % 3) * HOUR,
                };
                self.call::<u32>(shop.account(), REDEMPTION, "create_privilege", &terms).map(drop)
            }
            What::Collect => self.collect(&customer, number, n),
            What::Refund => {
                let Some(ticket) = self.ticket(n) else { return Ok(()) };
                let shop = self.shop(u8::try_from(ticket.merchant - 1).unwrap_or_default()).account();
                self.call(shop, REDEMPTION, "refund", &Hash::from(ticket.hash()))
            }
            What::Settle => {
                let tickets: Vec<Hash> =
                    self.memory.tickets.iter().rev().take(8).map(|ticket| ticket.hash().into()).collect();
                self.call::<u32>(self.holder(a), REDEMPTION, "settle", &tickets).map(drop)
            }
            _ => self.money(action),
        }
    }

    fn collect(&mut self, customer: &Party, privilege: u32, n: u32) -> Outcome {
        let kept: Option<bizkey_primitives::redemption::Privilege> =
            self.network.read(REDEMPTION, "privilege", &privilege);
        let Some(kept) = kept else { return Ok(()) };
        let ticket = match self.ticket(n) {
            // One that was shown before.
            Some(ticket) if n % 6 == 0 => ticket,
            _ => SpendTicket {
                genesis: self.network.genesis,
                contract: *self.network.contracts.redemption.as_ref(),
                merchant: kept.merchant,
                privilege,
                version: kept.version,
                customer: customer.index,
                nonce: self.next_serial(),
                amount: kept.terms.price,
                expires_ms: self.network.state.now_ms() + HOUR / 12,
            },
        };
        let (shop, spender) =
            (&self.memory.shops[kept.merchant as usize - 1], &self.memory.customers[ticket.customer as usize - 1]);
        let (origin, signature): (AccountId, _) = (shop.account(), spender.actor.sign(&ticket.signed_bytes()));
        self.call::<()>(origin, REDEMPTION, "collect", &(ticket, signature))?;
        self.memory.tickets.push(ticket);
        Ok(())
    }

    fn ticket(&self, n: u32) -> Option<SpendTicket> {
        let at = (n as usize).checked_rem(self.memory.tickets.len())?;
        self.memory.tickets.get(at).copied()
    }
}
