//! `/v1/receipts/export`: all receipts of an epoch in one file.

mod body;
mod encode;
mod rows;

use super::{client::Asking, extract::QueryParameters, problem::Problem, responses::Invalid, ApiConfig, ApiState};
use crate::model::ReceiptFilter;
use axum::{
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use body::{broken_off, streamed, Sink};
use encode::{Csv, Encoder, Parquet};
use rows::Rows;
use serde::Deserialize;
use std::num::NonZeroUsize;
use utoipa::{IntoParams, ToSchema};

/// Content type of Parquet, as registered with IANA.
pub(super) const PARQUET: &str = "application/vnd.apache.parquet";
const CSV: &str = "text/csv";

/// How many exports may run at once: each holds a few megabytes.
pub(super) fn limits() -> ApiConfig {
    let number = |number: usize| NonZeroUsize::MIN.saturating_add(number - 1);
    ApiConfig { rate: None, streams: number(16), streams_per_client: number(4), ..ApiConfig::default() }
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    Csv,
    Parquet,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Those recorded in this epoch.
    #[param(example = 0)]
    epoch: u32,
    /// Only those of this shop.
    #[param(example = 1)]
    merchant: Option<u32>,
    /// Only those of this customer.
    customer: Option<u32>,
    /// `csv` or `parquet`; `csv` if not given.
    #[param(inline, example = "csv")]
    format: Option<Format>,
}

impl Parameters {
    fn file_name(&self, extension: &str) -> String {
        let mut name = format!("receipts-epoch-{}", self.epoch);
        for (what, number) in [("merchant", self.merchant), ("customer", self.customer)] {
            if let Some(number) = number {
                name.push_str(&format!("-{what}-{number}"));
            }
        }
        format!("{name}.{extension}")
    }
}

/// All receipts of an epoch in one file, in chain order.
#[utoipa::path(
    get, path = "/v1/receipts/export", tag = "receipts", params(Parameters),
    responses(
        (status = 200, description = "A file. CSV (RFC 4180) has the columns of a receipt in /v1/receipts, empty for null, \
            amounts in minor units. Parquet has integers only; its metadata say what the codes of channel, rail and \
            validity mean. The file is of one chain: if the chain turns away from these receipts meanwhile, the answer \
            breaks off and is to be asked for again.",
         content((String = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet"))),
        Invalid,
        (status = 503, description = "Too many exports run at once", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn export(
    State(state): State<ApiState>,
    Asking(client): Asking,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Response, Problem> {
    let open = state.exports.open_stream(client)?;
    let Parameters { epoch, merchant, customer, format } = parameters;
    let filter = ReceiptFilter { merchant, customer, epoch: Some(epoch) };
    let rows = Rows::start(state.store, filter, epoch).await?;
    let (kind, extension) = match format {
        None | Some(Format::Csv) => (CSV, "csv"),
        Some(Format::Parquet) => (PARQUET, "parquet"),
    };
    let disposition = format!("attachment; filename=\"{}\"", parameters.file_name(extension));
    // The place among the exports is free again once the rows are read, or once
    // the reader is silent for too long.
    let body = streamed(move |sink| async move {
        let _open = open;
        let sent = match format {
            None | Some(Format::Csv) => send_all(rows, Csv::new(), sink).await,
            Some(Format::Parquet) => send_all(rows, Parquet::new(), sink).await,
        };
        if let Err(error) = sent {
            tracing::warn!(%error, epoch, "an export breaks off");
        }
    });
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], body).into_response())
}

/// Sends all rows, a page at a time, and says at the end that they are all.
async fn send_all<E: Encoder>(
    mut rows: Rows,
    encoder: std::io::Result<E>,
    sink: Sink,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut encoder = encoder?;
    while let Some(page) = rows.next().await? {
        sink.send(encoder.encode(&page)?).await?;
    }
    sink.end(encoder.finish()?).await?;
    Ok(())
}
