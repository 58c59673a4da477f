//! Calls from one contract of the suite to another (feature `ink`).

use crate::AccountId;
use codec::{Decode, Encode};
use ink::env::{
    call::{build_call, ExecutionInput, Selector},
    DefaultEnvironment,
};

/// The callee did not answer: no contract there, no such message, it trapped,
/// or its answer is not of the expected type. It changed nothing.
///
/// Never take this for a refusal or a zero: whoever submits a transaction can
/// make an inner call fail by nesting it too deep, so the caller must fail too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalleeFailed;

/// Calls the message of `selector` at `callee` with all the gas that is left
/// and without value.
///
/// `arguments` is a tuple, one element a parameter: `&(account, epoch)`, and
/// `&(payments,)` for a single one. `Answer` is the message's whole return
/// type; for a message that returns `Result<T, E>` it is that `Result`, and an
/// `Err` inside means that the callee refused and reverted.
///
/// ```ignore
/// let paid: Result<(), psp22::Error> =
///     call(bzky, ink::selector_bytes!("transfer_many"), &(payments,)).map_err(|_| Error::CalleeFailed)?;
/// ```
///
/// # Errors
/// [`CalleeFailed`].
pub fn call<Arguments, Answer>(
    callee: AccountId,
    selector: [u8; 4],
    arguments: &Arguments,
) -> Result<Answer, CalleeFailed>
where
    Arguments: Encode,
    Answer: Decode,
{
    build_call::<DefaultEnvironment>()
        .call(callee)
        // A tuple encodes as its elements one after the other, as arguments do.
        .exec_input(ExecutionInput::new(Selector::new(selector)).push_arg(arguments))
        .returns::<Answer>()
        .try_invoke()
        .map_err(|_| CalleeFailed)?
        .map_err(|_| CalleeFailed)
}
