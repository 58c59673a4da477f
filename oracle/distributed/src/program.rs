//! The processes of a cluster as commands.

use crate::{executor, scheduler, ExecutorArgs, Result, SchedulerArgs};

/// One process of a cluster that scores epochs of the lake.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum EngineCommand {
    /// Cuts plans into stages and hands out tasks; there is one.
    Scheduler(SchedulerArgs),
    /// Runs tasks; there are as many as are started.
    Executor(ExecutorArgs),
}

impl EngineCommand {
    /// Runs until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn run(self) -> Result<()> {
        match self {
            EngineCommand::Scheduler(args) => scheduler::run(args).await,
            EngineCommand::Executor(args) => executor::run(args).await,
        }
    }
}
