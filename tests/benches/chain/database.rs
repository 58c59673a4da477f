//! The databases that the index is measured on.

use crate::options::{Databases, Options};
use bizkey_e2e::Postgres;

/// A kind of database.
pub enum Database {
    /// A throw-away PostgreSQL, writing its log to the disk at each commit, as
    /// it comes.
    Postgres,
    /// A file.
    Sqlite,
}

/// A database of its own for one run.
pub struct Opened {
    /// What the indexer opens.
    pub url: String,
    /// Stopped and removed with this.
    _server: Option<Postgres>,
}

/// The databases that are asked for and are there.
///
/// # Errors
/// When one is asked for by name and is not there.
pub fn all(options: &Options) -> anyhow::Result<Vec<Database>> {
    let wanted = options.databases;
    let mut all = Vec::new();
    if wanted != Databases::Sqlite {
        if Postgres::start()?.is_some() {
            all.push(Database::Postgres);
        } else if wanted == Databases::Postgres {
            anyhow::bail!("PostgreSQL is not installed; `cargo xtask test` installs it");
        } else {
            println!("PostgreSQL is not installed, SQLite alone is measured");
        }
    }
    if wanted != Databases::Postgres {
        all.push(Database::Sqlite);
    }
    Ok(all)
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }

    /// An empty one; files go into `folder`.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn open(&self, folder: &std::path::Path) -> anyhow::Result<Opened> {
        match self {
            Self::Sqlite => {
                Ok(Opened { url: format!("sqlite://{}", folder.join("index.sqlite").display()), _server: None })
            }
            Self::Postgres => {
                let server = Postgres::start()?.ok_or_else(|| anyhow::anyhow!("PostgreSQL is gone"))?;
                Ok(Opened { url: server.url(), _server: Some(server) })
            }
        }
    }
}
