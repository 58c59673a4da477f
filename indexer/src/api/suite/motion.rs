//! What a resolution resolves, as it is shown.

use crate::model::hex;
use bizkey_client::ss58;
use bizkey_primitives::board::{BudgetLine, Motion};
use serde_json::{json, Value};

fn line(line: BudgetLine) -> &'static str {
    match line {
        BudgetLine::Research => "research",
        BudgetLine::Operation => "operation",
        BudgetLine::Marketing => "marketing",
        BudgetLine::Terminals => "terminals",
        BudgetLine::Reserve => "reserve",
    }
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The kind of a motion, and its figures: accounts in SS58, hashes and calls in
/// hex, amounts in the smallest unit of Bzky.
pub(super) fn motion(motion: &Motion) -> (&'static str, Value) {
    match motion {
        Motion::AdoptText { text } => ("adopt_text", json!({ "text": hex(text.as_ref()) })),
        Motion::ElectChair { director } => ("elect_chair", json!({ "director": director })),
        Motion::AppointChiefExecutive { account } => ("appoint_chief_executive", json!({ "account": ss58(account) })),
        Motion::DismissChiefExecutive => ("dismiss_chief_executive", json!({})),
        Motion::AddDirector { account, name: called } => {
            ("add_director", json!({ "account": ss58(account), "name": name(called) }))
        }
        Motion::RemoveDirector { director } => ("remove_director", json!({ "director": director })),
        Motion::ReplaceDirector { director, account, name: called } => {
            ("replace_director", json!({ "director": director, "account": ss58(account), "name": name(called) }))
        }
        Motion::Call { target, input } => ("call", json!({ "target": ss58(target), "input": hex(input) })),
        Motion::Upgrade { target, code_hash } => {
            ("upgrade", json!({ "target": ss58(target), "code_hash": hex(code_hash.as_ref()) }))
        }
        Motion::Ossify { target } => ("ossify", json!({ "target": ss58(target) })),
        Motion::Cancel { resolution } => ("cancel", json!({ "resolution": resolution })),
        Motion::GrantPower { target, selector, limit } => {
            ("grant_power", json!({ "target": ss58(target), "selector": hex(selector), "limit": limit }))
        }
        Motion::RevokePower { target, selector } => {
            ("revoke_power", json!({ "target": ss58(target), "selector": hex(selector) }))
        }
        Motion::SetPausePower { granted } => ("set_pause_power", json!({ "granted": granted })),
        Motion::SetShares { shares } => ("set_shares", json!({ "shares": shares })),
        Motion::SetSpendingLimit { line: of, limit } => {
            ("set_spending_limit", json!({ "line": line(*of), "limit": limit.to_string() }))
        }
        Motion::Pay { line: of, to, amount } => {
            ("pay", json!({ "line": line(*of), "to": ss58(to), "amount": amount.to_string() }))
        }
        Motion::MoveFunds { from, to, amount } => {
            ("move_funds", json!({ "from": line(*from), "to": line(*to), "amount": amount.to_string() }))
        }
        Motion::Pause { duration_ms, skip_failing } => {
            ("pause", json!({ "duration_ms": duration_ms.to_string(), "skip_failing": skip_failing }))
        }
        Motion::SetPausable { contracts } => {
            ("set_pausable", json!({ "contracts": contracts.iter().map(ss58).collect::<Vec<_>>() }))
        }
    }
}
