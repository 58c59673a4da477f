//! `indexer/openapi.json`, from which clients are generated, is the document
//! that is served. `cargo xtask openapi` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use bizkey_client::{Deployment, PerContract};
use bizkey_indexer::{model::Network, ApiState, Progress, Store};
use bizkey_oracle::{source::IndexSource, Book};
use bizkey_primitives::{AccountId, Calendar};
use serde_json::Value;
use std::{convert::Infallible, future::IntoFuture, path::PathBuf, sync::Arc};

/// Set to write the file instead of comparing with it.
const BLESS: &str = "BLESS";

/// The document as an empty index of an imagined network serves it.
async fn served() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    let contracts = PerContract::<()>::default().try_map(|()| {
        number += 1;
        Ok::<_, Infallible>(AccountId::from([number; 32]))
    });
    let deployment = Deployment {
        genesis_hash: [7; 32],
        calendar: Calendar { genesis_ms: 1_000, epoch_ms: 1_000 },
        block: 1,
        committee: Vec::new(),
        window_ms: 0,
        penalty_window_ms: 0,
        contracts: contracts.unwrap(),
        code_hashes: PerContract::default(),
    };
    let url = format!("sqlite://{}", folder.path().join("index.sqlite").display());
    let store = Store::open(&url, &Network::from(&deployment)).await.unwrap();
    let book = Arc::new(Book::new((&deployment).into(), Arc::new(IndexSource::new(store.clone()))));
    let router = bizkey_cli::api::router(ApiState::new(store.clone(), Progress::default()), book);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, router).into_future());
    let answer = reqwest::get(format!("http://{address}/openapi.json")).await.unwrap();
    let mut document: Value = answer.json().await.unwrap();
    // Written in an order that does not depend on how serde_json was built.
    document.sort_all_objects();
    server.abort();
    store.close().await;
    document
}

#[tokio::test]
async fn the_file_is_the_document_that_is_served() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../indexer/openapi.json");
    let document = served().await;
    for path in ["/v1/receipts", "/v1/stream", "/v1/proofs/{side}/{epoch}/{account}"] {
        assert!(document["paths"][path]["get"]["responses"]["429"].is_object(), "{path} is not in the document");
    }
    if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty()) {
        let text = serde_json::to_string_pretty(&document).unwrap();
        std::fs::write(&file, text + "\n").unwrap();
        return;
    }
    let text = std::fs::read_to_string(&file).expect("indexer/openapi.json; `cargo xtask openapi` writes it");
    let kept: Value = serde_json::from_str(&text).expect("JSON");
    assert!(kept == document, "indexer/openapi.json is not what is served: run `cargo xtask openapi`");
}
