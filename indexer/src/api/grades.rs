//! Grades of shops.

use super::{
    extract::{PathParameter, QueryParameters},
    page::{limit, page, Page},
    parameters::ByNumber,
    problem::Problem,
    responses::{Invalid, NotFound},
    ApiState,
};
use crate::{model::MerchantGrade, scores};
use axum::{extract::State, Json};
use bizkey_primitives::{party::Status, Epoch};
use serde::Serialize;
use utoipa::ToSchema;

/// A shop's level in the network, and how far it is to the next one. Ranks and
/// standings are hundredths of a percent of the shops with a positive score:
/// 10,000 is above all of them.
#[derive(Serialize, ToSchema)]
#[schema(as = Grade)]
pub(super) struct Grade {
    /// The last epoch with a receipt that it counts.
    epoch: u32,
    /// The grade that is shown, 1 to 7.
    number: u8,
    /// Its name: `iron`, `copper`, `bronze`, `silver`, `gold`, `platinum` or
    /// `diamond`.
    name: &'static str,
    /// The number of the grade that it earned: one more while it is demoted or
    /// restricted, unless that is the first.
    earned: u8,
    /// The epoch from which on it has earned this grade.
    since_epoch: u32,
    /// Its rank in that last epoch: the middle of its place by score.
    rank: u16,
    /// The middle of its ranks in the last seven epochs with a receipt.
    standing: u16,
    /// The standing at which the earned grade is reached.
    reached_at: u16,
    /// The lowest standing that keeps it.
    kept_down_to: u16,
    /// The standing at which the next grade is reached; null for the highest.
    next_reached_at: Option<u16>,
    /// By how much the standing has to rise for the next grade; likewise.
    to_next: Option<u16>,
}

fn grade(row: &MerchantGrade, shown: scores::Grade) -> Grade {
    let (graded, earned) = (&row.graded, row.graded.earned);
    let standing = graded.standing();
    let next_reached_at = earned.next().map(scores::Grade::reached_at);
    Grade {
        epoch: graded.epoch,
        number: shown.number(),
        name: shown.name(),
        earned: earned.number(),
        since_epoch: graded.since,
        rank: graded.ranks.last().copied().unwrap_or(0),
        standing,
        reached_at: earned.reached_at(),
        kept_down_to: earned.kept_down_to(),
        next_reached_at,
        to_next: next_reached_at.map(|bound| bound.saturating_sub(standing)),
    }
}

/// The last grade of a shop that stands so in `epoch`, if it has one.
pub(super) fn grade_now(row: &MerchantGrade, status: Status, epoch: Epoch) -> Option<Grade> {
    let shown = row.graded.earned.under(status).filter(|_| !row.graded.is_over_in(epoch))?;
    Some(grade(row, shown))
}

/// A shop's grades by epoch, as they were shown at its close. Epochs without a
/// receipt have none: the one before holds on, for less than thirty epochs.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/grades", tag = "scores",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1), ByNumber),
    responses((status = 200, description = "A page of grades", body = Page<Grade>), Invalid, NotFound),
)]
pub(super) async fn grades(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Grade>>, Problem> {
    let limit = limit(parameters.limit)?;
    super::merchants::find(&state, id).await?;
    let rows = state.store.merchant_grades(id, parameters.after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.graded.epoch, |row| grade(row, row.shown))))
}
