//! Figures that a resolution of the board would set.

use super::proposal::{Figure, Value};
use crate::grades::open_resolutions;
use bizkey_indexer::{Result, Store};
use bizkey_primitives::{
    board::{Motion, ResolutionId},
    hash::selector,
    membership::{Business, Clamp},
    AccountId, Epoch,
};
use codec::Decode;

/// A figure that a resolution would set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which figure.
    pub figure: Figure,
    /// To what.
    pub value: Value,
    /// The resolution.
    pub resolution: ResolutionId,
}

/// The figures of resolutions that can still be carried out at `now_ms`.
pub(super) async fn pending(store: &Store, now_ms: u64) -> Result<Vec<Pending>> {
    let registry = store.network().contracts.registry;
    let open = open_resolutions(store, now_ms).await?;
    let found = open.iter().filter_map(|resolution| {
        let (figure, value) = set_by(&resolution.motion, &registry)?;
        Some(Pending { figure, value, resolution: resolution.resolution })
    });
    Ok(found.collect())
}

/// What a motion would set, if it is a figure.
fn set_by(motion: &Motion, registry: &AccountId) -> Option<(Figure, Value)> {
    let Motion::Call { target, input } = motion else { return None };
    let (message, mut arguments) = input.split_at_checked(4).filter(|_| target == registry)?;
    if message == selector("set_clamp") {
        let (trade, clamp, _) = <(u16, Clamp, Epoch)>::decode(&mut arguments).ok()?;
        return Some((Figure::Clamp(trade), Value::Clamp(clamp)));
    }
    if message == selector("set_capital_floor") {
        let (business, floor, _) = <(Business, u128, Epoch)>::decode(&mut arguments).ok()?;
        return Some((Figure::CapitalFloor(business.trade, business.region), Value::CapitalFloor(floor)));
    }
    None
}
