//! Which event becomes which rows, and whose event it must be.

use super::{Place, Writer};
use crate::{
    model::{ResolutionState, SaleState},
    sync::source::ContractEvent,
    Result,
};
use bizkey_primitives::{events::Event, AccountId};

impl Writer<'_> {
    pub(super) async fn event(&mut self, event: &ContractEvent) -> Result<()> {
        let place = Place { block: self.block.number, event: event.index };
        match &event.event {
            Event::Transfer(transfer) => self.transfer(place, event.contract, transfer)?,
            Event::PartyRegistered(event) => self.party_registered(event).await?,
            Event::AccountChanged(event) => self.account_changed(event).await?,
            Event::CapitalAttested(event) => self.capital_attested(place, event).await?,
            Event::StatusChanged(event) => self.status_changed(place, event).await?,
            Event::HoldPlaced(event) => self.hold_placed(place, event).await?,
            Event::DeviceRegistered(event) => self.device_registered(event).await?,
            Event::DeviceStateChanged(event) => self.device_state_changed(event).await?,
            Event::BatchRecorded(_) => self.batches_recorded(&[(self.block, event)]).await?,
            Event::ReceiptVoided(event) => self.receipt_voided(place, event).await?,
            Event::DepositLocked(event) => self.deposit_locked(place, event).await?,
            Event::ReturnConfirmed(event) => self.return_confirmed(event).await?,
            Event::DepositReleased(event) => self.deposit_released(place, event).await?,
            Event::DepositPenalised(event) => self.deposit_penalised(place, event).await?,
            Event::DepositSeized(event) => self.deposit_seized(place, event).await?,
            Event::DeviceTransferred(event) => self.device_transferred(place, event).await?,
            Event::DepositorChanged(event) => self.depositor_changed(place, event).await?,
            Event::CommitteeChanged(event) => self.committee_changed(place, event).await?,
            Event::ReportSubmitted(event) => self.report_submitted(place, event).await?,
            Event::ReportPending(event) => self.report_pending(event).await?,
            Event::EpochFinalised(event) => self.epoch_finalised(event).await?,
            Event::EpochVoided(event) => self.epoch_voided(event).await?,
            Event::RewardsPaid(event) => self.rewards_paid(place, event).await?,
            Event::ReportDisputed(event) => self.report_disputed(place, event).await?,
            Event::DisputeDecided(event) => self.dispute_decided(place, event).await?,
            Event::ReportStruck(event) => self.report_struck(place, event).await?,
            Event::BondSlashed(event) => self.bond_slashed(place, event).await?,
            Event::RewardDeferred(event) => self.reward_deferred(place, event).await?,
            Event::DeferredRewardPaid(event) => self.deferred_reward_paid(place, event).await?,
            Event::DebtBooked(event) => self.debt_booked(place, event).await?,
            Event::DebtPaid(event) => self.debt_paid(place, event).await?,
            Event::AlgorithmSet(event) => self.algorithm_set(place, event).await?,
            Event::ClampSet(event) => self.clamp_set(place, event).await?,
            Event::CapitalFloorSet(event) => self.capital_floor_set(place, event).await?,
            Event::CashCapSet(event) => self.cash_cap_set(place, event).await?,
            Event::AgentRegistered(event) => self.agent_registered(place, event).await?,
            Event::AgentStatusChanged(event) => self.agent_status_changed(event).await?,
            Event::AgentMoved(event) => self.agent_moved(event).await?,
            Event::BusinessAttested(event) => self.business_attested(place, event).await?,
            Event::AppealFiled(event) => self.appeal_filed(place, event).await?,
            Event::AppealDecided(event) => self.appeal_decided(place, event).await?,
            Event::DeviceRetired(event) => self.device_retired(place, event).await?,
            Event::DeviceAgentChanged(event) => self.device_agent_changed(event).await?,
            Event::DeviceClassChanged(event) => self.device_class_changed(event).await?,
            Event::ReceiptDemanded(event) => self.receipt_demanded(place, event).await?,
            Event::ReceiptOpened(event) => self.receipt_opened(place, event).await?,
            Event::OpeningFailed(event) => self.opening_failed(place, event).await?,
            other => self.later_event(place, other).await?,
        }
        Ok(())
    }

    /// Events of what the suite has beside receipts and their rewards.
    async fn later_event(&mut self, place: Place, event: &Event) -> Result<()> {
        match event {
            Event::TaskCreated(event) => self.task_created(place, event).await,
            Event::TaskRestocked(event) => self.task_restocked(place, event).await,
            Event::TaskFulfilled(event) => self.task_fulfilled(place, event).await,
            Event::TaskClosed(event) => self.task_closed(place, event).await,
            Event::PrivilegeCreated(event) => self.privilege_created(place, event).await,
            Event::PrivilegeChanged(event) => self.privilege_changed(place, event).await,
            Event::PrivilegeClosed(event) => self.privilege_closed(place, event).await,
            Event::TimeCollected(event) => self.time_collected(place, event).await,
            Event::CollectionRefunded(event) => self.collection_refunded(place, event).await,
            Event::CollectionSettled(event) => self.collection_settled(place, event).await,
            Event::BzkyPriceAnchored(event) => self.bzky_price_anchored(place, event).await,
            Event::BzkyPriceSet(event) => self.bzky_price_set(place, event).await,
            Event::TimeSold(event) => self.time_sold(place, event).await,
            Event::FiatSaleBooked(event) => self.fiat_sale_booked(place, event).await,
            Event::FiatSaleReleased(event) => self.fiat_sale_settled(place, &event.payment, SaleState::Done).await,
            Event::FiatSaleChargedBack(event) => {
                self.fiat_sale_settled(place, &event.payment, SaleState::ChargedBack).await
            }
            Event::DirectorSeated(event) => self.director_seated(place, event).await,
            Event::DirectorLeft(event) => self.director_left(place, event).await,
            Event::SeatTaken(event) => self.seat_taken(event).await,
            Event::ChairChanged(event) => self.chair_changed(place, event).await,
            Event::ResolutionProposed(event) => self.resolution_proposed(place, event).await,
            Event::VoteCast(event) => self.vote_cast(place, event).await,
            Event::ResolutionPassed(event) => {
                let executable_ms = Some(event.executable_ms);
                self.resolution_is(place, event.resolution, ResolutionState::Passed, executable_ms).await
            }
            Event::MajorityLost(event) => {
                self.resolution_is(place, event.resolution, ResolutionState::Open, None).await
            }
            Event::ResolutionFailed(event) => {
                self.resolution_is(place, event.resolution, ResolutionState::Failed, None).await
            }
            Event::ResolutionCancelled(event) => {
                self.resolution_is(place, event.resolution, ResolutionState::Cancelled, None).await
            }
            Event::ResolutionEnacted(event) => {
                self.resolution_is(place, event.resolution, ResolutionState::Enacted, None).await
            }
            Event::VestingReleased(event) => self.vesting_released(place, event).await,
            Event::OtcOfferOpened(event) => self.otc_offer_opened(place, event).await,
            Event::OtcOfferClosed(event) => self.otc_offer_closed(place, event).await,
            Event::OtcReserved(event) => self.otc_reserved(place, event).await,
            Event::OtcPaymentDeclared(event) => self.otc_payment_declared(event).await,
            Event::OtcDisputed(event) => self.otc_disputed(event).await,
            Event::OtcSettled(event) => self.otc_settled(place, event).await,
            // Of no row.
            _ => Ok(()),
        }
    }

    /// The one contract whose event of this kind makes a row; `None` for those
    /// of tokens and for those that make none.
    pub(super) fn emitter(&self, event: &Event) -> Option<AccountId> {
        let contracts = &self.network.contracts;
        Some(match event {
            Event::PartyRegistered(_)
            | Event::AccountChanged(_)
            | Event::CapitalAttested(_)
            | Event::StatusChanged(_)
            | Event::HoldPlaced(_)
            | Event::AgentRegistered(_)
            | Event::AgentStatusChanged(_)
            | Event::AgentMoved(_)
            | Event::BusinessAttested(_)
            | Event::AppealFiled(_)
            | Event::AppealDecided(_)
            | Event::ClampSet(_)
            | Event::CapitalFloorSet(_)
            | Event::CashCapSet(_) => contracts.registry,
            Event::DeviceRegistered(_)
            | Event::DeviceStateChanged(_)
            | Event::BatchRecorded(_)
            | Event::ReceiptVoided(_)
            | Event::DeviceRetired(_)
            | Event::ReceiptDemanded(_)
            | Event::ReceiptOpened(_)
            | Event::OpeningFailed(_) => contracts.receipts,
            Event::DepositLocked(_)
            | Event::ReturnConfirmed(_)
            | Event::DepositReleased(_)
            | Event::DepositPenalised(_)
            | Event::DepositSeized(_)
            | Event::DeviceTransferred(_)
            | Event::DepositorChanged(_)
            | Event::DeviceAgentChanged(_)
            | Event::DeviceClassChanged(_) => contracts.pos_deposit,
            Event::CommitteeChanged(_)
            | Event::ReportSubmitted(_)
            | Event::ReportPending(_)
            | Event::EpochFinalised(_)
            | Event::EpochVoided(_)
            | Event::RewardsPaid(_)
            | Event::ReportDisputed(_)
            | Event::DisputeDecided(_)
            | Event::ReportStruck(_)
            | Event::BondSlashed(_)
            | Event::RewardDeferred(_)
            | Event::DeferredRewardPaid(_)
            | Event::DebtBooked(_)
            | Event::DebtPaid(_)
            | Event::AlgorithmSet(_) => contracts.rewards,
            Event::TaskCreated(_)
            | Event::TaskRestocked(_)
            | Event::TaskFulfilled(_)
            | Event::TaskClosed(_)
            | Event::PrivilegeCreated(_)
            | Event::PrivilegeChanged(_)
            | Event::PrivilegeClosed(_)
            | Event::TimeCollected(_)
            | Event::CollectionRefunded(_)
            | Event::CollectionSettled(_)
            | Event::BzkyPriceAnchored(_)
            | Event::BzkyPriceSet(_)
            | Event::TimeSold(_)
            | Event::FiatSaleBooked(_)
            | Event::FiatSaleReleased(_)
            | Event::FiatSaleChargedBack(_) => contracts.redemption,
            Event::DirectorSeated(_)
            | Event::DirectorLeft(_)
            | Event::SeatTaken(_)
            | Event::ChairChanged(_)
            | Event::ResolutionProposed(_)
            | Event::VoteCast(_)
            | Event::ResolutionPassed(_)
            | Event::MajorityLost(_)
            | Event::ResolutionFailed(_)
            | Event::ResolutionCancelled(_)
            | Event::ResolutionEnacted(_) => contracts.foundation,
            Event::VestingReleased(_) => contracts.vesting,
            Event::OtcOfferOpened(_)
            | Event::OtcOfferClosed(_)
            | Event::OtcReserved(_)
            | Event::OtcPaymentDeclared(_)
            | Event::OtcDisputed(_)
            | Event::OtcSettled(_) => contracts.otc,
            _ => return None,
        })
    }
}
