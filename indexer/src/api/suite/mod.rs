//! What the suite has beside receipts, epochs and shops.

mod accounts;
mod agents;
mod collections;
mod customers;
mod debts;
mod demands;
mod devices;
mod disputes;
mod foundation;
mod motion;
mod otc;
mod penalties;
mod privileges;
mod reservations;
mod sales;
mod scoring_rules;
mod tasks;

use super::ApiState;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Every route of this folder.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(accounts::balances))
        .routes(routes!(accounts::checkpoints))
        .routes(routes!(accounts::deposits))
        .routes(routes!(agents::list))
        .routes(routes!(collections::list))
        .routes(routes!(customers::customer))
        .routes(routes!(customers::rewards))
        .routes(routes!(debts::list))
        .routes(routes!(debts::changes))
        .routes(routes!(demands::list))
        .routes(routes!(devices::device))
        .routes(routes!(devices::of_merchant))
        .routes(routes!(disputes::list))
        .routes(routes!(foundation::directors))
        .routes(routes!(foundation::resolutions))
        .routes(routes!(foundation::resolution))
        .routes(routes!(foundation::vesting_releases))
        .routes(routes!(otc::list))
        .routes(routes!(penalties::list))
        .routes(routes!(privileges::list))
        .routes(routes!(reservations::list))
        .routes(routes!(sales::list))
        .routes(routes!(sales::prices))
        .routes(routes!(scoring_rules::algorithms))
        .routes(routes!(scoring_rules::rules))
        .routes(routes!(scoring_rules::clamps))
        .routes(routes!(scoring_rules::capital_floors))
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::fulfilments))
}
