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

/// The figures of resolutions that can still be carried out at `now_ms`, when
/// `earliest` is the first epoch that has not begun.
pub(super) async fn pending(store: &Store, now_ms: u64, earliest: Epoch) -> Result<Vec<Pending>> {
    let registry = store.network().contracts.registry;
    let open = open_resolutions(store, now_ms).await?;
    let found = open.iter().filter_map(|resolution| {
        let (figure, value) = set_by(&resolution.motion, &registry, earliest)?;
        Some(Pending { figure, value, resolution: resolution.resolution })
    });
    Ok(found.collect())
}

/// What a motion would set, if it is a figure that `registry` still takes: one
/// that holds from `earliest` on, the first epoch that has not begun, or from a
/// later one.
fn set_by(motion: &Motion, registry: &AccountId, earliest: Epoch) -> Option<(Figure, Value)> {
    let Motion::Call { target, input } = motion else { return None };
    let (message, mut arguments) = input.split_at_checked(4).filter(|_| target == registry)?;
    let (figure, value, from_epoch) = if message == selector("set_clamp") {
        let (trade, clamp, from_epoch) = <(u16, Clamp, Epoch)>::decode(&mut arguments).ok()?;
        (Figure::Clamp(trade), Value::Clamp(clamp), from_epoch)
    } else if message == selector("set_capital_floor") {
        let (business, floor, from_epoch) = <(Business, u128, Epoch)>::decode(&mut arguments).ok()?;
        (Figure::CapitalFloor(business.trade, business.region), Value::CapitalFloor(floor), from_epoch)
    } else {
        return None;
    };
    // Otherwise it can only fail with `EpochBegun`, and would keep the figure
    // from being proposed until the resolution's time is over.
    (from_epoch >= earliest).then_some((figure, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;

    #[test]
    fn a_figure_is_pending_until_its_epoch_has_begun() {
        let [registry, other] = [[1; 32], [2; 32]].map(AccountId::from);
        let call = |name: &str, arguments: Vec<u8>| Motion::Call {
            target: registry,
            input: [selector(name).to_vec(), arguments].concat(),
        };
        let (clamp, business) = (Clamp { lo: 1, hi: 9 }, Business { trade: 7, region: 3 });
        let expected = [
            (call("set_clamp", (7u16, clamp, 5u32).encode()), (Figure::Clamp(7), Value::Clamp(clamp))),
            (
                call("set_capital_floor", (business, 40u128, 5u32).encode()),
                (Figure::CapitalFloor(7, 3), Value::CapitalFloor(40)),
            ),
        ];
        for (motion, figure) in expected {
            for (earliest, is_pending) in [(0, true), (4, true), (5, true), (6, false), (Epoch::MAX, false)] {
                let found = set_by(&motion, &registry, earliest);
                assert_eq!(found, is_pending.then_some(figure), "{motion:?} at {earliest}");
            }
            assert_eq!(set_by(&motion, &other, 0), None, "a call of another contract");
        }
        assert_eq!(set_by(&call("set_cash_cap", (900u64, 5u32).encode()), &registry, 0), None);
        assert_eq!(set_by(&call("set_clamp", vec![7]), &registry, 0), None, "cut short");
    }
}
