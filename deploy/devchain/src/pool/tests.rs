use super::*;
use sp_runtime::transaction_validity::ValidTransaction;
use std::sync::Arc;

fn transaction(id: u8, account: u8, nonce: u8, first: u8, priority: u64) -> Checked {
    let requires = if nonce > first { vec![vec![account, nonce - 1]] } else { Vec::new() };
    Checked {
        hash: Hash::repeat_byte(id),
        bytes: Arc::from(vec![id]),
        validity: ValidTransaction {
            priority,
            requires,
            provides: vec![vec![account, nonce]],
            longevity: u64::MAX,
            propagate: true,
        },
        at: 0,
    }
}

fn order(pool: &Pool) -> Vec<u8> {
    pool.ready(usize::MAX).iter().map(|t| t.bytes[0]).collect()
}

fn sealed(pool: &Pool, ids: &[u8]) {
    let included: Vec<_> = ids
        .iter()
        .map(|id| {
            let position = Position { block: Hash::repeat_byte(0xff), index: 1 };
            (Hash::repeat_byte(*id), position)
        })
        .collect();
    pool.block_sealed(1, &included);
}

#[test]
fn nonces_of_an_account_come_in_order_whatever_their_arrival() {
    let pool = Pool::new(PoolLimits::default());
    assert!(!pool.insert(transaction(3, 1, 2, 0, 1), None).unwrap());
    assert!(!pool.insert(transaction(2, 1, 1, 0, 9), None).unwrap());
    assert_eq!(order(&pool), Vec::<u8>::new());
    assert!(pool.insert(transaction(1, 1, 0, 0, 5), None).unwrap());
    assert_eq!(order(&pool), vec![1, 2, 3]);
}

#[test]
fn priority_orders_accounts_and_arrival_breaks_ties() {
    let pool = Pool::new(PoolLimits::default());
    for (id, account, priority) in [(1, 1, 5), (2, 2, 7), (3, 3, 5)] {
        pool.insert(transaction(id, account, 0, 0, priority), None).unwrap();
    }
    assert_eq!(order(&pool), vec![2, 1, 3]);
}

#[test]
fn inclusion_makes_the_next_nonce_ready_even_if_it_arrives_later() {
    let pool = Pool::new(PoolLimits::default());
    pool.insert(transaction(1, 1, 0, 0, 1), None).unwrap();
    sealed(&pool, &[1]);
    // Checked against the state before the block that included nonce 0.
    assert!(pool.insert(transaction(2, 1, 1, 0, 1), None).unwrap());
    assert_eq!(order(&pool), vec![2]);
}

#[test]
fn a_higher_priority_replaces_and_the_chain_behind_it_stays() {
    let pool = Pool::new(PoolLimits::default());
    let (sender, mut statuses) = tokio::sync::mpsc::unbounded_channel();
    pool.insert(transaction(1, 1, 0, 0, 1), Some(sender)).unwrap();
    pool.insert(transaction(2, 1, 1, 0, 1), None).unwrap();
    assert_eq!(pool.insert(transaction(3, 1, 0, 0, 1), None), Err(PoolError::TooLowPriority { old: 1, new: 1 }));
    assert!(pool.insert(transaction(4, 1, 0, 0, 2), None).unwrap());
    assert_eq!(order(&pool), vec![4, 2]);
    assert_eq!(statuses.try_recv(), Ok(TransactionStatus::Ready));
    let usurper = TransactionStatus::Usurped(Hash::repeat_byte(4));
    assert_eq!(statuses.try_recv(), Ok(usurper));
}

#[test]
fn an_invalid_transaction_leaves_and_those_behind_it_wait() {
    let pool = Pool::new(PoolLimits::default());
    for (id, nonce) in [(1, 0), (2, 1), (3, 2)] {
        pool.insert(transaction(id, 1, nonce, 0, 1), None).unwrap();
    }
    pool.invalidate(&Hash::repeat_byte(1));
    assert_eq!(order(&pool), Vec::<u8>::new());
    assert_eq!(pool.pending().len(), 2);
    assert_eq!(pool.insert(transaction(1, 1, 0, 0, 1), None), Err(PoolError::TemporarilyBanned));
    assert!(pool.insert(transaction(9, 1, 0, 0, 1), None).unwrap());
    assert_eq!(order(&pool), vec![9, 2, 3]);
}

#[test]
fn a_full_pool_refuses() {
    let pool = Pool::new(PoolLimits { transactions: 1, bytes: 100 });
    pool.insert(transaction(1, 1, 0, 0, 1), None).unwrap();
    assert_eq!(pool.insert(transaction(1, 1, 0, 0, 1), None), Err(PoolError::AlreadyImported(Hash::repeat_byte(1))));
    assert_eq!(pool.insert(transaction(2, 2, 0, 0, 1), None), Err(PoolError::ImmediatelyDropped));
}
