//! The processes that run tasks.

use crate::{address::SchedulerAddress, codec::Codec, scheduler::host, stores::Stores, Error, Result, MESSAGE_BYTES};
use ballista_core::{config::TaskSchedulingPolicy, RuntimeProducer};
use ballista_executor::executor_process::{start_executor_process, ExecutorProcessConfig};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// How long an executor waits for its scheduler to answer.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// Options of `engine executor`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExecutorArgs {
    /// The scheduler, ballista://HOST:PORT.
    #[arg(long, value_name = "ADDRESS")]
    pub scheduler: SchedulerAddress,
    /// Where others fetch its rows; port 0 picks a free one. There is no
    /// password: loopback, or a private network.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The host by which others call it, if it is not the one listened on.
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Partitions that it computes at a time; as many as the machine has
    /// processors without it.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Rows on their way to others; a folder that goes with the process
    /// without it.
    #[arg(long, value_name = "FOLDER")]
    pub work_dir: Option<PathBuf>,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the scheduler does not answer, an address cannot be listened on, or
/// Ballista stops.
pub(crate) async fn run(args: ExecutorArgs) -> Result<()> {
    let port = port(args.listen).map_err(|cause| Error::Listen { listen: args.listen, cause })?;
    let external_host = host(args.advertise, args.listen)?;
    // Held until the end: it takes the folder with it.
    let (_held, work_dir) = work_folder(args.work_dir.as_deref())?;
    find(&args.scheduler).await?;
    let temporary = work_dir.clone();
    let runtime: RuntimeProducer = Arc::new(move |_| {
        let builder = RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(Stores::default()));
        builder.with_temp_file_path(&temporary).build_arc()
    });
    let bind_host = match args.listen.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let config = ExecutorProcessConfig {
        bind_host,
        external_host: Some(external_host),
        port,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        scheduler_host: args.scheduler.host().to_owned(),
        scheduler_port: args.scheduler.port(),
        // 0 is one per processor.
        vcores: args.threads.map_or(0, NonZeroUsize::get),
        work_dir: Some(work_dir.display().to_string()),
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        override_runtime_producer: Some(runtime),
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..ExecutorProcessConfig::default()
    };
    println!("executor {} at {}:{port}", config.executor_id, config.bind_host);
    Ok(start_executor_process(Arc::new(config)).await?)
}

/// The port to listen on. Ballista takes a number, no socket: what is free here
/// may be taken when it gets there, and then it says so and stops.
fn port(listen: SocketAddr) -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(listen)?.local_addr()?.port())
}

fn work_folder(given: Option<&Path>) -> Result<(Option<TempDir>, PathBuf)> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| Error::WorkFolder { path, cause }
    };
    match given {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(failed(folder))?;
            Ok((None, std::path::absolute(folder).map_err(failed(folder))?))
        }
        None => {
            let folder = TempDir::new().map_err(failed(&std::env::temp_dir()))?;
            let path = folder.path().to_owned();
            Ok((Some(folder), path))
        }
    }
}

/// Waits until the scheduler answers: both may be started at the same moment.
async fn find(scheduler: &SchedulerAddress) -> Result<()> {
    let started = Instant::now();
    loop {
        let place = format!("{}:{}", scheduler.host(), scheduler.port());
        let called = tokio::time::timeout(PATIENCE, TcpStream::connect(place)).await;
        match called.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
            Ok(_) => return Ok(()),
            Err(cause) if started.elapsed() >= PATIENCE => {
                let (scheduler, seconds) = (scheduler.to_string(), PATIENCE.as_secs());
                return Err(Error::NoScheduler { scheduler, seconds, cause });
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
