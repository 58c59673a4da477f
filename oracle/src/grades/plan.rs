//! Which rewards are due, and the calls that create their tasks.

use super::rewards::LevelRewards;
use bizkey_indexer::{
    model::{hex, GradeReached, Network, Resolution, ResolutionState, Task},
    scores::Grade,
    Result, Store,
};
use bizkey_primitives::{
    board::{Motion, EXECUTION_MS, VOTING_MS},
    hash::{blake2x256, selector},
    party::Status,
    redemption::{TaskTerms, BIZKEY},
    AccountId, Epoch, Hash, MerchantIndex,
};
use codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that are read at a time.
const PAGE: u32 = 128;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a list of due rewards is made by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSettings {
    /// How much for which grade.
    pub rewards: LevelRewards,
    /// How long a task lives from the close of the last graded epoch,
    /// milliseconds; at most a year. 60 days: 14 of voting, 14 until it is
    /// carried out, and a month in which customers can come.
    pub life_ms: u64,
    /// For how many epochs a reward is due that nobody created. A quarter of a
    /// year, so that a board that rests does not lose it, and a list never
    /// looks through all of history.
    pub window: u32,
    /// Most rewards of one list: as many as a board can look over.
    pub most: u32,
}

impl Default for PlanSettings {
    fn default() -> Self {
        Self { rewards: LevelRewards::default(), life_ms: 60 * DAY_MS, window: 90, most: 100 }
    }
}

/// A reward that no task on chain gives yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReward {
    /// Who reached what when.
    pub reached: GradeReached,
    /// What customers have to do, in words; the index takes it once the task
    /// exists.
    pub text: String,
    /// The task.
    pub terms: TaskTerms,
    /// The call to `redemption` that creates it, selector and arguments: for
    /// its admin.
    pub create: Vec<u8>,
    /// For the chief executive, who needs power over `create_task`: the call
    /// of `foundation.execute`.
    pub execute: Vec<u8>,
    /// For a director: the call of `foundation.propose`.
    pub propose: Vec<u8>,
}

/// What the customers of a shop that reached a grade are told. Its hash is the
/// reward's identity, so it names nothing that may change.
#[must_use]
pub fn text(network: &Network, merchant: MerchantIndex, grade: Grade) -> String {
    format!(
        "Bizkey level reward, version 1\nchain {}\nredemption {}\nshop {merchant}\ngrade {} ({})\nBuy at this shop, \
         with a ticket of your wallet, after this task was created. The first customers in the chain's order earn its \
         reward, each once.\n",
        hex(&network.genesis_hash),
        hex(network.contracts.redemption.as_ref()),
        grade.number(),
        grade.name(),
    )
}

fn conditions(text: &str) -> Hash {
    Hash::from(blake2x256(text.as_bytes()))
}

/// The rewards that are due as of the last graded epoch, by epoch, shop and
/// grade. Shops that are not in good standing have to wait until they are.
///
/// # Errors
/// Those of the index.
pub async fn due(store: &Store, settings: &PlanSettings) -> Result<Vec<DueReward>> {
    let mut due = Vec::new();
    let (Some(last), Some(now)) = (store.last_graded_epoch().await?, store.checkpoint().await?) else {
        return Ok(due);
    };
    let network = store.network();
    let planned = planned(store, now.timestamp_ms).await?;
    // The same for whoever asks before another epoch is graded.
    let expires_ms = network.calendar.end_ms(last).saturating_add(settings.life_ms);
    let mut pages = Pages::within(last, settings.window);
    while let Some(page) = pages.next(store).await? {
        for (reached, named) in page {
            let Some(reward) = settings.rewards.of(reached.grade) else { continue };
            if !named.tasks.is_empty() || planned.contains(&named.conditions) {
                continue;
            }
            // The epoch of the last stored block; there is a graded one, so genesis is over.
            let epoch = now.stamp.saturating_sub(1);
            let shop = store.merchant(reached.merchant, epoch).await?;
            if shop.is_none_or(|shop| shop.status != Status::Active) {
                continue;
            }
            let terms =
                TaskTerms { conditions: named.conditions, reward: reward.time, stock: reward.customers, expires_ms };
            due.push(DueReward::new(network, reached, named.text, terms));
            if due.len() as u64 >= u64::from(settings.most) {
                return Ok(due);
            }
        }
    }
    Ok(due)
}

impl DueReward {
    fn new(network: &Network, reached: GradeReached, text: String, terms: TaskTerms) -> Self {
        let target = network.contracts.redemption;
        let create = called("create_task", &terms);
        let execute = called("execute", &(target, create.clone()));
        let propose = called("propose", &Motion::Call { target, input: create.clone() });
        Self { reached, text, terms, create, execute, propose }
    }
}

/// A message's selector and arguments.
fn called(message: &str, arguments: &impl Encode) -> Vec<u8> {
    let mut input = selector(message).to_vec();
    arguments.encode_to(&mut input);
    input
}

/// The conditions of tasks that a resolution would create which can still be
/// carried out.
async fn planned(store: &Store, now_ms: u64) -> Result<BTreeSet<Hash>> {
    let redemption = store.network().contracts.redemption;
    let open = open_resolutions(store, now_ms).await?;
    Ok(open.iter().filter_map(|resolution| created_by(&resolution.motion, &redemption)).collect())
}

/// The board's resolutions that can still be carried out at `now_ms`, those
/// that are voted on first.
pub(crate) async fn open_resolutions(store: &Store, now_ms: u64) -> Result<Vec<Resolution>> {
    let mut open = Vec::new();
    for state in [ResolutionState::Open, ResolutionState::Passed] {
        let mut after = 0;
        loop {
            let page = store.resolutions_after(Some(state), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.resolution;
            open.extend(page.into_iter().filter(|resolution| {
                let ends_ms = match resolution.executable_ms {
                    Some(from_ms) => from_ms.saturating_add(EXECUTION_MS),
                    None => resolution.proposed_ms.saturating_add(VOTING_MS),
                };
                ends_ms > now_ms
            }));
        }
    }
    Ok(open)
}

/// The conditions of the task that a motion would create.
fn created_by(motion: &Motion, redemption: &AccountId) -> Option<Hash> {
    let Motion::Call { target, input } = motion else { return None };
    let arguments = input.strip_prefix(&selector("create_task")).filter(|_| target == redemption)?;
    TaskTerms::decode(&mut &*arguments).ok().map(|terms| terms.conditions)
}

/// A reward's task by its name.
pub(super) struct Named {
    /// The text.
    pub text: String,
    /// Its hash.
    pub conditions: Hash,
    /// Bizkey's tasks with it; one, unless the board created it twice.
    pub tasks: Vec<Task>,
}

/// The grades that were reached, with the tasks that reward them, page by page.
pub(super) struct Pages(Option<GradeReached>);

impl Pages {
    /// Those reached in the `window` epochs up to `last`.
    pub fn within(last: Epoch, window: u32) -> Self {
        // The last place of the epoch before.
        let before = last.checked_sub(window);
        Self(before.map(|epoch| GradeReached { epoch, merchant: MerchantIndex::MAX, grade: Grade::Diamond }))
    }

    /// The next page; `None` after the last.
    pub async fn next(&mut self, store: &Store) -> Result<Option<Vec<(GradeReached, Named)>>> {
        let page = store.grades_reached(None, self.0, PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.0 = Some(*last);
        let texts = page.iter().map(|reached| text(store.network(), reached.merchant, reached.grade));
        let texts: Vec<(String, Hash)> = texts.map(|text| (text.clone(), conditions(&text))).collect();
        let hashes: Vec<Hash> = texts.iter().map(|(_, hash)| *hash).collect();
        let mut tasks: BTreeMap<Hash, Vec<Task>> = BTreeMap::new();
        for task in store.tasks_named(BIZKEY, &hashes).await? {
            tasks.entry(task.terms.conditions).or_default().push(task);
        }
        let named = page.into_iter().zip(texts).map(|(reached, (text, conditions))| {
            (reached, Named { text, conditions, tasks: tasks.remove(&conditions).unwrap_or_default() })
        });
        Ok(Some(named.collect()))
    }
}
