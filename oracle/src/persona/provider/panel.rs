//! All providers of a network at once.

use super::{Case, Provider, ProviderError, Record, RecordError, Verdict};
use futures::future::join_all;

/// After so many cases in a row without a verdict, a provider is not asked any
/// more: it is down, and waiting for it would hold up everybody else.
pub const MOST_FAILURES: u32 = 3;

/// What became of one question to one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It said something, now or before; it is in the record.
    Verdict(Verdict),
    /// It said nothing that counts.
    None(ProviderError),
    /// It was not asked: it gave no verdict several times in a row.
    LeftOut {
        /// Its name.
        provider: String,
    },
}

impl Opinion {
    /// The verdict, if there is one.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Opinion::Verdict(verdict) => Some(verdict),
            Opinion::None(_) | Opinion::LeftOut { .. } => None,
        }
    }
}

struct Seat {
    provider: Provider,
    /// Cases in a row without a verdict.
    failures: u32,
}

/// Providers and the record of what they said.
///
/// Silence says nothing: whatever a provider does but answer by the interface
/// leaves the case as it would be without that provider.
pub struct Panel {
    seats: Vec<Seat>,
    record: Record,
}

impl Panel {
    /// Providers that are asked about every case.
    #[must_use]
    pub fn new(providers: Vec<Provider>, record: Record) -> Self {
        Self { seats: providers.into_iter().map(|provider| Seat { provider, failures: 0 }).collect(), record }
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What all providers say of a case, in their order. They are asked at the
    /// same time; one whose verdict is in the record is not asked again.
    ///
    /// # Errors
    /// [`RecordError`] when a verdict cannot be kept. Providers cause none.
    pub async fn judge(&mut self, case: &Case, now_ms: u64) -> Result<Vec<Opinion>, RecordError> {
        let record = &self.record;
        let asked = join_all(self.seats.iter().map(|Seat { provider, failures }| async move {
            if let Some(known) = record.find(provider.name(), case.request_hash(provider.service())) {
                return Opinion::Verdict(known.clone());
            }
            if *failures >= MOST_FAILURES {
                return Opinion::LeftOut { provider: provider.name().to_owned() };
            }
            provider.judge(case, now_ms).await.map_or_else(Opinion::None, Opinion::Verdict)
        }))
        .await;
        let mut opinions = Vec::with_capacity(asked.len());
        for (seat, opinion) in self.seats.iter_mut().zip(asked) {
            opinions.push(match opinion {
                Opinion::Verdict(verdict) => {
                    seat.failures = 0;
                    Opinion::Verdict(self.record.keep(verdict)?)
                }
                Opinion::None(error) => {
                    tracing::warn!(%error, side = case.side.name(), index = case.index, "no verdict");
                    seat.failures = seat.failures.saturating_add(1);
                    Opinion::None(error)
                }
                left_out @ Opinion::LeftOut { .. } => left_out,
            });
        }
        Ok(opinions)
    }
}
