//! `/v1/stream`: what is stored, block by block, as server-sent events.
//!
//! Each block brings its receipts and rewards, then a `head` whose id names the
//! block; whoever comes back with that id goes on after it. When the chain
//! turned away from blocks that were told, a `rolled_back` says down to which
//! one they are void. A shop's candle follows whenever it is another one.

use super::{
    client::Asking,
    extract::QueryParameters,
    limits::OpenStream,
    merchants::{paid, Paid},
    problem::Problem,
    receipts::item,
    responses::Invalid,
    scores::{candle, Length},
    ApiState,
};
use crate::{
    model::{hex, Checkpoint, Reward, StoredBlock},
    scores::{Candle, Interval},
    store::Store,
    sync::Status,
    Error,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        sse::{Event, KeepAlive, Sse},
        IntoResponse,
    },
};
use bizkey_primitives::Side;
use futures::stream;
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, convert::Infallible};
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};

/// Blocks, receipts or rewards read at a time.
const PAGE: u32 = 250;
/// Blocks remembered to find where a chain turned.
const REMEMBERED: usize = 4_096;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only receipts and rewards of this shop.
    #[param(example = 1)]
    merchant: Option<u32>,
    /// Begin after this block; without it, and without `Last-Event-ID`, after
    /// the last stored one.
    after: Option<u32>,
    /// The running candle of this length of the shop too, as `candle`, at once
    /// and whenever it changes; with `merchant` only.
    #[param(inline)]
    candles: Option<Length>,
}

/// A block that is stored now.
#[derive(Serialize, ToSchema)]
pub(super) struct Head {
    number: u32,
    hash: String,
    /// Unix milliseconds.
    timestamp_ms: String,
    /// Null before genesis.
    epoch: Option<u32>,
    /// Whether it cannot go back any more.
    finalized: bool,
}

/// Blocks above this one are void.
#[derive(Serialize, ToSchema)]
pub(super) struct RolledBack {
    number: u32,
}

/// What a client was told, and what it is still to be told.
struct Teller {
    store: Store,
    status: watch::Receiver<Status>,
    merchant: Option<u32>,
    /// Blocks told, the last one last.
    told: VecDeque<(u32, Option<[u8; 32]>)>,
    /// A block that was final before any of these was told: none of what was
    /// told up to it can be void.
    certain: u32,
    blocks: VecDeque<StoredBlock>,
    /// How many rewards of the present block were told.
    rewards: u32,
    events: VecDeque<Event>,
    /// Length of the candles to tell.
    candles: Option<Interval>,
    /// The last one told.
    candle: Option<Candle>,
    /// Blocks came or went since.
    candle_due: bool,
    /// Counts until the client is gone.
    _open: OpenStream,
}

impl Teller {
    fn last(&self) -> (u32, Option<[u8; 32]>) {
        self.told.back().copied().unwrap_or_default()
    }

    async fn next(&mut self) -> crate::Result<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if !self.blocks.is_empty() {
                self.tell().await?;
                continue;
            }
            if std::mem::take(&mut self.candle_due) {
                self.tell_candle().await?;
                continue;
            }
            // Changes from now on count: what is stored already is read next.
            self.status.mark_unchanged();
            self.check_last().await?;
            if self.events.is_empty() {
                self.blocks = self.store.blocks_after(self.last().0, PAGE).await?.into();
                if self.blocks.is_empty() && self.status.changed().await.is_err() {
                    // The indexer ended; the rows stay as they are.
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Tells a part of the first block; once nothing of it is left, its head.
    /// Read while the block was undone, some of this may be void: then the next
    /// look finds that, and says so.
    async fn tell(&mut self) -> crate::Result<()> {
        let Some(block) = self.blocks.front_mut() else { return Ok(()) };
        let more_follow = |count: usize| count >= PAGE as usize;
        if !block.receipts.is_empty() {
            let receipts = self.store.receipts_numbered(block.receipts.clone(), self.merchant, PAGE).await?;
            let last = receipts.last().filter(|_| more_follow(receipts.len()));
            block.receipts.start = last.map_or(block.receipts.end, |last| last.id.saturating_add(1));
            self.events.extend(receipts.iter().map(|receipt| event("receipt", None, &item(receipt))));
            return Ok(());
        }
        let rewards = self.store.rewards_in_block(block.checkpoint.number, self.rewards, PAGE).await?;
        let wanted = rewards.iter().filter(|reward| wants(self.merchant, reward));
        self.events.extend(wanted.map(|reward| event("reward", None, &told_reward(reward))));
        if more_follow(rewards.len()) {
            self.rewards = self.rewards.saturating_add(PAGE);
            return Ok(());
        }
        let Checkpoint { number, hash, timestamp_ms, stamp } = block.checkpoint;
        let head = Head {
            number,
            hash: hex(&hash),
            timestamp_ms: timestamp_ms.to_string(),
            epoch: stamp.checked_sub(1),
            finalized: !block.hot,
        };
        self.rewards = 0;
        self.candle_due = true;
        self.blocks.pop_front();
        self.told.push_back((number, Some(hash)));
        if self.told.len() > REMEMBERED {
            self.told.pop_front();
        }
        let finalized = self.status.borrow().finalized.unwrap_or(self.certain).min(number);
        let id = format!("{number}-{}-{finalized}", hex::encode(hash));
        self.events.push_back(event("head", Some(id), &head));
        Ok(())
    }

    /// Tells the candle of the last stored block, if it is another one than
    /// before. While scores are being caught up there is none, nor of an
    /// algorithm that this program does not know.
    async fn tell_candle(&mut self) -> crate::Result<()> {
        let (Some(merchant), Some(interval)) = (self.merchant, self.candles) else { return Ok(()) };
        let Some(now) = self.store.checkpoint().await? else { return Ok(()) };
        let found = match self.store.candles(merchant, interval, now.timestamp_ms, 1, true).await {
            Err(Error::ScoresBehind { .. } | Error::UnknownAlgorithm { .. }) => None,
            found => found?.into_iter().next(),
        };
        if let Some(found) = found.filter(|found| self.candle.as_ref() != Some(found)) {
            self.candle = Some(found);
            self.events.push_back(event("candle", None, &candle(&found, interval, now.timestamp_ms)));
        }
        Ok(())
    }

    /// Whether the last block told is still stored; if not, says down to which
    /// one what was told is void.
    async fn check_last(&mut self) -> crate::Result<()> {
        let mut turned = false;
        while let (number, Some(hash)) = self.last() {
            if self.store.block_hash(number).await? == Some(hash) {
                break;
            }
            turned = true;
            self.told.pop_back();
            if self.told.is_empty() {
                self.told.push_back((self.certain.min(number.saturating_sub(1)), None));
            }
        }
        if turned {
            self.candle_due = true;
            self.blocks.clear();
            self.rewards = 0;
            self.events.push_back(event("rolled_back", None, &RolledBack { number: self.last().0 }));
        }
        Ok(())
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct ToldReward {
    /// `merchant` or `customer`.
    side: &'static str,
    index: u32,
    #[serde(flatten)]
    paid: Paid,
}

fn wants(merchant: Option<u32>, reward: &Reward) -> bool {
    merchant.is_none_or(|merchant| reward.side == Side::Merchant && reward.index == merchant)
}

fn told_reward(reward: &Reward) -> ToldReward {
    ToldReward { side: reward.side.name(), index: reward.index, paid: paid(reward) }
}

fn event<T: Serialize>(name: &str, id: Option<String>, data: &T) -> Event {
    let event = Event::default().event(name);
    let event = match id {
        Some(id) => event.id(id),
        None => event,
    };
    // Plain structs of text and numbers are always JSON.
    match serde_json::to_string(data) {
        Ok(text) => event.data(text),
        Err(error) => {
            tracing::error!(%error, name, "an event could not be written");
            event
        }
    }
}

/// What the id of a `head` says.
struct HeadId {
    number: u32,
    hash: [u8; 32],
    /// The last final block when it was told.
    finalized: u32,
}

fn resumed(headers: &HeaderMap) -> Result<Option<HeadId>, Problem> {
    let Some(id) = headers.get("last-event-id") else { return Ok(None) };
    let read = |id: &str| -> Option<HeadId> {
        let (number, rest) = id.split_once('-')?;
        let (hash, finalized) = rest.split_once('-')?;
        let hash = hex::decode(hash).ok()?.try_into().ok()?;
        Some(HeadId { number: number.parse().ok()?, hash, finalized: finalized.parse().ok()? })
    };
    let found = id.to_str().ok().and_then(read);
    found.map(Some).ok_or_else(|| Problem::invalid_parameter("Last-Event-ID is the id of a head event"))
}

/// Blocks, receipts and rewards as they are stored.
#[utoipa::path(
    get, path = "/v1/stream", tag = "stream", params(Parameters),
    responses(
        (status = 200, description = "Events `receipt` (as in /v1/receipts), `reward`, `candle` \
            (as in /v1/merchants/{id}/candles), `head`, `rolled_back`. Only \
            `head` has an id: send it as `Last-Event-ID` to go on after that block.",
         body = Head, content_type = "text/event-stream"),
        Invalid,
        (status = 503, description = "All of the server's streams are in use", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn stream_all(
    State(state): State<ApiState>,
    Asking(client): Asking,
    headers: HeaderMap,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<impl IntoResponse, Problem> {
    if parameters.candles.is_some() && parameters.merchant.is_none() {
        return Err(Problem::invalid_parameter("candles are of one shop: give its number as merchant"));
    }
    let open = state.limits.open_stream(client)?;
    let store = state.store;
    let (start, certain) = match resumed(&headers)? {
        Some(HeadId { number, hash, finalized }) => ((number, Some(hash)), finalized),
        None => {
            let start = match parameters.after {
                Some(number) => (number, store.block_hash(number).await?),
                None => store.checkpoint().await?.map_or((0, None), |last| (last.number, Some(last.hash))),
            };
            (start, store.finalized().await?.map_or(0, |block| block.number))
        }
    };
    let teller = Teller {
        store,
        status: state.progress.subscribe(),
        merchant: parameters.merchant,
        told: VecDeque::from([start]),
        certain,
        blocks: VecDeque::new(),
        rewards: 0,
        events: VecDeque::new(),
        candles: parameters.candles.map(Interval::from),
        candle: None,
        candle_due: true,
        _open: open,
    };
    let events = stream::unfold(teller, |mut teller| async move {
        match teller.next().await {
            Ok(event) => Some((Ok::<_, Infallible>(event), teller)),
            // The client comes back with the id of the last whole block.
            Err(error) => {
                tracing::warn!(%error, "a stream ends");
                None
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
