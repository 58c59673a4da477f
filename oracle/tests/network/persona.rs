//! From receipts on a real chain to a resolution of its board.

use crate::place::Place;
use bizkey_client::hand_over;
use bizkey_oracle::persona::{
    find,
    observe::{
        first_block_after, first_row_after, from_index, known, observe, read_batches, sales_between, Known, Observed,
    },
    propose, Features, Kind, Proposal, Severity, Window,
};
use bizkey_primitives::{
    board::Motion,
    receipt::{self, batch_hash, Channel, Header, Rail, Receipt},
    Hash, Side, Status,
};
use codec::Decode;

/// One basket of customer 1 at the first shop in three receipts, by the clock.
async fn split_basket(place: &mut Place) {
    let at_ms = place.world.chain.now_ms();
    let device = &place.shops[0].device;
    let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms };
    let piece = |number: u8| Receipt {
        delta_seconds: 30,
        amount: 400 + u64::from(number),
        customer: 1,
        channel: Channel::InStore,
        rail: Rail::Cash,
        reference: [device.next_seq as u8 + 1, number, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    };
    let payload = receipt::encode_payload(&header, &[piece(1), piece(2), piece(3)]);
    let suite = &place.world.suite;
    let genesis = Hash::from(suite.client().genesis_hash());
    let hash = batch_hash(&genesis, suite.receipts().address().as_ref(), device.id, device.next_seq, 3, &payload);
    let call = suite.receipts().record(device.id, device.next_seq, 3, &payload, device.key.sign(&hash));
    call.send(&place.world.stranger).await.unwrap();
    place.shops[0].device.next_seq += 1;
}

/// What a scan proposes now; `paid` is what every party was paid for epoch 3.
async fn scan(place: &Place, paid: u128) -> Vec<Proposal> {
    let suite = &place.world.suite;
    let (observed, parties, batches) = observe(suite, None, |_| {}).await.unwrap();
    let Observed { place: network, window, sales, facts } = observed;
    let features = Features::new(sales, window, facts).unwrap();
    let of = |side, index| {
        let known = parties.known(side, index);
        Known { paid: [(3, paid)].into(), ..known }
    };
    propose(&find(&features), &[], &features, &network, of, |receipts| batches.proofs(receipts))
}

async fn status(place: &Place) -> Option<Status> {
    place.world.suite.registry().status_of(Side::Merchant, 1, None).await.unwrap()
}

/// Has the board resolve exactly what a proposal says.
async fn resolve(place: &Place, proposal: &Proposal) {
    for call in &proposal.calls {
        assert_eq!(call.contract, place.world.suite.foundation().address());
        place.resolve(&Motion::decode(&mut &call.input[4..]).unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_can_enact_what_a_scan_proposes_and_is_not_asked_twice() {
    let mut place = Place::new(2, 2).await;
    let world = &place.world;
    hand_over(&world.suite, &world.admin, world.stranger.account_id()).await.unwrap();
    for epoch in 0..7 {
        place.world.enter_epoch(epoch).await;
        split_basket(&mut place).await;
        place.sell(1, &[(2, 900)]).await;
    }
    place.world.enter_epoch(7).await;

    // The chain and an index see the same, and prove the same.
    place.book().await;
    let suite = &place.world.suite;
    let (mut chain, parties, batches) = observe(suite, None, |_| {}).await.unwrap();
    let mut index = from_index(&place.store, None, None, |_, _| {}).await.unwrap();
    chain.sales.sort_unstable_by_key(|sale| sale.id);
    index.sales.sort_unstable_by_key(|sale| sale.id);
    assert_eq!(chain, index);
    assert_eq!(chain.sales.len(), 28);
    let from_rows = known(&place.store, Side::Merchant, 1, 0).await.unwrap();
    assert_eq!(parties.known(Side::Merchant, 1), from_rows);
    assert!(from_rows.commitment.is_some());
    let all: Vec<_> = chain.sales.iter().map(|sale| sale.id).collect();
    let (first, last) = (suite.deployment().block + 1, place.head().await.number);
    let read = read_batches(suite, &suite.deployment().calendar, &[first..=last]).await.unwrap();
    assert_eq!(batches.proofs(&all), read.proofs(&all));
    assert_eq!(read.proofs(&all).len(), 14);
    let mut days = sales_between(&place.store, None, Window { first: 2, last: 4 }, |_| {}).await.unwrap();
    days.sort_unstable_by_key(|sale| sale.id);
    let between = chain.sales.iter().filter(|sale| (2..=4).contains(&sale.epoch)).copied();
    assert_eq!(days, between.collect::<Vec<_>>());

    // Both name the same block after an epoch: the first that is later.
    let blocks = place.blocks(first).await;
    for epoch in 0..8 {
        let later = |time| suite.deployment().calendar.epoch_at(time).is_some_and(|of| of > epoch);
        let expected = blocks.iter().find(|block| later(block.timestamp_ms)).map(|block| (block.number, block.hash));
        assert_eq!(expected.is_some(), epoch < 7, "epoch 7 is open");
        let named = first_block_after(suite, epoch).await.unwrap();
        assert_eq!(named.map(|block| (block.number, block.hash)), expected, "epoch {epoch}");
        assert_eq!(first_row_after(&place.store, epoch).await.unwrap(), named, "epoch {epoch}");
    }

    // Nothing is done by itself.
    let proposals = scan(&place, 0).await;
    assert_eq!(status(&place).await, Some(Status::Active));
    let [proposal] = &proposals[..] else { panic!("one proposal: {proposals:?}") };
    assert_eq!((proposal.side, proposal.index), (Side::Merchant, 1));
    let finding = &proposal.evidence.findings[0];
    assert_eq!((finding.kind.as_str(), finding.receipts.len()), (Kind::Splitting.name(), 21));
    assert_eq!(proposal.evidence.unpaid_epochs, [0, 1, 2, 3, 4, 5, 6]);

    // Each proof leads to the head that the contract keeps.
    let genesis = Hash::from(suite.client().genesis_hash());
    let contract = suite.receipts().address();
    assert_eq!(proposal.evidence.proofs.len(), 7);
    for proof in &proposal.evidence.proofs {
        let hash = batch_hash(&genesis, contract.as_ref(), proof.device, proof.seq, proof.count, &proof.payload);
        let head = suite.receipts().head(proof.device, proof.epoch, None).await.unwrap();
        assert_eq!(head, Some(Hash::from(proof.head(&hash))), "epoch {}", proof.epoch);
    }

    // As it would be had epoch 3 been paid: all of it is taken back.
    let proposals = scan(&place, 5_000).await;
    assert_eq!((proposals[0].calls.len(), proposals[0].evidence.take_back), (2, 5_000));
    resolve(&place, &proposals[0]).await;
    let expected = proposals[0].severity.status();
    assert_eq!(status(&place).await, Some(expected));
    place.book().await;
    let history = place.store.status_history(Side::Merchant, 1).await.unwrap();
    assert_eq!(history.last().map(|change| change.reason), Some(proposals[0].reason));
    assert_eq!(place.store.debt(Side::Merchant, 1).await.unwrap(), 5_000);

    // The same receipts are judged; only who goes on is proposed again.
    place.world.enter_epoch(8).await;
    assert_eq!(scan(&place, 5_000).await, []);
    split_basket(&mut place).await;
    place.world.enter_epoch(9).await;
    let again = scan(&place, 5_000).await;
    let next = if expected == Status::Demoted { Severity::Restricted } else { Severity::Removed };
    assert_eq!(again.iter().map(|proposal| proposal.severity).collect::<Vec<_>>(), [next]);
    assert_eq!((again[0].evidence.take_back, again[0].evidence.unpaid_epochs.as_slice()), (0, &[8][..]));
}
