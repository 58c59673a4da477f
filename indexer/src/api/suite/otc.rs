//! `/v1/offers`: Bzky against money that moves off chain.

use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{Address, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{hex, OfferFilter},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::otc::Currency;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// A currency by its code.
pub(in crate::api) struct CurrencyCode(Currency);

impl FromStr for CurrencyCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a currency is 2 to 12 upper-case letters, digits and dashes, such as CNY or USDT-TRON";
        let mut bytes = [0; 12];
        bytes.get_mut(..text.len()).ok_or(wrong)?.copy_from_slice(text.as_bytes());
        Some(Currency(bytes)).filter(Currency::is_valid).map(Self).ok_or(wrong)
    }
}

/// A currency's code.
pub(super) fn code(currency: &Currency) -> String {
    String::from_utf8_lossy(&currency.0).trim_end_matches('\0').to_owned()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those of this seller.
    #[param(value_type = Option<String>)]
    maker: Option<Written<Address>>,
    /// Only those for this currency, such as `CNY` or `USDT-TRON`.
    #[param(value_type = Option<String>)]
    currency: Option<Written<CurrencyCode>>,
    /// Only those that are not closed, or only those that are. One that
    /// expired is open until somebody closes it.
    open: Option<bool>,
    /// The cursor `next` of the page before.
    after: Option<u64>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// An offer of Bzky. Amounts in the smallest unit of Bzky.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Offer {
    id: String,
    /// SS58.
    maker: String,
    /// Escrowed at first.
    amount: String,
    /// Escrowed and not reserved.
    left: String,
    /// Reservations of it that have not ended.
    reservations: u32,
    currency: String,
    /// So many minor units of the currency for `price_tokens` whole Bzky.
    price_minor_units: String,
    price_tokens: String,
    /// Least that a reservation takes, unless it takes all that is left.
    minimum: String,
    /// The buyer's bond, hundredths of a percent of the amount.
    bond_bps: u16,
    /// From a reservation to the last moment to declare the payment, milliseconds.
    pay_within_ms: String,
    /// From that declaration to the last moment to open a dispute, milliseconds.
    dispute_within_ms: String,
    /// First moment at which nothing can be reserved any more, Unix milliseconds.
    expires_ms: String,
    /// Commitment to how the seller is paid.
    instructions: String,
    block: u32,
    /// The block from which on it takes no more reservations; null while it is open.
    closed_block: Option<u32>,
    /// What went back then.
    returned: Option<String>,
}

fn item(offer: &crate::model::Offer) -> Offer {
    let terms = &offer.terms;
    Offer {
        id: offer.offer.to_string(),
        maker: ss58(&offer.maker),
        amount: offer.amount.to_string(),
        left: offer.left.to_string(),
        reservations: offer.open,
        currency: code(&terms.currency),
        price_minor_units: terms.price.minor_units.to_string(),
        price_tokens: terms.price.tokens.to_string(),
        minimum: terms.minimum.to_string(),
        bond_bps: terms.bond_bps,
        pay_within_ms: terms.pay_within_ms.to_string(),
        dispute_within_ms: terms.dispute_within_ms.to_string(),
        expires_ms: terms.expires_ms.to_string(),
        instructions: hex(terms.instructions.as_ref()),
        block: offer.block,
        closed_block: offer.closed_block,
        returned: offer.returned.map(|returned| returned.to_string()),
    }
}

/// Offers of Bzky, by number.
#[utoipa::path(
    get, path = "/v1/offers", tag = "otc", params(Parameters),
    responses((status = 200, description = "A page of offers", body = Page<Offer>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Offer>>, Problem> {
    let limit = limit(parameters.limit)?;
    let filter = OfferFilter {
        maker: parameters.maker.map(|Written(Address(account))| account),
        currency: parameters.currency.map(|Written(CurrencyCode(currency))| currency),
        open: parameters.open,
    };
    let rows = state.store.offers_after(filter, parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.offer, item)))
}
