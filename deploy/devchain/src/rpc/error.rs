//! The chain's errors as JSON-RPC errors, with a Substrate node's codes.

use crate::{
    error::Error,
    pool::{invalid_reason, PoolError},
};
use jsonrpsee::types::{error::INTERNAL_ERROR_CODE, ErrorObjectOwned};

/// An answer or a JSON-RPC error.
pub type RpcResult<T> = Result<T, ErrorObjectOwned>;

/// A block that is not known, or another failure of the store or runtime.
const CLIENT_ERROR: i32 = 4003;

/// Codes of the transaction pool.
mod code {
    pub const BAD_FORMAT: i32 = 1001;
    pub const INVALID: i32 = 1010;
    pub const UNKNOWN_VALIDITY: i32 = 1011;
    pub const TEMPORARILY_BANNED: i32 = 1012;
    pub const ALREADY_IMPORTED: i32 = 1013;
    pub const TOO_LOW_PRIORITY: i32 = 1014;
    pub const IMMEDIATELY_DROPPED: i32 = 1016;
}

/// An error without data.
pub fn plain(code: i32, message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, None::<()>)
}

/// The JSON-RPC form of `error`.
pub fn from_chain(error: Error) -> ErrorObjectOwned {
    match error {
        Error::Pool(error) => from_pool(error),
        Error::UnknownBlock(block) => {
            plain(CLIENT_ERROR, format!("Client error: UnknownBlock: block {block} was not found"))
        }
        Error::Stopped => plain(INTERNAL_ERROR_CODE, error.to_string()),
        other => plain(CLIENT_ERROR, format!("Client error: {other}")),
    }
}

fn from_pool(error: PoolError) -> ErrorObjectOwned {
    let with_data = |code, message: String, data: String| ErrorObjectOwned::owned(code, message, Some(data));
    match error {
        PoolError::BadFormat(reason) => plain(code::BAD_FORMAT, format!("Extrinsic has invalid format: {reason}")),
        PoolError::Invalid(invalid) => with_data(code::INVALID, "Invalid Transaction".into(), invalid_reason(&invalid)),
        PoolError::Unknown(unknown) => {
            with_data(code::UNKNOWN_VALIDITY, "Unknown Transaction Validity".into(), format!("{unknown:?}"))
        }
        PoolError::TemporarilyBanned => plain(code::TEMPORARILY_BANNED, "Transaction is temporarily banned"),
        PoolError::AlreadyImported(hash) => {
            with_data(code::ALREADY_IMPORTED, "Transaction Already Imported".into(), format!("{hash:?}"))
        }
        PoolError::TooLowPriority { old, new } => with_data(
            code::TOO_LOW_PRIORITY,
            format!("Priority is too low: ({old} vs {new})"),
            "The transaction has too low priority to replace another transaction already in the pool.".into(),
        ),
        PoolError::ImmediatelyDropped => with_data(
            code::IMMEDIATELY_DROPPED,
            "Immediately Dropped".into(),
            "The transaction couldn't enter the pool because of the limit".into(),
        ),
        PoolError::Chain(reason) => plain(CLIENT_ERROR, format!("Client error: {reason}")),
    }
}
