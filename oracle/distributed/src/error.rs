//! Why a process of a cluster cannot run.

use ballista_core::error::BallistaError;
use std::{net::SocketAddr, path::PathBuf};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("{listen} cannot be listened on ({cause}); give another with --listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// Others cannot know where the process is.
    #[error("{0} is no address that others can call; give them one with --advertise")]
    Advertise(SocketAddr),
    /// Nobody listens at the scheduler's address.
    #[error("no scheduler answered at {scheduler} within {seconds} s: {cause}")]
    NoScheduler {
        /// Its address.
        scheduler: String,
        /// How long was waited.
        seconds: u64,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// The folder for rows on their way cannot be had.
    #[error("the folder {path} cannot be used ({cause}); give another with --work-dir")]
    WorkFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// Ballista stopped.
    #[error(transparent)]
    Ballista(#[from] BallistaError),
}

/// Result of running a process of a cluster.
pub type Result<T, E = Error> = std::result::Result<T, E>;
