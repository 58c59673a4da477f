//! What shops and agents sign and anybody carries.

use super::stage::{own, Stage, FIRST, FUNDS, KIND, SECOND};
use bizkey_primitives::{action::pos_deposit::Action, errors::pos_deposit::Error, TOKEN};

/// It does for its signer what the signer's own call does, once.
pub fn every_action(stage: &mut Stage) {
    let (device, second) = (stage.id(FIRST), stage.id(SECOND));
    let (shop, agent) = (stage.shop.actor.clone(), stage.network.actor("agent"));
    let account = agent.account();
    let name = Action::SetAgent { device, agent: Some(account) };
    let other = Action::SetAgent { device, agent: None };
    stage.network.relay_as_called(KIND, &shop, ("set_agent", &(device, Some(account))), &name, &other);
    let lock = Action::Lock { device, amount: TOKEN };
    let other = Action::Lock { device, amount: 2 * TOKEN };
    stage.network.relay_as_called(KIND, &agent, ("lock", &(device, TOKEN)), &lock, &other);
    let offer = Action::OfferTransfer { device, to: Some(second) };
    let other = Action::OfferTransfer { device, to: None };
    let arguments = (device, Some(second));
    stage.network.relay_as_called(KIND, &agent, ("offer_transfer", &arguments), &offer, &other);
    assert_eq!(stage.held(FIRST), Some((account, TOKEN)), "the signer's, not the carrier's");
    assert_eq!((stage.bzky("agent"), stage.bzky("relayer")), (FUNDS - TOKEN, 0));

    // The signer's rights, and the errors of its own call; a refusal leaves no trace.
    let stranger = stage.network.actor("stranger");
    for (actor, action, error) in [
        (&stranger, lock, Error::NotDeviceMerchant),
        (&stranger, name, Error::NotDeviceMerchant),
        (&stranger, offer, Error::NotDepositor),
        (&shop, lock, Error::OtherDepositor),
        (&agent, Action::Lock { device, amount: 0 }, Error::ZeroAmount),
        (&agent, Action::Lock { device, amount: FUNDS }, Error::PaymentRefused),
        (&agent, Action::OfferTransfer { device, to: Some(device) }, Error::SameDevice),
    ] {
        let before = stage.kept();
        assert_eq!(stage.network.relay(KIND, actor, &action).map_err(own), Err(error), "{action:?}");
        assert!(before == stage.kept());
    }
    assert_eq!(stage.read::<u64>("nonce_of", &account), 2);
}
