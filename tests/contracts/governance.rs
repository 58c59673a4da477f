//! Who rules a network that was handed over: its board, and nobody else.

use bizkey_client::{administrators, hand_over, powers_of, ContractError};
use bizkey_primitives::{
    board::{Motion, CODE_DELAY_MS},
    errors::{foundation, registry, vesting},
    hash::selector,
    vesting::Line,
    AccountId, Hash, BZKY_SUPPLY, MERCHANT_POOL, TOKEN,
};
use bizkey_tests::{world::refusal, World, DAY};
use codec::Encode;

/// A network that was handed over, its platform being the chief executive.
async fn handed_over() -> World {
    let world = World::new().await;
    hand_over(&world.suite, &world.admin, world.stranger.account_id()).await.unwrap();
    world
}

/// Proposes by the first director, who votes for it, as does the second.
async fn resolve(world: &World, motion: &Motion) -> u32 {
    let board = world.suite.foundation();
    let proposed = board.propose(motion).dry_run(&world.directors[0].account_id(), None).await.unwrap().value;
    board.propose(motion).send(&world.directors[0]).await.unwrap();
    for director in &world.directors[..2] {
        // A proposal may be its proposer's vote already.
        let _ = board.vote(proposed, true).send(director).await;
    }
    proposed
}

fn call(target: AccountId, message: &str, arguments: &impl Encode) -> Motion {
    let mut input = selector(message).to_vec();
    arguments.encode_to(&mut input);
    Motion::Call { target, input }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_to_the_deployer_and_handing_over_again_changes_nothing() {
    let world = handed_over().await;
    let board = world.suite.foundation().address();
    for (kind, admin) in administrators(&world.suite).await.unwrap() {
        assert_eq!(admin, board, "{kind}");
    }
    assert_eq!(powers_of(&world.suite, world.admin.account_id()).await.unwrap(), Vec::<String>::new());
    hand_over(&world.suite, &world.admin, world.stranger.account_id()).await.unwrap();
    let attestor = world.suite.registry().set_attestor(world.admin.account_id(), true);
    let refused = refusal(attestor.send(&world.admin).await);
    assert_eq!(refused, ContractError::Registry(registry::Error::NotAdmin));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_majority_of_the_board_does_what_the_admin_could() {
    let world = handed_over().await;
    let newcomer = AccountId::from([77; 32]);
    let registry = world.suite.registry();
    let motion = call(registry.address(), "set_attestor", &(newcomer, true));
    let board = world.suite.foundation();
    board.propose(&motion).send(&world.directors[0]).await.unwrap();
    let early = refusal(board.enact(1).send(&world.stranger).await);
    assert!(matches!(early, ContractError::Foundation(_)), "one of three is no majority: {early}");
    let resolution = resolve(&world, &motion).await;
    assert!(!registry.is_attestor(newcomer, None).await.unwrap());
    board.enact(resolution).send(&world.stranger).await.unwrap();
    assert!(registry.is_attestor(newcomer, None).await.unwrap());
    let again = refusal(board.enact(resolution).send(&world.stranger).await);
    assert!(matches!(again, ContractError::Foundation(_)), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_changes_fourteen_days_after_the_vote_and_keeps_what_was_stored() {
    let world = handed_over().await;
    let shop = world.shop(1).await;
    let (registry, board) = (world.suite.registry(), world.suite.foundation());
    // The same code: what matters is that the change happens, and when.
    let code_hash = Hash::from(*world.suite.deployment().code_hashes.get(bizkey_client::ContractKind::Registry));
    let resolution = resolve(&world, &Motion::Upgrade { target: registry.address(), code_hash }).await;
    let early = refusal(board.enact(resolution).send(&world.stranger).await);
    assert!(matches!(early, ContractError::Foundation(_)), "{early}");
    world.set_time(world.chain.now_ms() + CODE_DELAY_MS + DAY).await;
    board.enact(resolution).send(&world.stranger).await.unwrap();
    let account = registry.account_of(bizkey_primitives::Side::Merchant, shop.index, None).await.unwrap();
    assert_eq!(account, Some(shop.account()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_cannot_get_round_the_delay() {
    let world = handed_over().await;
    let registry = world.suite.registry().address();
    for message in ["set_code", "ossify", "hand_over", "bind"] {
        let motion = call(registry, message, &Hash::from([1; 32]));
        let refused = refusal(world.suite.foundation().propose(&motion).send(&world.directors[0]).await);
        assert!(
            matches!(refused, ContractError::Foundation(foundation::Error::SelectorRefused)),
            "{message}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_issue_early_supporters_and_partners_have_their_part_and_no_more() {
    let world = World::new().await;
    let (vesting, treasury) = (world.suite.vesting(), world.treasury.account_id());
    // 3 points of 10^10, released when the network was made.
    assert_eq!(world.bzky_of(treasury).await, 300_000_000 * TOKEN);
    assert_eq!(vesting.released(Line::EarlySupporters, None).await.unwrap(), 300_000_000 * TOKEN);
    vesting.release(Line::Partners).send(&world.stranger).await.unwrap();
    assert_eq!(world.bzky_of(treasury).await, 350_000_000 * TOKEN);
    for line in Line::ALL {
        let refused = refusal(vesting.release(line).send(&world.stranger).await);
        assert!(
            matches!(refused, ContractError::Vesting(vesting::Error::NothingDue | vesting::Error::FoundationLine)),
            "{line:?}: {refused}"
        );
    }
    let held = world.bzky_of(vesting.address()).await;
    assert_eq!(held, BZKY_SUPPLY - MERCHANT_POOL - 350_000_000 * TOKEN);
}
