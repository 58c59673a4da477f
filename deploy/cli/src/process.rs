//! What runs until a signal: services side by side, or one look after the other.

use anyhow::bail;
use std::future::{Future, IntoFuture};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Longest time for answers under way when everything stops.
const GRACE: Duration = Duration::from_secs(3);

/// What runs in the background.
#[derive(Default)]
pub struct Process {
    /// Cancelled to stop everything.
    pub shutdown: CancellationToken,
    services: JoinSet<anyhow::Result<()>>,
}

impl Process {
    /// Runs a service, which ends when `shutdown` is cancelled and not before.
    pub fn spawn(&mut self, service: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.services.spawn(service);
    }

    /// Serves a router until everything stops.
    pub fn serve(&mut self, listener: TcpListener, router: axum::Router) {
        let stop = self.shutdown.clone();
        self.spawn(async move {
            // Limits are by address.
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let serving =
                axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future();
            // A stream of events has no end of its own.
            let patience = async {
                stop.cancelled().await;
                tokio::time::sleep(GRACE).await;
            };
            tokio::select! {
                served = serving => served?,
                () = patience => {}
            }
            Ok(())
        });
    }

    /// Waits for a service to end, which none should.
    ///
    /// # Errors
    /// Always: its failure, or that there was none.
    pub async fn failure(&mut self) -> anyhow::Result<()> {
        match self.services.join_next().await {
            Some(Ok(Err(error))) => Err(error),
            Some(Err(panic)) => Err(panic.into()),
            Some(Ok(Ok(()))) | None => bail!("a service stopped early"),
        }
    }

    /// Waits for Ctrl-C or SIGTERM, or for the first service that fails. Then
    /// everything is to be stopped.
    ///
    /// # Errors
    /// The failure.
    pub async fn wait(&mut self) -> anyhow::Result<()> {
        let outcome = tokio::select! {
            signalled = stop_signal() => signalled,
            failed = self.failure() => failed,
        };
        // Whoever read our output may be gone; that is no reason to stop badly.
        let _ = writeln!(std::io::stdout(), "stopping");
        outcome
    }

    /// Stops every service and waits for it.
    ///
    /// # Errors
    /// The first failure of a service.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let mut outcome = Ok(());
        while let Some(ended) = self.services.join_next().await {
            outcome = outcome.and(ended.map_err(anyhow::Error::from).and_then(|result| result));
        }
        outcome
    }
}

/// Looks at something at once and then every so often, until Ctrl-C or SIGTERM,
/// which also ends a look under way.
///
/// # Errors
/// When the system gives no signals.
pub async fn look_every(period: Duration, mut look: impl AsyncFnMut()) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let looking = async {
        loop {
            ticks.tick().await;
            look().await;
        }
    };
    tokio::select! {
        signalled = stop_signal() => signalled,
        () = looking => Ok(()),
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
