//! Tokens, trade, the foundation's money.

use crate::{
    action::{Action, What},
    town::Town,
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::{BudgetLine, Motion},
    otc::{Currency, Offer, Price, Terms, Trader},
    vesting::Line,
    AccountId, Balance, Hash, TOKEN,
};
use bizkey_tests::{DAY, HOUR};

type Outcome = Result<(), ContractError>;

const BZKY: ContractKind = ContractKind::Bzky;
const OTC: ContractKind = ContractKind::Otc;

impl Town {
    pub fn money(&mut self, action: Action) -> Outcome {
        let Action { what, a, b, n } = action;
        let (from, to) = (self.holder(a), self.holder(b));
        let amount = self.amount(from, n);
        let nothing = Vec::<u8>::new();
        match what {
            What::Transfer if n % 16 == 15 => {
                self.call(from, BZKY, "PSP22::transfer", &(self.network.contracts.vault, amount, nothing))
            }
            What::Transfer => self.call(from, BZKY, "PSP22::transfer", &(to, amount, nothing)),
            What::TransferMany => {
                let payments: Vec<(AccountId, Balance)> =
                    (0..b % 5).map(|number| (self.holder(b.wrapping_add(number)), amount / 2)).collect();
                self.call(from, BZKY, "transfer_many", &payments)
            }
            What::TransferFrom => {
                let spender = self.holder(a.wrapping_add(b));
                if n % 2 == 0 {
                    self.call::<()>(from, BZKY, "PSP22::approve", &(spender, amount))?;
                }
                self.call(spender, BZKY, "PSP22::transfer_from", &(from, to, amount, nothing))
            }
            What::BurnBzky => self.call(from, BZKY, "PSP22Burnable::burn", &(amount % (100 * TOKEN))),
            What::GiftTime => {
                let (giver, taker) = (self.shop(a).account(), self.customer(b).account());
                let value = self.memory.ledger.time.of(giver) / Balance::from(n % 4 + 1);
                // Backwards it is refused.
                let (giver, taker) = if n % 5 == 0 { (taker, giver) } else { (giver, taker) };
                self.call(giver, ContractKind::Time, "PSP22::transfer", &(taker, value, nothing))
            }
            What::BurnTime => {
                let owner = self.customer(a).account();
                let value = self.memory.ledger.time.of(owner) / 10 + Balance::from(n % 2);
                self.call(owner, ContractKind::Time, "PSP22Burnable::burn", &value)
            }
            What::ReleaseLine => {
                let line = [Line::EarlySupporters, Line::Team, Line::Partners, Line::Foundation][usize::from(a % 4)];
                self.call::<Balance>(from, ContractKind::Vesting, "release", &line).map(drop)
            }
            What::ReleaseFoundation => {
                let amount = Balance::from(n % 100_000) * TOKEN;
                self.board(ContractKind::Vesting, "release_foundation", &amount)
            }
            What::BookIncome => self.call::<bool>(from, ContractKind::Foundation, "book_income", &()).map(drop),
            What::PayFromBudget => {
                let line = BudgetLine::ALL[usize::from(a % 5)];
                self.resolve(&Motion::Pay { line, to, amount: Balance::from(n % 1000) * TOKEN })
            }
            What::Pause => {
                let duration_ms = u64::from(n % 80) * HOUR;
                self.resolve(&Motion::Pause { duration_ms, skip_failing: a % 2 == 0 })
            }
            _ => self.trade(action),
        }
    }

    fn trade(&mut self, action: Action) -> Outcome {
        let Action { what, a, b, n } = action;
        let who = self.holder(a);
        // The last ones mostly, which still run; sometimes one that is not there.
        let (offers, trades) = self.memory.trades;
        let offer = offers.saturating_sub(u64::from(b) % 4) + u64::from(b % 32 == 31);
        let number = trades.saturating_sub(u64::from(b) % 3) + u64::from(b % 32 == 31);
        let amount = self.amount(who, n);
        let now_ms = self.network.state.now_ms();
        match what {
            What::OpenOffer => {
                let amount = if n % 4 > 0 { Balance::from(n % 200 + 3) * TOKEN } else { amount };
                let terms = Terms {
                    currency: Currency(*b"CNY\0\0\0\0\0\0\0\0\0"),
                    price: Price { minor_units: u128::from(n % 1000 + 1), tokens: 1 },
                    minimum: Balance::from(b % 3) * TOKEN,
                    bond_bps: u16::from(b) % 1_001,
                    pay_within_ms: u64::from(n % 72 + 1) * HOUR,
                    dispute_within_ms: u64::from(n % 300 + 1) * HOUR,
                    expires_ms: now_ms + u64::from(n % 9) * DAY,
                    instructions: Hash::from([a; 32]),
                };
                self.memory.trades.0 = self.call(who, OTC, "open_offer", &(terms, amount))?;
                Ok(())
            }
            What::CloseOffer => {
                let kept: Option<Offer> = self.network.read(OTC, "offer", &offer);
                let maker = kept.filter(|_| n % 3 > 0).map_or(who, |offer| offer.maker);
                self.call(maker, OTC, "close_offer", &offer)
            }
            What::Reserve => {
                let reference = Hash::from([b; 32]);
                let kept: Option<Offer> = self.network.read(OTC, "offer", &offer);
                let amount = kept.filter(|_| n % 4 > 0).map_or(amount, |offer| offer.left / Balance::from(n % 3 + 1));
                self.memory.trades.1 = self.call(who, OTC, "reserve", &(offer, amount, reference))?;
                Ok(())
            }
            What::DeclarePaid => {
                let buyer = self.trader(number, Trader::Buyer, n, who);
                self.call(buyer, OTC, "declare_paid", &(number, Hash::from([a; 32])))
            }
            What::Confirm => {
                let seller = self.trader(number, Trader::Seller, n, who);
                self.call(seller, OTC, "confirm", &number)
            }
            What::GiveUp => {
                let buyer = self.trader(number, Trader::Buyer, n, who);
                self.call(buyer, OTC, "give_up", &number)
            }
            What::DisputeTrade => {
                let side = if a % 2 == 0 { Trader::Seller } else { Trader::Buyer };
                let trader = self.trader(number, side, n, who);
                self.call::<()>(trader, OTC, "dispute", &(number, Hash::from([b; 32])))?;
                self.memory.disputed = number;
                Ok(())
            }
            What::DecideTrade => {
                let winner = if a % 2 == 0 { Trader::Seller } else { Trader::Buyer };
                let number = if b % 4 > 0 { self.memory.disputed } else { number };
                self.board(OTC, "decide", &(number, winner, Hash::from([b; 32])))
            }
            What::SettleTrade => self.call(who, OTC, "settle", &number),
            What::Fund => self.call(self.account("desk"), OTC, "fund", &amount),
            What::Withdraw => self.call(self.account("desk"), OTC, "withdraw", &amount),
            other => unreachable!("{other:?} is played elsewhere"),
        }
    }

    /// Who trades on that side of a reservation; now and then somebody else.
    fn trader(&mut self, number: u64, side: Trader, n: u32, somebody: AccountId) -> AccountId {
        let kept: Option<bizkey_primitives::otc::Reservation> = self.network.read(OTC, "reservation", &number);
        match kept {
            Some(kept) if n % 5 > 0 => {
                if side == Trader::Seller {
                    kept.seller
                } else {
                    kept.buyer
                }
            }
            _ => somebody,
        }
    }
}
