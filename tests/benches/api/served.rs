//! The API as `bizkey up` serves it, without a limit on requests.

use crate::database::network;
use anyhow::Context as _;
use bizkey_indexer::{router, ApiConfig, ApiState, Progress, Store};
use std::{
    future::IntoFuture as _,
    net::SocketAddr,
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A server on a free port, on threads of its own.
pub struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<anyhow::Result<()>>,
}

impl Served {
    /// Starts it over the database.
    ///
    /// # Errors
    /// When the database or the port does not open.
    pub async fn start(database: &str) -> anyhow::Result<Self> {
        let (stop, url) = (CancellationToken::new(), database.to_owned());
        let (started, address) = mpsc::channel();
        let stopped = stop.clone();
        let server = thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(serve(&url, &started, stopped))
        });
        match address.recv() {
            Ok(address) => Ok(Self { address, stop, server }),
            Err(_) => {
                ended(server)?;
                anyhow::bail!("the server ended without a word")
            }
        }
    }

    /// The URL of a path and query.
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it had failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        tokio::task::spawn_blocking(|| ended(self.server)).await?
    }
}

fn ended(server: JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    server.join().ok().context("the server panicked")?
}

async fn serve(database: &str, started: &mpsc::Sender<SocketAddr>, stop: CancellationToken) -> anyhow::Result<()> {
    let store = Store::open(database, &network()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    started.send(listener.local_addr()?)?;
    let state = ApiState::new(store.clone(), Progress::default());
    let router = router(state.within(ApiConfig { rate: None, ..ApiConfig::default() }));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        served = axum::serve(listener, service).into_future() => served?,
        () = stop.cancelled() => {}
    }
    store.close().await;
    Ok(())
}
