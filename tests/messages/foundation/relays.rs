//! Signed actions, carried by somebody else.

use super::steps::{account, assert_refused, refused, Board, KIND};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    action::{foundation::Action, signed_bytes, Authorization},
    board::{BudgetLine, Director, Motion, Succession, Vote},
    errors::foundation::Error,
    hash::selector,
    pause::{Pause, COOL_DOWN_MS},
    AccountId, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    sandbox::{input, Actor},
    Sandbox, HOUR,
};

fn text() -> Motion {
    Motion::AdoptText { text: Hash::from([4; 32]) }
}

/// Every action does for its signer what the signer's own call would.
pub fn carried(network: &mut Sandbox) {
    let board = Board::of(network);
    let [first, second] = ["director 1", "director 2"].map(|name| network.actor(name));
    let chief = network.actor("chief executive");
    network.relay(KIND, &first, &Action::Propose { motion: text() }).unwrap();
    let resolution = network.read::<u32>(KIND, "resolutions", &());
    assert_eq!(network.read::<Option<Motion>>(KIND, "motion_of", &resolution), Some(text()));
    for director in [&first, &second] {
        network.relay(KIND, director, &Action::Vote { resolution, in_favour: true }).unwrap();
    }
    let votes: Vec<Vote> = network.read(KIND, "votes_of", &resolution);
    assert_eq!(votes.iter().map(|vote| vote.director).collect::<Vec<_>>(), [1, 2]);
    board.enact(network, resolution).unwrap();

    let successor = network.actor("signing successor");
    let named = Action::NameSuccessor { successor: Some(successor.account()) };
    network.relay(KIND, &second, &named).unwrap();
    network.relay(KIND, &successor, &Action::ClaimSeat { director: 2 }).unwrap();
    let succession = network.read::<Option<Succession>>(KIND, "successor_of", &2u32).unwrap();
    assert_eq!(succession.successor, successor.account());
    assert!(succession.takes_over_ms.is_some());
    network.relay(KIND, &second, &Action::NameSuccessor { successor: None }).unwrap();
    assert_eq!(network.read::<Option<Succession>>(KIND, "successor_of", &2u32), None);

    let shop = network.merchant("a shop that a signature demotes").index;
    let target = network.contracts.registry;
    let power = Motion::GrantPower { target, selector: selector("set_status"), limit: Some(1) };
    // The powers are full: one makes room.
    board.resolve(network, &Motion::RevokePower { target, selector: selector("message 3") }).unwrap();
    board.resolve(network, &power).unwrap();
    let input = input("set_status", &(Side::Merchant, shop, Status::Demoted, Hash::default()));
    let executed = Action::Execute { target, input };
    network.relay(KIND, &chief, &executed).unwrap();
    let status: Option<Status> = network.read(ContractKind::Registry, "status_of", &(Side::Merchant, shop));
    assert_eq!(status, Some(Status::Demoted));
    assert_eq!(network.relay(KIND, &chief, &executed), refused(Error::PowerExhausted), "its limits hold");

    let (line, to) = (BudgetLine::Research, account(network, "a laboratory"));
    network.give(board.address, 100 * TOKEN);
    board.resolve(network, &Motion::SetSpendingLimit { line, limit: TOKEN }).unwrap();
    network.relay(KIND, &chief, &Action::Spend { line, to, amount: TOKEN }).unwrap();
    assert_eq!(network.bzky_of(to), TOKEN);
    let more = Action::Spend { line, to, amount: 1 };
    assert_eq!(network.relay(KIND, &chief, &more), refused(Error::SpendingLimit));

    let last: Pause = network.read(KIND, "pause_state", &());
    network.state.set_time(network.state.now_ms().max(last.until_ms + COOL_DOWN_MS));
    let until_ms = network.state.now_ms() + HOUR;
    network.relay(KIND, &chief, &Action::Pause { until_ms, skip_failing: false }).unwrap();
    assert_eq!(network.read::<Pause>(KIND, "pause_state", &()).until_ms, until_ms);
}

/// Who carries a word can neither change it nor carry it twice, elsewhere,
/// later or for somebody else; and a signature gives nobody a role.
pub fn attacks(network: &mut Sandbox) {
    let (director, stranger) = (network.actor("director 1"), network.actor("stranger"));
    let action = Action::Propose { motion: text() };
    let attempt = |network: &mut Sandbox, error, action: &Action, authorization: Authorization| {
        assert_refused(network, error, |network| network.carry(KIND, action, authorization));
    };
    let authorization = network.authorize(KIND, &director, &action);
    let nonce = authorization.nonce;
    let changed = Action::Propose { motion: Motion::DismissChiefExecutive };
    attempt(network, Error::BadSignature, &changed, authorization);
    let other = Authorization { account: stranger.account(), nonce: 0, ..authorization };
    attempt(network, Error::BadSignature, &action, other);
    let longer = Authorization { expires_ms: authorization.expires_ms + 1, ..authorization };
    attempt(network, Error::BadSignature, &action, longer);
    attempt(network, Error::BadNonce, &action, Authorization { nonce: nonce + 1, ..authorization });
    let elsewhere = network.authorize_until(ContractKind::Rewards, &director, &action, nonce, authorization.expires_ms);
    attempt(network, Error::BadSignature, &action, elsewhere);
    let (account, contract, expires_ms) = (director.account(), network.contracts.foundation, authorization.expires_ms);
    let bytes = signed_bytes(&Hash::from([8; 32]), &contract, &account, nonce, expires_ms, &action);
    let foreign = Authorization { signature: director.sign(&bytes), ..authorization };
    attempt(network, Error::BadSignature, &action, foreign);
    let now_ms = network.state.now_ms();
    let expired = network.authorize_until(KIND, &director, &action, nonce, now_ms - 1);
    attempt(network, Error::Expired, &action, expired);
    network.carry(KIND, &action, authorization).unwrap();
    attempt(network, Error::BadNonce, &action, authorization);
    let last_moment = network.authorize_until(KIND, &director, &action, nonce + 1, now_ms);
    network.carry(KIND, &action, last_moment).unwrap();
    assert_eq!(network.read::<u64>(KIND, "nonce_of", &director.account()), nonce + 2);

    let resolution = network.read::<u32>(KIND, "resolutions", &());
    let (to, target) = (stranger.account(), network.contracts.registry);
    let (line, until_ms) = (BudgetLine::Research, now_ms + HOUR);
    let not_allowed = [
        (action, Error::NotDirector),
        (Action::Vote { resolution, in_favour: true }, Error::NotDirector),
        (Action::NameSuccessor { successor: Some(to) }, Error::NotDirector),
        (Action::ClaimSeat { director: 1 }, Error::NotSuccessor),
        (Action::Execute { target, input: selector("set_attestor").to_vec() }, Error::NotChiefExecutive),
        (Action::Spend { line, to, amount: 1 }, Error::NotChiefExecutive),
        (Action::Pause { until_ms, skip_failing: true }, Error::NotChiefExecutive),
    ];
    for (action, error) in not_allowed {
        let authorization = network.authorize(KIND, &stranger, &action);
        attempt(network, error, &action, authorization);
    }
    assert_eq!(network.read::<u64>(KIND, "nonce_of", &to), 0, "what is refused uses no nonce up");
    assert_eq!(seats(network), 3);
    contracts_do_not_sign(network);
}

fn seats(network: &mut Sandbox) -> usize {
    network.read::<Vec<Director>>(KIND, "directors", &()).len()
}

/// Nobody signs for an account that no key has: another contract's, or zero.
fn contracts_do_not_sign(network: &mut Sandbox) {
    let forger: Actor = network.actor("forger");
    let action = Action::Propose { motion: text() };
    for account in [network.contracts.foundation, AccountId::from([0; 32])] {
        let bytes = signed_bytes(&network.genesis, &network.contracts.foundation, &account, 0, u64::MAX, &action);
        let authorization = Authorization { account, nonce: 0, expires_ms: u64::MAX, signature: forger.sign(&bytes) };
        let carried: Result<(), ContractError> = network.carry(KIND, &action, authorization);
        assert_eq!(carried, refused(Error::BadSignature));
    }
}
