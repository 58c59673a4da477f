//! `/v1/tasks`: what customers do for Time.

use crate::{
    api::{
        extract::{PathParameter, QueryParameters},
        page::{limit, page, Page},
        parameters::ByNumber,
        problem::Problem,
        responses::{Invalid, NotFound},
        ApiState,
    },
    model::{hex, OfferedFilter},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct OfferedParameters {
    /// Only those of this shop; 0 is Bizkey itself.
    merchant: Option<u32>,
    /// Only those that are not closed, or only those that are. One that
    /// expired is open until somebody closes it.
    open: Option<bool>,
    /// The cursor `next` of the page before.
    pub after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    pub limit: Option<u32>,
}

impl OfferedParameters {
    /// What they ask for.
    pub fn filter(&self) -> OfferedFilter {
        OfferedFilter { merchant: self.merchant, open: self.open }
    }
}

/// What customers do for Time.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Task {
    id: u32,
    /// 0 is Bizkey itself.
    merchant: u32,
    /// Hash of the text that says what is to be done.
    conditions: String,
    /// For one fulfilment, smallest unit of Time.
    reward: String,
    /// Fulfilments left.
    stock: u32,
    /// First moment at which it can no longer be fulfilled, Unix milliseconds,
    /// pauses since its creation not counted.
    expires_ms: String,
    /// The block that created it.
    block: u32,
    /// The block that ended it; null while it is open.
    closed_block: Option<u32>,
    /// Time that nobody earned by then, smallest unit.
    unearned: Option<String>,
}

/// Tasks, by number.
#[utoipa::path(
    get, path = "/v1/tasks", tag = "redemption", params(OfferedParameters),
    responses((status = 200, description = "A page of tasks", body = Page<Task>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<OfferedParameters>,
) -> Result<Json<Page<Task>>, Problem> {
    let limit = limit(parameters.limit)?;
    let after = parameters.after.unwrap_or(0);
    let rows = state.store.tasks_after(parameters.filter(), after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.task,
        |row| Task {
            id: row.task,
            merchant: row.merchant,
            conditions: hex(row.terms.conditions.as_ref()),
            reward: row.terms.reward.to_string(),
            stock: row.terms.stock,
            expires_ms: row.terms.expires_ms.to_string(),
            block: row.block,
            closed_block: row.closed.map(|closed| closed.block),
            unearned: row.closed.map(|closed| closed.left.to_string()),
        },
    )))
}

/// A customer's fulfilment of a task.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Fulfilment {
    customer: u32,
    /// SS58.
    account: String,
    /// Smallest unit of Time.
    reward: String,
    block: u32,
}

/// Who fulfilled a task, by customer.
#[utoipa::path(
    get, path = "/v1/tasks/{task}/fulfilments", tag = "redemption",
    params(("task" = u32, Path, description = "Its number", example = 1), ByNumber),
    responses((status = 200, description = "A page of fulfilments", body = Page<Fulfilment>), Invalid, NotFound),
)]
pub(in crate::api) async fn fulfilments(
    State(state): State<ApiState>,
    PathParameter(task): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Fulfilment>>, Problem> {
    let limit = limit(parameters.limit)?;
    let found = state.store.task(task).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no task {task}")))?;
    let rows = state.store.fulfilments_after(task, parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.customer,
        |row| Fulfilment {
            customer: row.customer,
            account: ss58(&row.account),
            reward: row.reward.to_string(),
            block: row.position.block,
        },
    )))
}
