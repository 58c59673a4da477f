//! What can go wrong in a chore.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// The result of a chore.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, with which input.
#[derive(Debug)]
pub enum Error {
    /// The command line is wrong.
    Usage(String),
    /// A file or folder cannot be used.
    File {
        /// What was tried, as "cannot ...".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A program cannot be started.
    Start {
        /// The command line.
        command: String,
        /// The system's word.
        source: io::Error,
    },
    /// A program ended with an error.
    Failed {
        /// The command line.
        command: String,
        /// Its exit code, or how it ended.
        status: String,
        /// What it printed, if that was captured.
        output: String,
    },
    /// Neither way of getting the contracts' toolchain works here.
    NoToolchain(Vec<String>),
    /// Something the chore needs is missing and cannot be installed.
    Missing {
        /// What is missing.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// There is no benchmark of this name.
    UnknownBench {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
}

impl Error {
    /// Wraps the system's error with the file it is about.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) => write!(formatter, "{problem}"),
            Self::File { action, path, source } => {
                write!(formatter, "{action} {}: {source}", path.display())
            }
            Self::Start { command, source } => {
                write!(formatter, "cannot start `{command}`: {source}")
            }
            Self::Failed { command, status, output } => {
                write!(formatter, "`{command}` failed ({status})")?;
                if output.is_empty() {
                    Ok(())
                } else {
                    write!(formatter, ":\n{output}")
                }
            }
            Self::NoToolchain(reasons) => {
                write!(formatter, "the contracts' toolchain, Rust 1.85.0, cannot be had here")?;
                for reason in reasons {
                    write!(formatter, "\n- {reason}")?;
                }
                Ok(())
            }
            Self::Missing { what, remedy } => write!(formatter, "{what} is missing: {remedy}"),
            Self::UnknownBench { name, known } if known.is_empty() => {
                write!(formatter, "no benchmark `{name}`: there are none yet")
            }
            Self::UnknownBench { name, known } => {
                write!(formatter, "no benchmark `{name}`; there are {}", known.join(", "))
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Start { source, .. } => Some(source),
            _ => None,
        }
    }
}
