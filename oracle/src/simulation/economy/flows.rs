//! What moves on a day, in the order in which it does.

use super::{
    books::{BooksError, Place},
    row::DayRow,
    schedule, Economy,
};
use bizkey_primitives::{
    calendar::EPOCHS_PER_MONTH,
    emission::{blend, emission, mul_div, quota, reserved, CUSTOMER_EMISSION_CAP, MERCHANT_EMISSION_CAP},
    redemption::bzky_cost,
    Balance, Epoch, Side, TOKEN,
};
use rand::Rng;
use std::collections::BTreeMap;

/// Days after which what was not claimed goes back to its pool: 400 epochs
/// from the day on which it can be claimed (architecture.md, Rewards).
pub const CLAIM_DAYS: u32 = 401;

const MONTH: u64 = EPOCHS_PER_MONTH as u64;

/// Something of each token that is due on a day.
#[derive(Clone, Copy, Debug, Default)]
struct Due {
    bzky: Balance,
    time: Balance,
}

/// What earlier days left to later ones.
#[derive(Clone, Debug, Default)]
pub struct Queues {
    claims: BTreeMap<Epoch, Due>,
    expiries: BTreeMap<Epoch, Due>,
    /// Deposits of closed shops.
    releases: BTreeMap<Epoch, Balance>,
    /// Time sold for fiat.
    fiat_mints: BTreeMap<Epoch, Balance>,
}

fn percent(amount: Balance, percent: u64) -> Balance {
    mul_div(amount, percent.into(), 100)
}

/// A day's part of what moves in a month.
fn daily(amount: Balance, percent_month: u64) -> Balance {
    mul_div(amount, percent_month.into(), u128::from(100 * MONTH))
}

fn day_after(day: Epoch, days: u64) -> Epoch {
    day.saturating_add(u32::try_from(days).unwrap_or(u32::MAX))
}

/// Whole things of `number` times `per_thousand_month` a month, what is left
/// over being carried to the next day.
fn monthly(number: u64, per_thousand_month: u64, carried: &mut u64) -> u64 {
    let of_month = 1_000 * MONTH;
    // At most 10^8 shops times 10^6.
    let total = number.saturating_mul(per_thousand_month).saturating_add(*carried);
    *carried = total % of_month;
    total / of_month
}

impl Economy {
    pub(super) fn flow(&mut self, day: Epoch) -> Result<DayRow, BooksError> {
        let shops = self.shops.at(day.into());
        let customers = self.customers.at(day.into());
        let active_shops = self.active(shops, self.parameters.shops_open_percent);
        let active_customers = self.active(customers, self.parameters.customers_buying_percent);
        let mut row = DayRow { day, shops, customers, active_shops, active_customers, ..DayRow::default() };

        self.release_lines(day, &mut row)?;
        self.move_deposits(day, shops)?;
        self.emit(day, &mut row)?;
        self.settle_claims(day, &mut row)?;
        self.create_tasks(shops)?;
        self.sell_time(day, shops, &mut row)?;
        self.give_own_tasks()?;
        self.time.burn(daily(self.time.outstanding(), self.parameters.time_spent_percent_month))?;

        row.shops_waiting = shops.saturating_sub(self.deposits.shops);
        row.bzky = Place::ALL.map(|place| self.bzky.at(place));
        row.bzky_released = self.released(day);
        row.time_pool = self.time.pool;
        row.time_claimable = self.time.claimable;
        row.time_minted = self.time.minted();
        row.time_burned = self.time.burned;
        Ok(row)
    }

    /// Those of `all` who trade today: the usual share, give or take.
    fn active(&mut self, all: u64, usual_percent: u64) -> u32 {
        let noise = self.parameters.noise_percent * 100;
        let stray = self.random.random_range(0..=2 * noise);
        let usual = u128::from(all) * u128::from(usual_percent) * u128::from(10_000 + stray - noise) / 1_000_000;
        u32::try_from(usual.min(all.into())).unwrap_or(u32::MAX)
    }

    fn release_lines(&mut self, day: Epoch, row: &mut DayRow) -> Result<(), BooksError> {
        let before = if day == 0 { 0 } else { self.released(day - 1) };
        self.bzky.pay(Place::Vesting, Place::Float, self.released(day) - before)?;
        if schedule::is_half_year(day.into()) {
            let left = bizkey_primitives::vesting::Line::Foundation.share() - self.foundation_taken;
            let taken = percent(schedule::foundation_most(left), self.parameters.foundation_take_percent);
            self.bzky.pay(Place::Vesting, Place::Treasury, taken)?;
            self.foundation_taken += taken;
            row.foundation_taken = taken;
        }
        let spent = daily(self.bzky.at(Place::Treasury), self.parameters.foundation_spend_percent_month);
        self.bzky.pay(Place::Treasury, Place::Float, spent)
    }

    fn move_deposits(&mut self, day: Epoch, shops: u64) -> Result<(), BooksError> {
        let p = &self.parameters;
        let due = self.queues.releases.remove(&day).unwrap_or(0);
        self.bzky.pay(Place::Locked, Place::Float, due)?;

        let average = |deposits: &super::Deposits, of: u64| {
            mul_div(deposits.amount, of.into(), deposits.shops.max(1).into()).min(deposits.amount)
        };
        let closing = monthly(self.deposits.shops, p.closing_per_mille_month, &mut self.carried.closing);
        let closing = closing.min(self.deposits.shops);
        let leaving = average(&self.deposits, closing);
        self.deposits.amount -= leaving;
        self.deposits.shops -= closing;
        *self.queues.releases.entry(day_after(day, p.release_days)).or_default() += leaving;

        let found = monthly(self.deposits.shops, p.seized_per_mille_month, &mut self.carried.seized);
        let found = found.min(self.deposits.shops);
        let seized = average(&self.deposits, found);
        self.deposits.amount -= seized;
        self.deposits.shops -= found;
        // Half for who demanded the opening, half for the vault, as `receipts` does it.
        let to_pool = seized / 2;
        self.bzky.pay(Place::Locked, Place::Pool, to_pool)?;
        self.bzky.pay(Place::Locked, Place::Float, seized - to_pool)?;
        self.bzky.seized += to_pool;

        let each = TOKEN
            * Balance::from(match u64::from(day) {
                day if day < p.stage_1_day => p.deposit_stage_1,
                day if day < p.stage_2_day => p.deposit_stage_2,
                _ => p.deposit_stage_3,
            });
        let wanted = shops.saturating_sub(self.deposits.shops);
        let all = self.bzky.at(Place::Float) + self.bzky.at(Place::Locked);
        let room = percent(all, p.deposits_most_percent).saturating_sub(self.bzky.at(Place::Locked));
        let affordable = room.min(self.bzky.at(Place::Float)).checked_div(each);
        // A deposit of nothing is within everybody's means.
        let number = affordable.map_or(wanted, |most| u64::try_from(most).unwrap_or(u64::MAX).min(wanted));
        let amount = each * Balance::from(number);
        self.bzky.pay(Place::Float, Place::Locked, amount)?;
        self.deposits.shops += number;
        self.deposits.amount += amount;
        Ok(())
    }

    fn emit(&mut self, day: Epoch, row: &mut DayRow) -> Result<(), BooksError> {
        let held = self.bzky.at(Place::Locked);
        let shops = emission(Side::Merchant, row.active_shops, self.bzky.at(Place::Pool));
        let scored = u128::from(row.active_shops);
        let bzky = reserved(shops, blend(Side::Merchant, day), scored, held);
        let customers = emission(Side::Customer, row.active_customers, self.time.pool);
        let time = reserved(customers, blend(Side::Customer, day), row.active_customers.into(), 0);
        for (reserved, cap) in [(bzky, MERCHANT_EMISSION_CAP), (time, CUSTOMER_EMISSION_CAP)] {
            if reserved > cap {
                return Err(BooksError::EmissionCap { reserved, cap });
            }
        }
        self.bzky.pay(Place::Pool, Place::Claimable, bzky)?;
        self.time.pool -= time;
        self.time.claimable += time;
        (row.bzky_emitted, row.time_emitted) = (bzky, time);
        row.bzky_short = quota(Side::Merchant, row.active_shops) - shops;
        row.time_short = quota(Side::Customer, row.active_customers) - customers;

        let (at_once, late) = (self.parameters.claimed_at_once_percent, self.parameters.claimed_late_percent);
        let part = |share: u64| Due { bzky: percent(bzky, share), time: percent(time, share) };
        let (first, second) = (part(at_once), part(late));
        let rest = Due { bzky: bzky - first.bzky - second.bzky, time: time - first.time - second.time };
        let claimed_late = day_after(day, 1 + self.parameters.claimed_late_days);
        self.queues.claims.entry(day_after(day, 1)).or_default().add(first);
        self.queues.claims.entry(claimed_late).or_default().add(second);
        self.queues.expiries.entry(day.saturating_add(CLAIM_DAYS)).or_default().add(rest);
        Ok(())
    }

    fn settle_claims(&mut self, day: Epoch, row: &mut DayRow) -> Result<(), BooksError> {
        let claimed = self.queues.claims.remove(&day).unwrap_or_default();
        self.bzky.pay(Place::Claimable, Place::Float, claimed.bzky)?;
        self.bzky.paid += claimed.bzky;
        self.time.claimable -= claimed.time;
        self.time.minted_rewards += claimed.time;
        let expired = self.queues.expiries.remove(&day).unwrap_or_default();
        self.bzky.pay(Place::Claimable, Place::Pool, expired.bzky)?;
        self.time.claimable -= expired.time;
        self.time.pool += expired.time;
        (row.bzky_claimed, row.time_claimed) = (claimed.bzky, claimed.time);
        (row.bzky_expired, row.time_expired) = (expired.bzky, expired.time);
        Ok(())
    }

    /// Takes what shops pay to `redemption`, as far as the float has it.
    fn charge(&mut self, amount: Balance) -> Result<(), BooksError> {
        let burned = percent(amount, self.parameters.burn_percent);
        self.bzky.pay(Place::Float, Place::Burned, burned)?;
        self.bzky.pay(Place::Float, Place::Ecosystem, amount - burned)
    }

    fn create_tasks(&mut self, shops: u64) -> Result<(), BooksError> {
        let tasks = monthly(shops, self.parameters.tasks_per_shop_month, &mut self.carried.tasks);
        let fee = TOKEN * Balance::from(self.parameters.task_fee);
        self.charge((fee * Balance::from(tasks)).min(self.bzky.at(Place::Float)))
    }

    fn sell_time(&mut self, day: Epoch, shops: u64, row: &mut DayRow) -> Result<(), BooksError> {
        let p = &self.parameters;
        let due = self.queues.fiat_mints.remove(&day).unwrap_or(0);
        self.time.minted_others += due;
        // What is booked for fiat has its place kept until it is minted.
        let booked: Balance = self.queues.fiat_mints.values().sum();
        let mut room = self.time.room().saturating_sub(booked);

        let wish = |month: u64| TOKEN * Balance::from(shops) * Balance::from(month) / Balance::from(MONTH);
        let fiat = wish(p.time_for_fiat_shop_month).min(TOKEN * Balance::from(p.fiat_cap)).min(room);
        room -= fiat;
        let kept = fiat - mul_div(fiat, p.charged_back_per_mille.into(), 1_000);
        *self.queues.fiat_mints.entry(day_after(day, p.chargeback_days)).or_default() += kept;

        let amount = wish(p.time_for_bzky_shop_month).min(TOKEN * Balance::from(p.bzky_cap)).min(room);
        // The discount is at most 50.
        let share = u8::try_from(100 - p.discount_percent).unwrap_or(100);
        let cost = bzky_cost(amount, p.time_price, share, p.bzky_price);
        // A day on which the float cannot pay sells nothing.
        let (amount, cost) = match cost {
            Some(cost) if cost <= self.bzky.at(Place::Float) => (amount, cost),
            _ => (0, 0),
        };
        self.charge(cost)?;
        self.time.minted_others += amount;
        (row.time_sold_for_fiat, row.time_sold_for_bzky) = (fiat, amount);
        Ok(())
    }

    /// Time of Bizkey's own tasks, at the official price without discount,
    /// against Bzky of the ecosystem pool, all of it burned.
    fn give_own_tasks(&mut self) -> Result<(), BooksError> {
        let p = &self.parameters;
        let budget = daily(self.bzky.at(Place::Ecosystem), p.own_tasks_percent_month);
        let amount = mul_div(budget, p.bzky_price.into(), p.time_price.into()).min(self.time.room());
        let booked: Balance = self.queues.fiat_mints.values().sum();
        let amount = amount.min(self.time.room().saturating_sub(booked));
        match bzky_cost(amount, p.time_price, 100, p.bzky_price) {
            Some(cost) if cost <= self.bzky.at(Place::Ecosystem) => {
                self.time.minted_others += amount;
                self.bzky.pay(Place::Ecosystem, Place::Burned, cost)
            }
            _ => Ok(()),
        }
    }
}

impl Due {
    fn add(&mut self, other: Due) {
        // Parts of one pool each, so that no sum passes it.
        self.bzky += other.bzky;
        self.time += other.time;
    }
}
