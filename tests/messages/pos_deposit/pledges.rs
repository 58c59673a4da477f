//! What of an account's deposits secures rewards, and until when.

use super::stage::{Stage, FIRST, SECOND, TODAY};
use bizkey_primitives::{
    errors::pos_deposit::Error,
    events::{DepositPledged, Event},
    Balance, Epoch,
};
use bizkey_tests::sandbox::PENALTY_WINDOW;

/// Most pledges that are kept of one account.
const MOST: u32 = 64;

/// By `rewards` alone: at most what is locked and free, to the last moment of
/// an epoch; nothing for one that is over.
pub fn what_is_locked_and_free(stage: &mut Stage) {
    let (shop, rewards) = (stage.shop.account(), stage.network.contracts.rewards);
    stage.only(&[rewards], "pledge", &(shop, 10u128, TODAY + 1), Error::NotRewards);
    assert_eq!(stage.pledge("shop", 10, TODAY + 1), 0, "nothing is locked");
    stage.said(&[]);
    stage.lock("shop", FIRST, 60);
    stage.lock("shop", SECOND, 40);
    for (amount, until, pledged, sum) in [
        (30, TODAY + 2, 30, 30),
        (0, TODAY + 2, 0, 30),
        (30, TODAY - 1, 0, 30),
        (50, TODAY, 50, 80),
        (50, TODAY + 5, 20, 100),
        (50, TODAY + 5, 0, 100),
    ] {
        assert_eq!(stage.pledge("shop", amount, until), pledged, "{amount} until {until}");
        let told = Event::DepositPledged(DepositPledged { account: shop, amount: pledged, until });
        stage.said(if pledged > 0 { std::slice::from_ref(&told) } else { &[] });
        assert_eq!(stage.locked("shop"), (100, sum));
    }
    let calendar = stage.network.calendar;
    for (epoch, before, after) in [(TODAY, 100, 50), (TODAY + 1, 50, 50), (TODAY + 2, 50, 20), (TODAY + 5, 20, 0)] {
        stage.network.state.set_time(calendar.end_ms(epoch) - 1);
        assert_eq!(stage.locked("shop"), (100, before), "as epoch {epoch} ends");
        stage.network.state.set_time(calendar.end_ms(epoch));
        assert_eq!(stage.locked("shop"), (100, after), "after epoch {epoch}");
    }
    assert_eq!(stage.locked("neighbour"), (0, 0));
    // What a penalty took is not pledged either, until more is locked.
    assert_eq!(stage.pledge("shop", 90, TODAY + 40), 90);
    let (admin, device) = (stage.account("admin"), stage.id(FIRST));
    assert_eq!(stage.call::<Balance>(admin, "seize", &(device, 60u128, admin)), Ok(60));
    assert_eq!(stage.locked("shop"), (40, 40));
    assert_eq!(stage.pledge("shop", 1, TODAY + 40), 0);
    stage.lock("shop", FIRST, 60);
    assert_eq!(stage.locked("shop"), (100, 90));
}

/// Whichever of an account's deposits is released, what is left covers its pledges.
pub fn no_more_is_released_than_is_free(stage: &mut Stage) {
    let (first, second) = (stage.id(FIRST), stage.id(SECOND));
    stage.lock("shop", FIRST, 60);
    stage.lock("shop", SECOND, 40);
    stage.give_back(FIRST);
    stage.give_back(SECOND);
    assert_eq!(stage.pledge("shop", 41, TODAY + 20), 41);
    stage.network.pass(PENALTY_WINDOW);
    stage.refuses("shop", "release", &first, Error::Pledged);
    stage.done("shop", "release", &second);
    stage.refuses("shop", "release", &first, Error::Pledged);
    stage.network.enter_epoch(TODAY + 21);
    stage.done("shop", "release", &first);
    assert_eq!(stage.locked("shop"), (0, 0));
}

/// Beyond 64 different ends the two that come first become one, with the later
/// end: nothing is free early, and nothing is lost.
pub fn more_than_64(stage: &mut Stage) {
    stage.lock("shop", FIRST, 1_000);
    // In an order of their own; the earliest ones are 2 and 4 epochs ahead.
    let ends: Vec<Epoch> = (0..MOST).map(|number| TODAY + 4 + 2 * (number * 37 % MOST)).collect();
    for until in &ends {
        assert_eq!(stage.pledge("shop", 2, *until), 2);
    }
    assert_eq!(stage.pledge("shop", 3, TODAY + 6), 3, "an end that is there already");
    assert_eq!(stage.locked("shop"), (1_000, 2 * Balance::from(MOST) + 3));
    assert_eq!(stage.pledge("shop", 5, TODAY + 2), 5, "before all others");
    let all = 2 * Balance::from(MOST) + 8;
    let plain = |at: Epoch| -> Balance {
        let of_ends: Balance = ends.iter().filter(|until| **until >= at).map(|_| 2).sum();
        // The one of 2 epochs ends with that of 4.
        of_ends + if at <= TODAY + 6 { 3 } else { 0 } + if at <= TODAY + 4 { 5 } else { 0 }
    };
    assert_eq!(plain(TODAY), all);
    for at in TODAY..TODAY + 2 * MOST + 6 {
        stage.network.enter_epoch(at);
        assert_eq!(stage.locked("shop"), (1_000, plain(at)), "in epoch {at}");
    }
}
