//! An explanation as text.
//!
//! A line with ` = ` is a chain of equal things: names, then the formula, then
//! the formula with its numbers, then the result. Everything after the first
//! part that has numbers alone can be worked out and must be equal. What
//! stands in brackets is a remark.

use super::{
    grade,
    model::{
        BuyerLine, CapitalLine, ClampLine, CountLines, CustomerExplanation, Explanation, Fraction, HoldingExplanation,
        MerchantExplanation, Part, ReceiptLine, RewardExplanation, SalesExplanation, ScoreExplanation, TotalLine,
        VoidLine,
    },
    tree,
};
use crate::rows;
use bizkey_primitives::bizpower::{MIN_BUYERS_FOR_SHARES, SCALE};
use std::fmt;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, start_ms, end_ms, algorithm_version, head, state, committee, .. } = self;
        let (merchant_root, customer_root) = (&self.merchant_root, &self.customer_root);
        writeln!(f, "epoch {epoch}, from {start_ms} to before {end_ms} Unix ms, by bizpower-{algorithm_version}")?;
        write!(f, "{state} on chain; read up to block {head}")?;
        match committee {
            None => writeln!(f)?,
            Some(committee) if committee.agrees => {
                writeln!(f, "; the committee's report of block {} is the same", committee.block)?;
            }
            Some(committee) => writeln!(
                f,
                "; THE COMMITTEE'S REPORT OF BLOCK {} IS ANOTHER ONE: `bizkey verify` says where",
                committee.block
            )?,
        }
        if self.weights == "printed" {
            writeln!(
                f,
                "BY THE WEIGHTS AS PRINTED, where they differ: roots, score and reward are what they would be; the \
                 chain pays by the other reading, and grade, report and payments are those of the chain"
            )?;
        }
        writeln!(f, "root of the merchants' tree {merchant_root}")?;
        writeln!(f, "root of the customers' tree {customer_root}")?;
        if let Some(merchant) = &self.merchant {
            write!(f, "\n{merchant}")?;
        }
        if let Some(customer) = &self.customer {
            write!(f, "\n{customer}")?;
        }
        Ok(())
    }
}

impl fmt::Display for MerchantExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "merchant {}, {}, {} at the epoch's close", self.merchant, self.account, self.status)?;
        receipts(f, &self.receipts, &self.later_voids)?;
        if self.unreadable > 0 {
            writeln!(f, "  {} more were announced and cannot be read: they are no receipts", self.unreadable)?;
        }
        match &self.score {
            None => writeln!(f, "\nno receipt counts: there is no score and no leaf")?,
            Some(score) => {
                score_lines(f, score, &self.later_voids)?;
            }
        }
        if let Some(holding) = &self.holding {
            holding_lines(f, holding)?;
        }
        grade::lines(f, self.grade.as_ref())?;
        tree::lines(f, &self.tree)?;
        reward_lines(f, &self.reward, "Bzky", "score")
    }
}

impl fmt::Display for CustomerExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "customer {}, {}, {} at the epoch's close", self.customer, self.account, self.status)?;
        receipts(f, &self.receipts, &self.later_voids)?;
        let SalesExplanation { cash, cash_cap, other, gross, debt_before, debt_added, sales, debt_after } = &self.sales;
        writeln!(f, "\nsales with a ticket, minor units")?;
        let added = |is_cash: bool| {
            let ours = self.receipts.iter().filter(|receipt| receipt.sales > 0 && receipt.is_cash == is_cash);
            sum_of(&ours.map(|receipt| receipt.sales.to_string()).collect::<Vec<_>>())
        };
        writeln!(f, "  cash = {} = {cash}  [with foreign terminals]", added(true))?;
        writeln!(f, "  other = {} = {other}", added(false))?;
        match cash_cap {
            None => writeln!(f, "  gross = other + cash = {other} + {cash} = {gross}")?,
            Some(cap) => writeln!(f, "  gross = other + min(cash, cap) = {other} + min({cash}, {cap}) = {gross}")?,
        }
        let voided = self.later_voids.iter().filter_map(|void| void.carried.clone()).collect::<Vec<_>>();
        writeln!(f, "  voided now = {} = {debt_added}", sum_of(&voided))?;
        writeln!(
            f,
            "  debt = before + voided now = {debt_before} + {debt_added} = {}",
            debt_before.saturating_add(*debt_added)
        )?;
        writeln!(f, "  sales = max(gross - debt, 0) = max({gross} - {debt_before} - {debt_added}, 0) = {sales}")?;
        writeln!(
            f,
            "  debt carried on = max(debt - gross, 0) = max({debt_before} + {debt_added} - {gross}, 0) = {debt_after}"
        )?;
        tree::lines(f, &self.tree)?;
        reward_lines(f, &self.reward, "Time", "sales")
    }
}

fn sum_of(parts: &[String]) -> String {
    if parts.is_empty() {
        "0".to_owned()
    } else {
        parts.join(" + ")
    }
}

fn receipts(f: &mut fmt::Formatter<'_>, receipts: &[ReceiptLine], voids: &[VoidLine]) -> fmt::Result {
    writeln!(f, "\nreceipts, amounts in minor units")?;
    if receipts.is_empty() {
        writeln!(f, "  none")?;
    }
    for line in receipts {
        let ReceiptLine { block, device, seq, index, merchant, channel, amount, reason, .. } = line;
        write!(f, "  block {block}, device {device}, batch {seq}, no. {index}: {amount} {channel} at shop {merchant}")?;
        if let Some(customer) = line.customer {
            write!(f, " to customer {customer}")?;
        }
        if line.counted {
            writeln!(f, "; counts: {reason}; {} to the customer's sales, {}", line.sales, line.sales_reason)?;
        } else {
            writeln!(f, "; does not count: {reason}")?;
        }
    }
    for void in voids {
        let VoidLine { device, seq, index, epoch, channel, .. } = void;
        write!(f, "  voided now: device {device}, batch {seq}, no. {index} of epoch {epoch}, {channel}; takes ")?;
        match (void.takes_order, &void.buyer) {
            (false, None) => write!(f, "nothing from the shop")?,
            (true, None) => write!(f, "an order from the shop")?,
            (_, Some(kind)) => write!(f, "an order and a {kind} buyer from the shop")?,
        }
        match &void.carried {
            None => writeln!(f)?,
            Some(carried) => writeln!(f, ", and {carried} from the customer's sales")?,
        }
    }
    Ok(())
}

fn score_lines(f: &mut fmt::Formatter<'_>, score: &ScoreExplanation, voids: &[VoidLine]) -> fmt::Result {
    let (own, counts) = (&score.own, &score.counts);
    if !score.totals.is_empty() {
        writeln!(f, "\nwhat each buyer spent with tickets, minor units")?;
        for TotalLine { customer, channel, total, counted } in &score.totals {
            match score.clamp {
                None => writeln!(f, "  customer {customer} {channel} = {counted}")?,
                Some(ClampLine { lo, hi }) => {
                    writeln!(f, "  customer {customer} {channel} = min(max({total}, {lo}), {hi}) = {counted}")?;
                }
            }
        }
    }
    let orders = |channel: &str| voids.iter().filter(|void| void.takes_order && void.channel == channel).count();
    let buyers = |kind: &str| voids.iter().filter(|void| void.buyer.as_deref() == Some(kind)).count();
    writeln!(f, "\ncounts, less what was voided now")?;
    let less = |f: &mut fmt::Formatter<'_>, name: &str, what: &str, own: u64, taken: usize, left: u64| {
        if taken == 0 {
            writeln!(f, "  {name} = {left}  [{what}]")
        } else {
            writeln!(f, "  {name} = max({own} - {taken}, 0) = {left}  [{what}]")
        }
    };
    let CountLines { pl, pm, um, un, uo, uom, uon } = counts;
    less(f, "Um", "first-time buyers", own.um, buyers("first-time"), *um)?;
    less(f, "Un", "repeat buyers", own.un, buyers("repeat"), *un)?;
    less(f, "Uo", "outside buyers", own.uo, buyers("outside"), *uo)?;
    if score.is_hardened {
        writeln!(f, "  Pl = Um + Un = {um} + {un} = {pl}  [orders in store: one a buyer]")?;
        writeln!(f, "  Uom = Uo = {uo} = {uom}  [orders outside: one a buyer]")?;
        let column = |wanted: &str| {
            let ours = score.totals.iter().filter(|line| line.channel == wanted);
            sum_of(&ours.map(|line| line.counted.to_string()).collect::<Vec<_>>())
        };
        writeln!(f, "  Pm = {} = {pm}  [what buyers in store spent]", column("in store"))?;
        return writeln!(f, "  Uon = {} = {uon}  [what buyers outside spent]", column("outside"))
            .and_then(|()| shares_to_score(f, score));
    }
    less(f, "Pl", "orders in store", own.pl, orders("in store"), *pl)?;
    less(f, "Uom", "orders outside", own.uom, orders("outside"), *uom)?;
    writeln!(f, "  Pm = {pm}  [sales in store]")?;
    writeln!(f, "  Uon = {uon}  [sales outside]")?;
    shares_to_score(f, score)
}

fn shares_to_score(f: &mut fmt::Formatter<'_>, score: &ScoreExplanation) -> fmt::Result {
    share_lines(f, score)?;
    capital_lines(f, score)?;
    formula_lines(f, score)
}

fn share_lines(f: &mut fmt::Formatter<'_>, score: &ScoreExplanation) -> fmt::Result {
    let CountLines { um, un, uo, .. } = score.counts;
    // Counts of one epoch's receipts.
    let total = um.saturating_add(un).saturating_add(uo);
    writeln!(f, "\nbuyers' shares")?;
    writeln!(f, "  T = Um + Un + Uo = {um} + {un} + {uo} = {total}")?;
    let column = |pick: fn(&BuyerLine) -> u64| {
        let parts: Vec<String> = score.share_epochs.iter().map(|line| pick(line).to_string()).collect();
        sum_of(&parts)
    };
    let ScoreExplanation { first, repeat, outside, .. } = score;
    let shares = first.saturating_add(*repeat).saturating_add(*outside);
    if score.shares_are_own {
        writeln!(f, "  at least {MIN_BUYERS_FOR_SHARES}: the shares are the epoch's own")?;
    } else {
        writeln!(f, "  fewer than {MIN_BUYERS_FOR_SHARES}: the shares are those of the last 30 epochs with this one")?;
        for BuyerLine { epoch, first, repeat, outside } in &score.share_epochs {
            writeln!(f, "    epoch {epoch}: {first} first-time, {repeat} repeat, {outside} outside")?;
        }
        writeln!(f, "  first-time = {} = {first}", column(|line| line.first))?;
        writeln!(f, "  repeat = {} = {repeat}", column(|line| line.repeat))?;
        writeln!(f, "  outside = {} = {outside}", column(|line| line.outside))?;
    }
    writeln!(f, "  all = {first} + {repeat} + {outside} = {shares}")?;
    if shares == 0 {
        return writeln!(f, "  nobody: every share is zero");
    }
    writeln!(f, "  f = {first}/{shares}; r = {repeat}/{shares}; o = {outside}/{shares}")
}

fn capital_lines(f: &mut fmt::Formatter<'_>, score: &ScoreExplanation) -> fmt::Result {
    writeln!(f, "\ncapital, minor units a month")?;
    match &score.capital_figures {
        None => writeln!(f, "  capital = 0  [no figures are attested for the epoch]"),
        Some(CapitalLine { area_m2, rent_per_m2_month, staff, wage_month }) if score.capital_floor == 0 => writeln!(
            f,
            "  capital = area·rent + staff·wage = {area_m2}·{rent_per_m2_month} + {staff}·{wage_month} = {}",
            score.capital
        ),
        Some(CapitalLine { area_m2, rent_per_m2_month, staff, wage_month }) => writeln!(
            f,
            "  capital = max(area·rent + staff·wage, floor) = \
             max({area_m2}·{rent_per_m2_month} + {staff}·{wage_month}, {}) = {}",
            score.capital_floor, score.capital
        ),
    }
}

fn formula_lines(f: &mut fmt::Formatter<'_>, score: &ScoreExplanation) -> fmt::Result {
    let CountLines { pl, pm, um, un, uo, uom, uon } = score.counts;
    let shares = score.first.saturating_add(score.repeat).saturating_add(score.outside);
    writeln!(f, "\nscore")?;
    let [first, repeat, outside] = score.weights;
    let names = if score.is_as_printed {
        ["Um·(Pl/Pm)·o", "Un·(Pl/Pm)·r", "Uo·(Uom/Uon)·f"]
    } else {
        ["Um·(Pl/Pm)·f", "Un·(Pl/Pm)·r", "Uo·(Uom/Uon)·o"]
    };
    let numbers = [(um, pl, pm, first), (un, pl, pm, repeat), (uo, uom, uon, outside)];
    for ((name, (buyers, orders, sales, share)), term) in names.iter().zip(numbers).zip(&score.terms) {
        if sales == 0 || shares == 0 {
            writeln!(f, "  {name} = 0  [a zero denominator]")?;
        } else {
            writeln!(f, "  {name} = {buyers}·({orders}/{sales})·({share}/{shares}) = {}", shown(term))?;
        }
    }
    let [first, repeat, outside] = score.terms.each_ref().map(shown);
    if score.capital == 0 {
        return writeln!(f, "  score = {}  [zero capital scores zero]", score.score);
    }
    writeln!(f, "  exact = ({first} + {repeat} + {outside})/{} = {}", score.capital, shown(&score.exact))?;
    writeln!(f, "  score = floor({SCALE}·exact) = floor({SCALE}·{}) = {}", shown(&score.exact), score.score)
}

fn holding_lines(f: &mut fmt::Formatter<'_>, holding: &HoldingExplanation) -> fmt::Result {
    let HoldingExplanation { balance_low, deposit_low, holding } = holding;
    writeln!(f, "\nholding, smallest unit of Bzky")?;
    writeln!(
        f,
        "  holding = lowest balance + lowest deposit = {balance_low} + {deposit_low} = {holding}  [{} Bzky]",
        tokens(*holding)
    )
}

fn reward_lines(f: &mut fmt::Formatter<'_>, reward: &RewardExplanation, token: &str, value: &str) -> fmt::Result {
    let RewardExplanation { leaves, seen, participants, each, cap, pool, emission, .. } = reward;
    let (name, who) = if reward.registered.is_some() { ("Qc", "receipts announced") } else { ("Qm", "shops seen") };
    writeln!(f, "\nemission, smallest unit of {token}{}", if reward.is_settled { "" } else { ", if settled now" })?;
    match reward.registered {
        None => writeln!(f, "  {name} = min(leaves, {who}) = min({leaves}, {seen}) = {participants}")?,
        Some(registered) => writeln!(
            f,
            "  {name} = min(leaves, {who}, customers registered) = min({leaves}, {seen}, {registered}) = {participants}"
        )?,
    }
    writeln!(
        f,
        "  E = min({name}·each, pool) = min({each}·min({participants}, {cap}), {pool}) = {emission}  [{} {token}]",
        tokens(*emission)
    )?;
    let used = match &reward.emission_on_chain {
        None => emission.to_string(),
        Some(chain) => {
            writeln!(f, "  the chain emits {chain} instead, which the reward is made of")?;
            chain.clone()
        }
    };
    writeln!(f, "\nreward, smallest unit of {token}")?;
    writeln!(
        f,
        "  month {}: {} % by {value}, {} % by holding",
        reward.month, reward.score_percent, reward.holding_percent
    )?;
    part_line(f, &used, &format!("by {value}"), reward.score_percent, (reward.v1, reward.sum_v1), &reward.score_part)?;
    part_line(f, &used, "by holding", reward.holding_percent, (reward.v2, reward.sum_v2), &reward.holding_part)?;
    let RewardExplanation { score_part, holding_part, reward: sum, .. } = reward;
    writeln!(f, "  reward = {} + {} = {sum}  [{} {token}]", score_part.floor, holding_part.floor, tokens(*sum))?;
    for line in &reward.payments {
        write!(f, "  block {}: {}, {} {token}", line.block, line.what, tokens(line.amount))?;
        match &line.account {
            Some(account) => writeln!(f, " to {account}")?,
            None => writeln!(f)?,
        }
    }
    writeln!(f, "  {}", reward.standing)
}

fn part_line(
    f: &mut fmt::Formatter<'_>,
    emission: &str,
    name: &str,
    percent: u8,
    (value, sum): (u128, u128),
    part: &Part,
) -> fmt::Result {
    if sum == 0 {
        return writeln!(f, "  {name} = {}  [the network's sum is zero]", part.floor);
    }
    writeln!(
        f,
        "  {name} = floor(E·percent·own/(100·sum)) = floor({emission}·{percent}·{value}/(100·{sum})) = {}",
        part.floor
    )
}

fn shown(fraction: &Fraction) -> String {
    format!("{}/{}", fraction.numerator, fraction.denominator)
}

/// An amount in whole tokens, without trailing zeros.
fn tokens(amount: u128) -> String {
    rows::tokens(amount).trim_end_matches('0').trim_end_matches('.').to_owned()
}
