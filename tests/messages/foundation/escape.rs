//! Roles never escape: whoever holds one cannot give it to somebody else by
//! any message, except as documented: a party to its own next account, a
//! beneficiary to its next, both by two steps, and a director to its
//! successor after 30 days.

use super::{
    arguments::{Dice, Message, Metadata},
    stage::{self, HOLDERS},
    steps::account,
};
use bizkey_client::ContractKind;
use bizkey_primitives::{redemption::RedemptionRole, vesting::Line, AccountId, Side};
use bizkey_tests::{
    sandbox::{input, State},
    Sandbox,
};
use codec::Encode;
use std::collections::{BTreeMap, BTreeSet};

/// Tries of each message with made-up arguments, of each holder.
const TRIES: u64 = 6;

/// A read that tells who holds something.
struct Question {
    name: String,
    contract: AccountId,
    input: Vec<u8>,
}

/// What there is to ask about the roles of the suite and these accounts.
fn questions(network: &Sandbox, accounts: &[AccountId]) -> Vec<Question> {
    use ContractKind as Kind;
    let mut questions = Vec::new();
    let mut ask = |kind: ContractKind, message: &str, arguments: Vec<u8>| {
        let mut input = input(message, &());
        input.extend_from_slice(&arguments);
        let name = format!("{kind}.{message}({})", hex::encode(&arguments));
        questions.push(Question { name, contract: network.address(kind), input });
    };
    for kind in [Kind::Registry, Kind::Receipts, Kind::PosDeposit, Kind::Rewards, Kind::Redemption, Kind::Otc] {
        ask(kind, "admin", Vec::new());
    }
    ask(Kind::PosDeposit, "settings", Vec::new());
    ask(Kind::Receipts, "settings", Vec::new());
    ask(Kind::Registry, "receipts", Vec::new());
    ask(Kind::Vesting, "foundation", Vec::new());
    ask(Kind::Foundation, "directors", Vec::new());
    ask(Kind::Foundation, "chief_executive", Vec::new());
    ask(Kind::Foundation, "powers", Vec::new());
    for epoch in [0u32, 1, 3, 100, 101] {
        ask(Kind::Rewards, "committee_at", epoch.encode());
    }
    for role in [RedemptionRole::PriceSetter, RedemptionRole::FiatSeller, RedemptionRole::TaskConfirmer] {
        ask(Kind::Redemption, "role", role.encode());
    }
    for line in Line::ALL {
        ask(Kind::Vesting, "beneficiary_of", line.encode());
    }
    for index in [1u32, 2] {
        ask(Kind::Registry, "account_of", (Side::Merchant, index).encode());
        ask(Kind::Registry, "account_of", (Side::Customer, index).encode());
    }
    ask(Kind::Registry, "agent", 1u32.encode());
    for account in accounts {
        ask(Kind::Registry, "is_attestor", account.encode());
        ask(Kind::Otc, "desk_key", account.encode());
    }
    questions
}

/// The roles as they stand before anything is tried, and how to see what changed.
struct Watch {
    reader: AccountId,
    questions: Vec<Question>,
    answers: Vec<Vec<u8>>,
    /// All storage of the contracts that are asked.
    cells: BTreeMap<AccountId, Vec<(Vec<u8>, Vec<u8>)>>,
}

fn answer(state: &mut State, reader: AccountId, question: &Question) -> Vec<u8> {
    state.execute(reader, question.contract, question.input.clone()).result.expect("a read")
}

impl Watch {
    fn new(network: &mut Sandbox, accounts: &[AccountId]) -> Self {
        let (reader, questions) = (account(network, "stranger"), questions(network, accounts));
        let state = &mut network.state;
        let answers = questions.iter().map(|question| answer(state, reader, question)).collect();
        let cells = questions.iter().map(|question| (question.contract, state.storage_of(question.contract))).collect();
        Self { reader, questions, answers, cells }
    }

    /// Which roles somebody else holds now. Only contracts whose storage
    /// changed at all are asked.
    fn changed(&self, state: &mut State) -> Vec<String> {
        let touched: Vec<AccountId> = self
            .cells
            .iter()
            .filter(|(contract, cells)| state.storage_of(**contract) != **cells)
            .map(|(c, _)| *c)
            .collect();
        let mut changed = Vec::new();
        for (question, before) in self.questions.iter().zip(&self.answers) {
            if touched.contains(&question.contract) && answer(state, self.reader, question) != *before {
                changed.push(question.name.clone());
            }
        }
        changed
    }
}

/// What the newcomer can say to take something that it was offered.
fn takings(network: &Sandbox) -> Vec<(&'static str, AccountId, Vec<u8>)> {
    let (registry, foundation) = (network.contracts.registry, network.contracts.foundation);
    let mut takings = Vec::new();
    for side in Side::ALL {
        for index in [1u32, 2] {
            takings.push(("accept_account", registry, input("accept_account", &(side, index))));
            takings.push(("consent_recovery", registry, input("consent_recovery", &(side, index))));
            takings.push(("finish_recovery", registry, input("finish_recovery", &(side, index))));
        }
    }
    for line in Line::ALL {
        takings.push(("accept_beneficiary", network.contracts.vesting, input("accept_beneficiary", &line)));
    }
    for director in 1u32..=3 {
        takings.push(("claim_seat", foundation, input("claim_seat", &director)));
        takings.push(("take_seat", foundation, input("take_seat", &director)));
    }
    takings
}

struct Trial {
    network: Sandbox,
    newcomer: AccountId,
    watch: Watch,
    /// Every message that changes state, with its bundle.
    bundles: Vec<(Metadata, Vec<Message>)>,
}

fn trial() -> Trial {
    let mut network = Sandbox::new();
    stage::set(&mut network);
    stage::hand_over(&mut network);
    let newcomer = account(&network, "newcomer");
    let accounts = [newcomer, account(&network, "other"), account(&network, "shop 1"), account(&network, "customer 1")];
    let watch = Watch::new(&mut network, &accounts);
    let bundle = |kind| {
        let metadata = Metadata::read(kind);
        let messages = metadata.mutating();
        (metadata, messages)
    };
    let bundles = ContractKind::ALL.map(bundle).into_iter().collect();
    Trial { network, newcomer, watch, bundles }
}

/// No single message of a holder changes who holds any role; and of what it
/// offers, the newcomer takes at once only what is documented.
#[test]
fn a_role_goes_to_nobody_else_except_as_documented() {
    let Trial { mut network, newcomer, watch, bundles } = trial();
    let takings = takings(&network);
    // Half of the accounts in arguments are the newcomer's.
    let pool = stage::pool(&network, vec![newcomer; 10]);
    let (mut taken, mut carried_out) = (BTreeSet::new(), BTreeSet::new());
    for holder in HOLDERS {
        let origin = account(&network, holder);
        for (metadata, messages) in &bundles {
            for message in messages {
                let address = network.address(message.kind);
                // `bzky` has no roles and calls nobody.
                let tries = if message.kind == ContractKind::Bzky { 0 } else { TRIES };
                for seed in 0..tries {
                    let input = metadata.input(message, &pool, &mut Dice::new(seed + 77));
                    let label = format!("{}.{}", message.kind, message.label);
                    let found = network.state.rolled_back(|state| {
                        let executed = state.execute(origin, address, input);
                        if executed.result.is_err() {
                            return Vec::new();
                        }
                        carried_out.insert(label.clone());
                        assert_eq!(watch.changed(state), Vec::<String>::new(), "{holder} by {label}");
                        if !executed.events.iter().any(|event| offers(event.name())) {
                            return Vec::new();
                        }
                        let mut take = |taken: &[(&'static str, AccountId, Vec<u8>)]| {
                            state.rolled_back(|state| {
                                for (_, contract, input) in taken {
                                    let _ = state.execute(newcomer, *contract, input.clone());
                                }
                                !watch.changed(state).is_empty()
                            })
                        };
                        let mut found = Vec::new();
                        // All one after the other; if that takes something, which one it was.
                        if take(&takings) {
                            let alone = takings.iter().filter(|taking| take(&[(*taking).clone()]));
                            found.extend(alone.map(|(message, ..)| *message));
                            assert!(!found.is_empty(), "{holder} by {label}: taken in several steps");
                        }
                        found
                    });
                    taken.extend(found.into_iter().map(|taking| format!("{holder}: {label}, {taking}")));
                }
            }
        }
    }
    let documented = [
        "customer 1: registry.propose_account, accept_account",
        "shop 1: registry.propose_account, accept_account",
        "treasury: vesting.propose_beneficiary, accept_beneficiary",
    ];
    assert_eq!(taken.iter().collect::<Vec<_>>(), documented, "of {carried_out:?}");
    // A director's successor was named, and has nothing yet.
    assert!(carried_out.contains("foundation.name_successor"), "{carried_out:?}");
}

/// Events of what somebody else can take.
fn offers(event: &str) -> bool {
    ["AccountProposed", "VestingBeneficiaryProposed", "SuccessorNamed", "RecoveryProposed", "RecoverySupported"]
        .contains(&event)
}

/// The same trial in the board's name does change roles: so it would see it.
#[test]
fn the_board_does_change_roles() {
    let Trial { mut network, newcomer, watch, bundles } = trial();
    let (board, pool) = (network.contracts.foundation, stage::pool(&network, vec![newcomer; 10]));
    let mut seen = BTreeSet::new();
    for (metadata, messages) in &bundles {
        // Other code would not answer what is asked.
        for message in messages.iter().filter(|message| message.label != "set_code") {
            let address = network.address(message.kind);
            for seed in 0..4 * TRIES {
                let input = metadata.input(message, &pool, &mut Dice::new(seed + 77));
                let changed = network.state.rolled_back(|state| {
                    state.execute(board, address, input).result.is_ok() && !watch.changed(state).is_empty()
                });
                if changed {
                    seen.insert(message.label.clone());
                }
            }
        }
    }
    for expected in ["set_attestor", "set_platform", "set_role", "set_desk", "move_agent"] {
        assert!(seen.contains(expected), "{expected} is not among {seen:?}");
    }
}
