//! Why a message is refused, contract by contract. Frozen in order: a new
//! cause is appended, so that older readers keep their meaning.

/// Turns the refusals of shared mechanisms into a contract's own errors of the
/// same names: `refusals!(ActionError, PauseRefused);` beside its `Error`.
macro_rules! refusals {
    (@one ActionError) => {
        impl From<crate::action::ActionError> for Error {
            fn from(error: crate::action::ActionError) -> Self {
                match error {
                    crate::action::ActionError::Expired => Error::Expired,
                    crate::action::ActionError::BadNonce => Error::BadNonce,
                    crate::action::ActionError::BadSignature => Error::BadSignature,
                }
            }
        }
    };
    (@one PauseRefused) => {
        impl From<crate::pause::PauseRefused> for Error {
            fn from(refused: crate::pause::PauseRefused) -> Self {
                match refused {
                    crate::pause::PauseRefused::TooLong => Error::PauseTooLong,
                    crate::pause::PauseRefused::CoolingDown => Error::PauseCoolingDown,
                }
            }
        }
    };
    (@one AdministrationError) => {
        impl From<crate::administration::AdministrationError> for Error {
            fn from(error: crate::administration::AdministrationError) -> Self {
                match error {
                    crate::administration::AdministrationError::NotDeployer => Error::NotDeployer,
                    crate::administration::AdministrationError::AlreadyBound => Error::AlreadyBound,
                    crate::administration::AdministrationError::NotAdmin => Error::NotAdmin,
                    crate::administration::AdministrationError::Ossified => Error::Ossified,
                }
            }
        }
    };
    ($($refusal:ident),*) => {
        $(refusals!(@one $refusal);)*
    };
}

pub mod foundation;
pub mod otc;
pub mod pos_deposit;
pub mod psp22;
pub mod receipts;
pub mod redemption;
pub mod registry;
pub mod rewards;
pub mod vault;
pub mod vesting;
