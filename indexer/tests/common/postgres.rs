//! A throw-away PostgreSQL cluster.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

const BINARIES: &str = "/usr/lib/postgresql/15/bin";

/// A port that stays free while a cluster is down: the system gives those from
/// 32768 on to whoever asks for any, and no other cluster of this process gets it.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other processes begin elsewhere.
    let first = 20_000 + (std::process::id() % 600) as u16 * 20;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 700;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A cluster on a free port; stopped and removed with this value.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts one; `None`, and a line that says so, where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        if !Path::new(BINARIES).join("initdb").exists() {
            println!("left out: PostgreSQL 15 is not installed in {BINARIES}");
            return None;
        }
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("bizkey-indexer-postgres-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        run(tool("initdb").args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"]).arg(folder.join("data")));
        let cluster = Self { folder, port };
        cluster.start_again();
        Some(cluster)
    }

    /// Starts it after [`Cluster::stop`].
    pub fn start_again(&self) {
        let (port, folder) = (self.port, self.folder.display());
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}");
        run(tool("pg_ctl")
            .args(["-w", "-o", &options, "-l"])
            .arg(self.folder.join("log"))
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("start"));
    }

    /// Stops it as a crash would.
    pub fn stop(&self) {
        run(tool("pg_ctl").args(["-w", "-m", "immediate", "-D"]).arg(self.folder.join("data")).arg("stop"));
    }

    /// The file that the server logs to.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Creates a database; returns its URL.
    pub async fn create_database(&self, name: &str) -> String {
        sqlx::any::install_default_drivers();
        let admin = sqlx::AnyPool::connect(&self.url("postgres")).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&admin).await.unwrap();
        admin.close().await;
        self.url(name)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = tool("pg_ctl").args(["-m", "immediate", "-D"]).arg(self.folder.join("data")).arg("stop").status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The server refuses to run as root.
fn tool(name: &str) -> Command {
    let path = Path::new(BINARIES).join(name);
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir("/tmp").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.starts_with(b"0\n")
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?} ended with {status}");
}
