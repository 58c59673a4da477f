//! Processes of a cluster on free ports of loopback; none outlives its test.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long anything may take that the processes do by themselves.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// After how long the scheduler takes a silent executor for dead.
pub const EXECUTOR_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks again until there is an answer.
fn wait<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "{what} did not happen within {PATIENCE:?}");
        std::thread::sleep(PAUSE);
    }
}

/// A process that is killed when its test is over.
struct Process(Child);

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey-engine"));
        // Their warnings are those of a cluster that loses an executor.
        let level = std::env::var("RUST_LOG").unwrap_or_else(|_| "error".to_owned());
        command.args(arguments).env("RUST_LOG", level).stdin(Stdio::null()).stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// The first line that it prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    fn has_open(&self, path: &Path) -> bool {
        let Ok(entries) = fs::read_dir(format!("/proc/{}/fd", self.0.id())) else { return false };
        entries.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == path))
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scheduler and its executors.
pub struct Processes {
    scheduler: String,
    executors: Vec<Process>,
    _scheduler: Process,
    _folders: Vec<TempDir>,
}

impl Processes {
    /// Starts a scheduler and so many executors of one thread each, and waits
    /// until they know each other.
    pub fn start(executors: usize) -> Self {
        let (timeout, count) = (EXECUTOR_TIMEOUT.as_secs().to_string(), executors.to_string());
        let arguments = ["scheduler", "--listen", "127.0.0.1:0", "--executor-timeout", &timeout, "--executors", &count];
        let mut first = Process::start(&arguments);
        let scheduler = first.line().strip_prefix("scheduler ").expect("the scheduler says where it is").to_owned();
        let folders: Vec<TempDir> = (0..executors).map(|_| tempfile::tempdir().unwrap()).collect();
        let executor = |folder: &TempDir| {
            let folder = folder.path().to_str().unwrap();
            Process::start(&["executor", "--scheduler", &scheduler, "--threads", "1", "--work-dir", folder])
        };
        let executors: Vec<Process> = folders.iter().map(executor).collect();
        let host = scheduler.strip_prefix("ballista://").unwrap();
        wait("the registration of all executors", || is_ready(host).then_some(()));
        Self { scheduler, executors, _scheduler: first, _folders: folders }
    }

    /// `ballista://HOST:PORT`.
    pub fn scheduler(&self) -> &str {
        &self.scheduler
    }

    /// Kills, as by SIGKILL, one executor that has a file open.
    pub fn kill_reader_of(&mut self, path: &Path) {
        let place = wait("opening of the file", || self.executors.iter().position(|process| process.has_open(path)));
        self.executors[place].kill();
    }

    /// How many executors are left.
    pub fn running_executors(&mut self) -> usize {
        self.executors.iter_mut().filter_map(|process| process.is_running().then_some(())).count()
    }
}

/// Whether the scheduler at `host` has all its executors.
fn is_ready(host: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut connection = TcpStream::connect(host)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        write!(connection, "GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}

/// A file that is a pipe for a while: whoever reads it stands still.
pub struct Blocked {
    path: PathBuf,
    aside: PathBuf,
    content: Vec<u8>,
}

impl Blocked {
    /// Puts a pipe in the place of a file.
    pub fn file(path: &Path) -> Self {
        let aside = path.with_extension("aside");
        let content = fs::read(path).unwrap();
        fs::rename(path, &aside).unwrap();
        let made = Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
        Self { path: path.to_owned(), aside, content }
    }

    /// The pipe.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until somebody reads; the end to write to.
    pub fn wait_for_reader(&self) -> File {
        // Without a reader, this does not wait but fails.
        let open = || OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&self.path);
        wait("reading of the file", || open().ok())
    }

    /// Puts the file back, and lets whoever still reads the pipe go on.
    pub fn release(&self, mut writer: File) {
        fs::rename(&self.aside, &self.path).unwrap();
        // Whoever opened the pipe before has it still; there may be nobody.
        let _ = writer.write_all(&self.content);
    }
}
