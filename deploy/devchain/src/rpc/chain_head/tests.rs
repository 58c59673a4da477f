//! What a follower may do, without a chain.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{
    events::FollowEvent,
    subscriptions::{Entered, Refused, Subscriptions, UnpinError, MAX_FOLLOWERS, MAX_OPERATIONS, MAX_PINNED},
};
use crate::runtime::Hash;
use jsonrpsee::ConnectionId;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::Receiver;

const HERE: ConnectionId = ConnectionId(1);

fn follower(all: &Arc<Subscriptions>) -> (Entered, Receiver<FollowEvent>) {
    let (entered, events) = all.enter(HERE, "a".into(), true).unwrap();
    assert!(entered.subscription.pin(block(1)));
    (entered, events)
}

fn block(number: u64) -> Hash {
    Hash::from_low_u64_be(number)
}

async fn next(events: &mut Receiver<FollowEvent>) -> FollowEvent {
    tokio::time::timeout(Duration::from_secs(60), events.recv()).await.unwrap().unwrap()
}

fn done() -> FollowEvent {
    FollowEvent::OperationStorageDone { operation_id: "0".into() }
}

#[test]
fn followers_are_counted_by_connection_and_leave_room_when_they_go() {
    let all = Arc::new(Subscriptions::default());
    let mut followers: Vec<_> =
        (0..MAX_FOLLOWERS).map(|number| all.enter(HERE, number.to_string(), false).unwrap()).collect();
    assert!(all.enter(HERE, "more".into(), false).is_none());
    assert!(all.enter(ConnectionId(2), "more".into(), false).is_some());
    assert!(all.get(HERE, "0").is_some());
    assert!(all.get(ConnectionId(2), "0").is_none());
    followers.remove(0);
    assert!(all.get(HERE, "0").is_none());
    assert!(all.enter(HERE, "more".into(), false).is_some());
}

#[test]
fn one_pin_too_many_is_told() {
    let all = Arc::new(Subscriptions::default());
    let (entered, _events) = all.enter(HERE, "a".into(), false).unwrap();
    let most = u64::try_from(MAX_PINNED).unwrap();
    assert!((0..most).all(|number| entered.subscription.pin(block(number))));
    // The same block again is not one more.
    assert!(entered.subscription.pin(block(0)));
    assert_eq!(entered.subscription.unpin(&[block(0), block(0)]), Err(UnpinError::Duplicate));
    assert_eq!(entered.subscription.unpin(&[block(0), block(most)]), Err(UnpinError::NotPinned));
    assert!(entered.subscription.is_pinned(&block(0)));
    assert_eq!(entered.subscription.unpin(&[block(0)]), Ok(()));
    assert!(entered.subscription.pin(block(most)));
    assert!(!entered.subscription.pin(block(most + 1)));
}

#[tokio::test]
async fn operations_are_granted_while_there_is_room() {
    let all = Arc::new(Subscriptions::default());
    let (entered, mut events) = follower(&all);
    let subscription = &entered.subscription;
    assert_eq!(subscription.start(&block(2), 1).err(), Some(Refused::NotPinned));
    let first = subscription.start(&block(1), 10).unwrap();
    let second = subscription.start(&block(1), 10).unwrap();
    assert_eq!((first.granted, second.granted), (10, MAX_OPERATIONS - 10));
    assert_ne!(first.id, second.id);
    assert_eq!(subscription.start(&block(1), 1).err(), Some(Refused::LimitReached));
    // There is room before the follower learns of the end.
    first.finish(done()).await;
    assert_eq!(subscription.start(&block(1), 99).unwrap().granted, 10);
    assert!(matches!(next(&mut events).await, FollowEvent::OperationStorageDone { .. }));
}

#[tokio::test]
async fn only_a_waiting_operation_is_continued() {
    let all = Arc::new(Subscriptions::default());
    let (entered, mut events) = follower(&all);
    let subscription = entered.subscription.clone();
    let operation = subscription.start(&block(1), 1).unwrap();
    let id = operation.id.clone();
    assert!(!subscription.continue_operation(&id));
    let waiting = tokio::spawn(async move { (operation.wait_for_continue().await, operation) });
    assert!(matches!(next(&mut events).await, FollowEvent::OperationWaitingForContinue { .. }));
    assert!(subscription.continue_operation(&id));
    let (goes_on, operation) = waiting.await.unwrap();
    assert!(goes_on);
    assert!(!subscription.continue_operation(&id));
    // What has ended cannot be continued wrongly.
    operation.finish(done()).await;
    assert!(subscription.continue_operation(&id));
}

#[tokio::test]
async fn a_stopped_operation_tells_nothing_more() {
    let all = Arc::new(Subscriptions::default());
    let (entered, mut events) = follower(&all);
    let subscription = entered.subscription.clone();
    let stopped = subscription.start(&block(1), 1).unwrap();
    subscription.stop_operation(&stopped.id);
    assert!(!stopped.tell(done()).await);
    assert!(!stopped.wait_for_continue().await);
    stopped.finish(done()).await;
    assert!(events.try_recv().is_err());

    // A follower that goes stops its operations.
    let running = subscription.start(&block(1), 1).unwrap();
    let waiting = tokio::spawn(async move { running.wait_for_continue().await });
    next(&mut events).await;
    drop(entered);
    assert!(!tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap().unwrap());
}
