//! What happens when nobody acts in time, and that it does not happen before.

use super::{
    figures, found,
    stage::{Chain, DISPUTE_BOND, FIRST},
};
use bizkey_oracle::verify::{Field, Value};
use bizkey_primitives::{events::Event, report::EpochState};
use bizkey_tests::{DAY, HOUR, WINDOW};

#[test]
fn an_epoch_without_a_majority_is_void_seven_epochs_after_its_end() {
    let chain = Chain::new();
    let epochs = chain.verdict().unwrap();
    assert!(epochs[..FIRST as usize].iter().all(|epoch| epoch.state == EpochState::Void && epoch.round == 0));
    let last = FIRST - 1;
    let early = chain.antedated(|event| matches!(event, Event::EpochVoided(_)));
    assert_eq!(found(early), (Some(last), None, Field::Opens));
    let due = chain.network.calendar.end_ms(last) + 7 * DAY;
    assert_eq!(figures(early), (Value::Number(due.into()), Value::Number((due - 1).into())));
    let skipped = chain.altered(|event| match event {
        Event::EpochVoided(said) => {
            said.epoch = 1;
            true
        }
        _ => false,
    });
    assert_eq!(found(skipped), (Some(1), None, Field::Turn));
}

#[test]
fn a_second_round_has_seven_epochs_too() {
    let mut chain = Chain::new();
    let report = chain.false_report(FIRST);
    chain.agree(FIRST, &report);
    chain.challenge(FIRST).unwrap();
    chain.pass(7 * DAY);
    chain.send("stranger", "void_overdue", &FIRST).unwrap();
    let epochs = chain.verdict().unwrap();
    assert_eq!((epochs[FIRST as usize].state, epochs[FIRST as usize].round), (EpochState::Void, 1));
    let early = chain.antedated(|event| matches!(event, Event::EpochVoided(_)));
    assert_eq!(found(early), (Some(FIRST), None, Field::Opens));
}

/// A dispute that the board does not decide, reserved in its turn.
fn undecided() -> Chain {
    let mut chain = Chain::new();
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain.pass(14 * DAY);
    chain.send("stranger", "void_overdue", &FIRST).unwrap();
    chain
}

#[test]
fn an_undecided_dispute_voids_the_epoch_after_14_days_and_burns_half_of_its_bond() {
    let chain = undecided();
    let epochs = chain.verdict().unwrap();
    let epoch = &epochs[FIRST as usize];
    assert_eq!((epoch.state, epoch.merchants.emission, epoch.customers.reserved), (EpochState::Void, 0, 0));

    let early = chain.antedated(|event| matches!(event, Event::EpochVoided(_)));
    assert_eq!(found(early), (Some(FIRST), None, Field::Opens));
    let (rewards, disputer) = (chain.network.contracts.rewards, chain.account("disputer"));
    let moved = |to, by: fn(&mut u128)| {
        chain.altered(|event| match event {
            Event::Transfer(moved) if moved.from == Some(rewards) && moved.to == to => {
                by(&mut moved.value);
                true
            }
            _ => false,
        })
    };
    let half = DISPUTE_BOND / 2;
    let burned = moved(None, |value| *value -= 1);
    assert_eq!(figures(burned), (Value::Number(half + 1), Value::Number(half)), "the odd unit burns");
    let back = moved(Some(disputer), |value| *value -= 1);
    assert_eq!((found(back), figures(back).0), ((Some(FIRST), None, Field::Moved), Value::Number(half)));
    let pool = moved(Some(chain.network.contracts.vault), |value| *value -= 1);
    assert_eq!(found(pool).2, Field::Moved, "what was reserved goes back");
    let silent = chain.told(|blocks| {
        blocks.last_mut().unwrap().events.retain(|event| !matches!(event.event, Event::EpochVoided(_)));
    });
    assert_eq!(found(silent).2, Field::Moved);
}

#[test]
fn the_board_decides_in_14_days() {
    let mut chain = Chain::new();
    let report = chain.false_report(FIRST);
    chain.agree(FIRST, &report);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.pass(14 * DAY - 1);
    chain.send("admin", "decide", &(FIRST, true)).unwrap();
    chain.verdict().unwrap();
    let late = chain.told(|blocks| blocks.last_mut().unwrap().timestamp_ms += 1);
    assert_eq!(found(late), (Some(FIRST), None, Field::Closes));
}

#[test]
fn a_report_struck_after_the_boards_time_is_void() {
    let mut chain = Chain::new();
    let report = chain.false_report(FIRST);
    chain.agree(FIRST, &report);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.pass(14 * DAY);
    chain.challenge(FIRST).unwrap();
    let epochs = chain.verdict().unwrap();
    assert_eq!((epochs[FIRST as usize].state, epochs[FIRST as usize].round), (EpochState::Void, 0));
    let in_time = chain.antedated(|event| matches!(event, Event::ReportStruck(_)));
    assert_eq!(found(in_time), (Some(FIRST), None, Field::Opens), "a second round would have begun");
}

#[test]
fn every_window_is_the_networks_own() {
    let mut chain = Chain::new();
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    chain.pass(WINDOW - 1);
    chain.send("disputer", "dispute", &FIRST).unwrap();
    chain.send("admin", "decide", &(FIRST, false)).unwrap();
    chain.pass(WINDOW);
    chain.send("stranger", "finalise", &FIRST).unwrap();
    let with = |challenge_ms| super::stage::finish(chain.audit_with(challenge_ms), chain.blocks());
    assert!(with(WINDOW).is_ok());
    assert_eq!(found(with(WINDOW - 1).unwrap_err()).2, Field::Closes, "too late to dispute");
    assert_eq!(found(with(WINDOW + 1).unwrap_err()).2, Field::Opens, "too early to be final");
}

#[test]
fn a_pause_makes_windows_longer_and_stops_reports_finality_and_claims() {
    let mut chain = Chain::new();
    let report = chain.report(FIRST).report();
    chain.agree(FIRST, &report);
    let until_ms = chain.network.state.now_ms() + 10 * HOUR;
    chain.send("admin", "pause", &until_ms).unwrap();
    chain.pass(10 * HOUR + WINDOW);
    chain.send("stranger", "finalise", &FIRST).unwrap();
    chain.verdict().unwrap();
    let paused = |hours: u64| {
        chain.altered(move |event| match event {
            Event::RewardsPaused(said) => {
                said.until_ms += hours * HOUR;
                true
            }
            _ => false,
        })
    };
    assert_eq!(found(paused(1)).2, Field::Opens, "the window would be longer");
    assert_eq!(found(paused(20)).2, Field::Opens, "it would still stand still");
    assert_eq!(found(paused(63)).2, Field::Pause, "more than 72 hours");
}
