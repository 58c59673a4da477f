//! What a provider answers.

use serde::{Deserialize, Serialize};

/// Most reasons of an answer.
pub const MAX_REASONS: usize = 16;
/// Longest reason, characters.
pub const MAX_REASON_CHARS: usize = 500;

/// What a provider says of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Receipts or identity are true.
    Genuine,
    /// They may be false.
    Suspicious,
    /// They are false.
    Forged,
}

impl Judgement {
    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Judgement::Genuine => "genuine",
            Judgement::Suspicious => "suspicious",
            Judgement::Forged => "forged",
        }
    }
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedAnswer {
    /// It is no text.
    #[error("its answer is no UTF-8")]
    NoText,
    /// It is not of the interface.
    #[error("its answer is no verdict: {0}")]
    NoVerdict(String),
    /// Its score is out of range.
    #[error("its score {0} is above 1000")]
    Score(u16),
    /// It says too much.
    #[error("its answer has more than {MAX_REASONS} reasons, or one of more than {MAX_REASON_CHARS} characters")]
    Reasons,
}

/// The answer's JSON. Fields that the interface does not know are let pass, so
/// that a provider can say more to others.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) verdict: Judgement,
    pub(super) score: u16,
    #[serde(default)]
    pub(super) reasons: Vec<String>,
}

impl Answer {
    /// The answer to the letter, and what it says.
    pub(super) fn read(body: Vec<u8>) -> Result<(String, Self), MalformedAnswer> {
        let raw = String::from_utf8(body).map_err(|_| MalformedAnswer::NoText)?;
        let answer: Self = serde_json::from_str(&raw).map_err(|error| MalformedAnswer::NoVerdict(error.to_string()))?;
        if answer.score > 1_000 {
            return Err(MalformedAnswer::Score(answer.score));
        }
        let is_long = |reason: &String| reason.chars().count() > MAX_REASON_CHARS;
        if answer.reasons.len() > MAX_REASONS || answer.reasons.iter().any(is_long) {
            return Err(MalformedAnswer::Reasons);
        }
        Ok((raw, answer))
    }
}
