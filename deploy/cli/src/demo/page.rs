//! The page of results.

use super::play::Totals;
use axum::{response::Html, routing::get, Router};
use bizkey_oracle::rows::tokens;
use std::fmt::Write;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}\
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #8885;font-variant-numeric:tabular-nums}\
th:first-child,td:first-child,.text{text-align:left}code{font-size:.85em}\
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}";

/// The page as HTML. Everything on it is a number or a date of ours.
#[must_use]
pub fn render(totals: &Totals, rejected: usize) -> String {
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Bizkey demo</title><style>{STYLE}</style><h1>Bizkey demo</h1><table>"
    );
    let rows = [
        ("Days", totals.days.to_string()),
        ("Receipts on chain", totals.receipts.to_string()),
        ("Receipts refused", rejected.to_string()),
        ("Paid to shops, Bzky", tokens(totals.bzky)),
        ("Paid to customers, Time", tokens(totals.time)),
    ];
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = write!(html, "<tr><td>{name}<td>{value}");
    }
    html.push_str(
        "</table><h2>Epochs</h2><table><tr><th>Day<th class=text>Side<th>Leaves<th>Emission<th>Paid<th class=text>Root",
    );
    for (day, row) in &totals.epochs {
        let _ = write!(
            html,
            "<tr><td>{day}<td class=text>{}<td>{}<td>{}<td>{}<td class=text><code>{}…</code>",
            row.side.name(),
            row.count,
            tokens(row.emission),
            tokens(row.paid),
            hex::encode(&row.root[..8]),
        );
    }
    html.push_str("</table></html>");
    html
}

/// Serves the page at `/`.
pub fn router(page: String) -> Router {
    Router::new().route("/", get(move || async move { Html(page) }))
}
