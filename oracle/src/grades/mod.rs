//! Level rewards: what a shop is given when it reaches a grade for the first
//! time (whitepaper 3.2: grades, with game-like rewards per level; 3.1, Earn).
//!
//! What the contracts allow decides the form:
//! - Time of a task goes to customers alone (`redemption.fulfil`). So a shop's
//!   reward is a task that Bizkey pays for the shop: its next customers earn
//!   Time by buying there, which else costs a shop a fee and Time of its own.
//! - Bizkey's tasks are created by the admin of `redemption`, which is the
//!   foundation: by a resolution of the board, or by the chief executive where
//!   the board gave it power over `create_task`. No key of a program may do
//!   that, so [`due`] lists the calls, ready to be signed.
//! - Fulfilments are confirmed by a key with a role. [`Confirmer`] is a program
//!   that has it.
//!
//! Once a shop and grade: a task is known by the hash of its text, which names
//! chain, contract, shop and grade, and nothing that could change. Whatever
//! task of Bizkey's has that hash, open or closed, or is about to have it by a
//! resolution that still runs, makes the reward no longer due. So nothing needs
//! to be remembered, and whoever starts twice lists the same. Nobody is
//! confirmed twice, because the contract refuses it.
//!
//! | module | holds |
//! |---|---|
//! | `rewards` | how much for which grade |
//! | `plan` | which rewards are due, and the calls that create their tasks |
//! | `confirm` | who earned them |

mod confirm;
mod plan;
mod rewards;

pub use confirm::{ConfirmError, Confirmed, Confirmer};
pub(crate) use plan::open_resolutions;
pub use plan::{due, text, DueReward, PlanSettings};
pub use rewards::{BadReward, GradeReward, LevelReward, LevelRewards};
