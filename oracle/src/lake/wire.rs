//! Operators as bytes, for processes that share no memory. The state does not
//! travel: its address does, and its digest.

use super::{
    customers::CustomerSales,
    merchants::{MerchantTally, Past, TallyRules},
    operator::PartsExec,
    state::StateAddress,
    voids::LaterVoid,
    Exchange,
};
use crate::scoring::{Algorithm, Standing};
use bizkey_primitives::{membership::Clamp, CustomerIndex, Epoch, MerchantIndex, Status};
use codec::{Compact, Decode, DecodeAll as _, Encode};
use datafusion::{
    error::{DataFusionError, Result},
    physical_plan::ExecutionPlan,
};
use std::{collections::BTreeMap, sync::Arc};

/// An operator without its input.
#[derive(Encode, Decode)]
enum Operator {
    Merchants { partitions: u32, rules: Rules, state: StateAddress },
    Customers { partitions: u32, largest: CustomerIndex },
}

/// [`TallyRules`], small: clamps are of trades, so few differ.
#[derive(Encode, Decode)]
struct Rules {
    epoch: Epoch,
    algorithm: u16,
    first_id: u64,
    end_id: u64,
    statuses: Vec<(MerchantIndex, Status)>,
    clamps: Vec<(Clamp, Ascending)>,
    voids: Vec<LaterVoid>,
}

/// Indices by how much each is above the one before.
#[derive(Encode, Decode)]
struct Ascending(Vec<Compact<u32>>);

impl Ascending {
    fn new(indices: &[u32]) -> Self {
        let before = std::iter::once(0).chain(indices.iter().copied());
        Self(indices.iter().zip(before).map(|(index, before)| Compact(index.wrapping_sub(before))).collect())
    }

    fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().scan(0u32, |last, Compact(step)| {
            *last = last.wrapping_add(*step);
            Some(*last)
        })
    }
}

impl From<&TallyRules> for Rules {
    fn from(rules: &TallyRules) -> Self {
        let mut clamps: BTreeMap<(u64, u64), Vec<MerchantIndex>> = BTreeMap::new();
        for (merchant, clamp) in &rules.clamps {
            clamps.entry((clamp.lo, clamp.hi)).or_default().push(*merchant);
        }
        let clamp = |((lo, hi), merchants): ((u64, u64), Vec<u32>)| (Clamp { lo, hi }, Ascending::new(&merchants));
        Self {
            epoch: rules.epoch,
            algorithm: rules.algorithm.version(),
            first_id: rules.ids.start,
            end_id: rules.ids.end,
            statuses: rules.merchants.marked().collect(),
            clamps: clamps.into_iter().map(clamp).collect(),
            voids: rules.voids.clone(),
        }
    }
}

impl TryFrom<Rules> for TallyRules {
    type Error = DataFusionError;

    fn try_from(rules: Rules) -> Result<Self> {
        let algorithm = Algorithm::try_from(rules.algorithm);
        let mut clamps: Vec<(MerchantIndex, Clamp)> = Vec::new();
        for (clamp, merchants) in &rules.clamps {
            clamps.extend(merchants.indices().map(|merchant| (merchant, *clamp)));
        }
        clamps.sort_unstable_by_key(|(merchant, _)| *merchant);
        Ok(Self {
            epoch: rules.epoch,
            algorithm: algorithm.map_err(|error| DataFusionError::External(Box::new(error)))?,
            ids: rules.first_id..rules.end_id,
            merchants: Standing::new(rules.statuses.into_iter().collect()),
            clamps,
            voids: rules.voids,
        })
    }
}

/// One of our operators as bytes, without its input; `None` for a plan whose
/// first operator is not ours.
///
/// # Errors
/// When it works on memory of this process.
pub fn encode_operator(plan: &dyn ExecutionPlan) -> Result<Option<Vec<u8>>> {
    let operator = if let Some(exec) = plan.downcast_ref::<PartsExec<MerchantTally>>() {
        let MerchantTally { rules, past } = exec.work();
        let Past::Elsewhere(state) = past else { return Err(bound("its state is in memory")) };
        Operator::Merchants { partitions: partitions(exec.exchange())?, rules: rules.into(), state: state.clone() }
    } else if let Some(exec) = plan.downcast_ref::<PartsExec<CustomerSales>>() {
        Operator::Customers { partitions: partitions(exec.exchange())?, largest: exec.work().largest }
    } else {
        return Ok(None);
    };
    Ok(Some(operator.encode()))
}

/// The operator of bytes that [`encode_operator`] has made, over its input.
///
/// # Errors
/// When they are of another version, or there is not one input.
pub fn decode_operator(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
    let operator = Operator::decode_all(&mut &*bytes).map_err(|error| {
        DataFusionError::Plan(format!("an operator cannot be read ({error}): run the same version in all processes"))
    })?;
    let [input] = inputs else {
        return Err(DataFusionError::Internal(format!("one input is needed, not {}", inputs.len())));
    };
    let (input, by_hash) = (Arc::clone(input), |partitions: u32| Exchange::ByHash(partitions as usize));
    Ok(match operator {
        Operator::Merchants { partitions, rules, state } => {
            let work = MerchantTally { rules: rules.try_into()?, past: Past::Elsewhere(state) };
            Arc::new(PartsExec::new(input, Arc::new(work), by_hash(partitions)))
        }
        Operator::Customers { partitions, largest } => {
            Arc::new(PartsExec::new(input, Arc::new(CustomerSales { largest }), by_hash(partitions)))
        }
    })
}

fn partitions(exchange: Exchange) -> Result<u32> {
    let Exchange::ByHash(partitions) = exchange else { return Err(bound("its threads share memory")) };
    u32::try_from(partitions).map_err(|_| bound("it has 2^32 partitions or more"))
}

fn bound(why: &str) -> DataFusionError {
    DataFusionError::Internal(format!("an operator cannot be sent elsewhere: {why}"))
}
