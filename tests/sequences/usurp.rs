//! Somebody without the role tries what only a role may do: it is always refused.

use crate::{action::Action, town::Town};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::Motion,
    opening::OpeningRules,
    redemption::{MintCause, RedemptionParameters, RedemptionRole},
    Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    sandbox::{refused, Raw},
    DAY,
};
use codec::Encode;
use ContractKind as Kind;

impl Town {
    /// Tries one of the messages that are somebody's alone, by somebody else:
    /// the former deployer, a shop, a customer, a member, a director alone,
    /// the chief executive without that power, an officer of `redemption`.
    pub fn usurp(&mut self, action: Action) -> Result<(), ContractError> {
        let Action { a, b, n, .. } = action;
        let names = [
            "admin",
            "member 1",
            "director 3",
            "chief executive",
            "desk",
            "agent",
            "attestor 2",
            "price setter",
            "fiat seller",
            "task confirmer",
            "stranger",
        ];
        let people: Vec<_> = names.map(|name| self.account(name)).into_iter().chain(self.holders()).collect();
        let mut origin = people[usize::from(a) % people.len()];
        let gain = self.holder(b);
        let messages = self.privileged(gain, n);
        let (kind, message, arguments, allowed) = messages[n as usize % messages.len()].clone();
        if allowed.iter().any(|name| self.account(name) == origin) {
            origin = self.account("stranger");
        }
        let executed = self.network.execute(self.network.address(kind), origin, kind, message, &Raw(arguments));
        match executed.result {
            Ok(_) => panic!("{kind}.{message} let {} do it", bizkey_client::ss58(&origin)),
            Err(error) => Err(refused(kind, message, &error)),
        }
    }

    /// Messages with arguments that would be good ones, and the names of those
    /// who may send them.
    fn privileged(
        &self,
        gain: bizkey_primitives::AccountId,
        n: u32,
    ) -> Vec<(Kind, &'static str, Vec<u8>, Vec<&'static str>)> {
        let (amount, epoch, hash) = (TOKEN, self.epoch() + 1, Hash::from([9; 32]));
        let until = self.network.state.now_ms() + DAY;
        let day = self.epoch().saturating_sub(1);
        let device = n % 4 + 1;
        let parameters = RedemptionParameters::initial(DAY);
        let nobody = Vec::new;
        vec![
            (Kind::Vault, "release", (day, amount).encode(), nobody()),
            (Kind::Vault, "bind", (gain, gain).encode(), nobody()),
            (Kind::Vesting, "release_foundation", amount.encode(), nobody()),
            (Kind::Vesting, "set_listing_date", until.encode(), nobody()),
            (Kind::Vesting, "propose_beneficiary", (1u8, gain).encode(), vec!["treasury"]),
            (Kind::Time, "mint_many", (day, vec![(gain, amount)]).encode(), nobody()),
            (Kind::Time, "mint", (MintCause::BzkySale { paid: amount }, gain, amount).encode(), nobody()),
            (Kind::Time, "collect", (gain, 1u128).encode(), nobody()),
            (Kind::Time, "give", (gain, gain, 1u128).encode(), nobody()),
            (Kind::Time, "pause", until.encode(), nobody()),
            (Kind::Registry, "set_attestor", (gain, true).encode(), nobody()),
            (Kind::Registry, "set_status", (Side::Merchant, 1u32, Status::Removed, hash).encode(), nobody()),
            (Kind::Registry, "place_hold", (Side::Merchant, 1u32, until, hash).encode(), nobody()),
            (Kind::Registry, "hand_over", gain.encode(), nobody()),
            (Kind::Registry, "set_code", hash.encode(), nobody()),
            (Kind::Registry, "register_device", (1u32, Raw(vec![1; 33])).encode(), vec!["attestor 1", "attestor 2"]),
            (Kind::Registry, "set_device_active", (device, false).encode(), vec!["attestor 1", "attestor 2"]),
            (Kind::Receipts, "add_device", (99u32, 1u32, Raw(vec![1; 33])).encode(), nobody()),
            (Kind::Receipts, "set_device_active", (device, false).encode(), nobody()),
            (Kind::Receipts, "pause", until.encode(), nobody()),
            (Kind::Receipts, "set_opening_rules", OpeningRules::default().encode(), nobody()),
            (Kind::Receipts, "ossify", ().encode(), nobody()),
            (Kind::PosDeposit, "penalise", (device, amount, gain, amount, gain).encode(), nobody()),
            (Kind::PosDeposit, "seize", (device, amount, gain).encode(), nobody()),
            (Kind::PosDeposit, "pledge", (gain, amount, epoch).encode(), nobody()),
            (Kind::PosDeposit, "set_platform", gain.encode(), nobody()),
            (Kind::PosDeposit, "confirm_return", device.encode(), vec!["admin"]),
            (Kind::Rewards, "set_committee", (epoch, vec![gain, gain, gain]).encode(), nobody()),
            (Kind::Rewards, "set_algorithm", (epoch, 1u16).encode(), nobody()),
            (Kind::Rewards, "set_bonds", (0u128, 0u128).encode(), nobody()),
            (Kind::Rewards, "decide", (day, true).encode(), nobody()),
            (Kind::Rewards, "book_debt", (Side::Merchant, 1u32, amount, hash).encode(), nobody()),
            (Kind::Rewards, "settle_debt", (Side::Merchant, 1u32, 1u128).encode(), nobody()),
            (Kind::Rewards, "pause", until.encode(), nobody()),
            (Kind::Redemption, "set_role", (RedemptionRole::FiatSeller, Some(gain)).encode(), nobody()),
            (Kind::Redemption, "set_parameters", parameters.encode(), nobody()),
            (Kind::Redemption, "anchor_price", 5u64.encode(), nobody()),
            (Kind::Redemption, "set_price", (1_000_000u64, self.network.state.now_ms()).encode(), vec!["price setter"]),
            (Kind::Redemption, "sell_for_fiat", (hash, gain, 5u64).encode(), vec!["fiat seller"]),
            (Kind::Otc, "set_desk", (gain, None::<Raw>).encode(), nobody()),
            (Kind::Otc, "decide", (1u64, 0u8, hash).encode(), nobody()),
            (Kind::Foundation, "bind", vec![gain].encode(), nobody()),
            (
                Kind::Foundation,
                "propose",
                Motion::DismissChiefExecutive.encode(),
                vec!["director 1", "director 2", "director 3"],
            ),
            (Kind::Foundation, "execute", (self.network.contracts.registry, vec![0u8; 8]).encode(), nobody()),
            (Kind::Foundation, "spend", (0u8, gain, amount).encode(), nobody()),
        ]
    }
}
