//! A throw-away PostgreSQL on a free port.

use anyhow::{ensure, Context};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running cluster; stopped and deleted when it is dropped.
pub struct Postgres {
    bin: PathBuf,
    directory: tempfile::TempDir,
    port: u16,
}

/// Where Debian puts the server's programs.
fn server_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).find(|bin| bin.join("initdb").exists())
}

impl Postgres {
    /// Starts one; `None` where PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub fn start() -> anyhow::Result<Option<Self>> {
        let Some(bin) = server_programs() else { return Ok(None) };
        let directory = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let root = is_root();
        if root {
            // The server refuses to run as root.
            let given = Command::new("chown").arg("postgres").arg(directory.path()).status()?;
            ensure!(given.success(), "the folder was not given to the user postgres");
        }
        let cluster = Self { bin, directory, port };
        let data = cluster.data();
        let data = data.to_str().context("the path is no text")?;
        cluster.run("initdb", &["-D", data, "-U", "bizkey", "--auth=trust", "-E", "UTF8", "--no-sync"])?;
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
        let log = cluster.directory.path().join("log");
        let log = log.to_str().context("the path is no text")?;
        cluster.run("pg_ctl", &["-D", data, "-l", log, "-w", "-o", &options, "start"])?;
        Ok(Some(cluster))
    }

    /// The URL of its one database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://bizkey@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let path = self.bin.join(program);
        let mut command = as_server(&path);
        let output = command.args(arguments).current_dir("/").output().with_context(|| path.display().to_string())?;
        ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        let mut command = as_server(&self.bin.join("pg_ctl"));
        // A cluster that is gone already needs no stopping.
        let _ = command.arg("-D").arg(data).args(["-m", "immediate", "stop"]).current_dir("/").output();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn as_server(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}
