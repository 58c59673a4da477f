//! The process that cuts plans into stages and hands out tasks.

use crate::{address::SchedulerAddress, codec::Codec, Error, Result, MESSAGE_BYTES};
use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::{
    cluster::BallistaCluster,
    config::{SchedulerConfig, TaskDistributionPolicy},
    scheduler_process::{create_scheduler, start_grpc_service_with_listener},
};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{net::TcpListener, signal};

/// How long the results of a finished job are kept, seconds.
const KEPT_SECONDS: u64 = 60 * 60;

/// How often a stage may lose rows before its job fails. Ballista 55 would run
/// a part of the stages again and hand what others had made already to the next
/// stage twice, so whoever scores has the whole plan run again instead.
const STAGE_FAILURES: usize = 1;

/// How long jobs wait for an executor after the last one died, at least,
/// seconds.
const GRACE_SECONDS: u64 = 60;

/// Options of `engine scheduler`.
#[derive(Clone, Debug, clap::Args)]
pub struct SchedulerArgs {
    /// Where executors and whoever scores find it; port 0 picks a free one.
    /// There is no password: loopback, or a private network.
    #[arg(long, default_value = "127.0.0.1:50050")]
    pub listen: SocketAddr,
    /// The host by which executors call it, if it is not the one listened on.
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Seconds after which an executor that says nothing is dead, and its
    /// tasks are given to others. A busy one says something every 5 seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(10..=3600))]
    pub executor_timeout: u64,
    /// How many executors there are once /readyz says so.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub executors: usize,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the address cannot be listened on, or Ballista stops.
pub(crate) async fn run(args: SchedulerArgs) -> Result<()> {
    let listening = async {
        let listener = TcpListener::bind(args.listen).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = listening.await.map_err(|cause| Error::Listen { listen: args.listen, cause })?;
    let host = host(args.advertise, address)?;
    let config = SchedulerConfig {
        external_host: host.clone(),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        // Executors ask for tasks: they know best what they have free, and
        // nobody has to reach them but for their rows.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        stage_max_failures: STAGE_FAILURES,
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: args.executor_timeout,
        expire_dead_executor_interval_seconds: (args.executor_timeout / 4).max(1),
        no_executors_grace_period_seconds: args.executor_timeout.max(GRACE_SECONDS),
        finished_job_data_clean_up_interval_seconds: KEPT_SECONDS,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        grpc_client_max_message_size: MESSAGE_BYTES,
        override_physical_codec: Some(Arc::new(Codec::default())),
        min_ready_executors: args.executors,
        ..SchedulerConfig::default()
    };
    config.validate()?;
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    println!("scheduler {}", SchedulerAddress::new(host, address.port()));
    tokio::select! {
        stopped = start_grpc_service_with_listener(listener, scheduler) => Ok(stopped?),
        () = told_to_stop() => Ok(()),
    }
}

/// The host by which others call a process that listens at `address`.
pub(crate) fn host(advertise: Option<String>, address: SocketAddr) -> Result<String> {
    match (advertise, address.ip()) {
        (Some(host), _) => Ok(host),
        (None, ip) if ip.is_unspecified() => Err(Error::Advertise(address)),
        (None, IpAddr::V4(ip)) => Ok(ip.to_string()),
        (None, IpAddr::V6(ip)) => Ok(format!("[{ip}]")),
    }
}

async fn told_to_stop() {
    let interrupted = signal::ctrl_c();
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        // Then Ctrl-C is what is left.
        Err(_) => drop(interrupted.await),
    }
}
