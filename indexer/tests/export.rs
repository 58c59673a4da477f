//! Receipts as files: CSV and Parquet over a real listener.

use crate::common::{apply_all, batch, random, sale, Chain, Sqlite};
use bizkey_indexer::{
    model::{Receipt, ReceiptFilter},
    router, ApiState, Progress, Store,
};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

struct Served {
    url: String,
    store: Store,
    _sqlite: Sqlite,
}

impl Served {
    async fn start(chain: &Chain) -> Self {
        let sqlite = Sqlite::new();
        let store = sqlite.open().await;
        apply_all(&store, &chain.blocks).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router(ApiState::new(store.clone(), Progress::default()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, store, _sqlite: sqlite }
    }

    async fn get(&self, query: &str) -> reqwest::Response {
        reqwest::get(format!("{}/v1/receipts/export?{query}", self.url)).await.unwrap()
    }

    /// The receipts of a filter, as `/v1/receipts` shows them.
    async fn listed(&self, query: &str) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let url = format!("{}/v1/receipts?limit=500&{query}{after}", self.url);
            let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
            all.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    }
}

/// Epoch 0 has more receipts than a page, and more than a row group of Parquet.
fn large_chain() -> Chain {
    let mut chain = random::long_chain(0);
    let receipts: Vec<_> = (0..500u64).map(|amount| sale(amount, 0)).collect();
    for block in 0..28 {
        chain.push_in(0, (0..10).map(|seq| batch(1, 1, block * 10 + seq, &receipts)).collect());
    }
    chain.push_in(0, vec![batch(1, 1, 280, &receipts[..1])]);
    chain
}

#[tokio::test]
async fn csv_says_what_the_list_says() {
    let served = Served::start(&random::long_chain(60)).await;
    let (mut rows, mut voided) = (0, 0);
    let filters = ["", "&merchant=2", "&customer=1", "&merchant=1&customer=1"];
    let queries = (0..20).flat_map(|epoch| filters.map(|filter| format!("epoch={epoch}{filter}")));
    for query in queries {
        let query = query.as_str();
        let answer = served.get(query).await;
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "text/csv");
        let text = answer.text().await.unwrap();
        assert!(text.ends_with("\r\n"));
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let header = lines.headers().unwrap().clone();
        let listed = served.listed(query).await;
        let told: Vec<_> = lines.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(told.len(), listed.len(), "{query}");
        for (told, listed) in told.iter().zip(&listed) {
            let listed = listed.as_object().unwrap();
            let mut columns: Vec<_> = listed.keys().map(String::as_str).collect();
            let mut named: Vec<_> = header.iter().collect();
            columns.sort_unstable();
            named.sort_unstable();
            assert_eq!(columns, named);
            for (name, cell) in header.iter().zip(told) {
                let shown = match &listed[name] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(cell, shown, "{name}");
                assert!(!cell.starts_with(['=', '+', '-', '@']));
            }
            voided += u32::from(!listed["voided_epoch"].is_null());
        }
        rows += told.len();
    }
    assert!(rows > 50 && voided > 0, "{rows} rows, {voided} voided");
}

#[tokio::test]
async fn a_large_epoch_comes_whole_in_both_formats() {
    let served = Served::start(&large_chain()).await;
    let filter = ReceiptFilter { epoch: Some(0), ..ReceiptFilter::default() };
    let last = served.store.receipts_range(0).await.unwrap();
    assert!(last.end - last.start > 65_536, "{last:?}");
    assert_eq!(served.store.receipts(filter, last.end - 2, 500).await.unwrap().len(), 1);
    let text = served.get("epoch=0&format=csv").await.text().await.unwrap();
    assert_eq!(text.lines().count() as u64, 1 + last.end - last.start);
    let ids = text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse::<u64>().unwrap());
    assert!(ids.eq(last.clone()), "in order, without a gap");

    let bytes = served.get("epoch=0&format=parquet").await.bytes().await.unwrap();
    let file = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
    assert!(file.metadata().num_row_groups() > 1);
    let mut ids = Vec::new();
    for rows in file.build().unwrap() {
        let rows = rows.unwrap();
        let column = rows.column_by_name("id").unwrap().as_any().downcast_ref::<arrow_array::UInt64Array>().unwrap();
        ids.extend(column.values().iter().copied());
    }
    assert!(ids.into_iter().eq(last));
}

#[tokio::test]
async fn parquet_has_the_columns_of_the_lake_and_the_rows_of_the_filter() {
    let served = Served::start(&random::long_chain(60)).await;
    let mut sum = 0u128;
    for (epoch, merchant) in (0..20).flat_map(|epoch| [(epoch, None), (epoch, Some(1)), (epoch, Some(2))]) {
        let of_merchant = merchant.map(|merchant| format!("&merchant={merchant}")).unwrap_or_default();
        let query = format!("epoch={epoch}{of_merchant}&format=parquet");
        let answer = served.get(&query).await;
        assert_eq!(answer.headers()["content-type"], "application/vnd.apache.parquet");
        assert!(!answer.headers().contains_key("content-encoding"));
        let file = ParquetRecordBatchReaderBuilder::try_new_with_options(
            answer.bytes().await.unwrap(),
            ArrowReaderOptions::new(),
        );
        let file = file.unwrap();
        assert_eq!(file.schema().fields(), bizkey_indexer::lake::schema::receipts().fields());
        let mut amounts = Vec::new();
        for rows in file.build().unwrap() {
            let rows = rows.unwrap();
            let column = rows.column_by_name("amount").unwrap();
            let column = column.as_any().downcast_ref::<arrow_array::UInt64Array>().unwrap();
            amounts.extend(column.values().iter().copied());
        }
        let filter = ReceiptFilter { epoch: Some(epoch), merchant, customer: None };
        let stored: Vec<Receipt> = served.store.receipts(filter, 0, 500).await.unwrap();
        assert_eq!(amounts, stored.iter().map(|receipt| receipt.amount).collect::<Vec<_>>(), "{query}");
        sum += amounts.iter().map(|amount| u128::from(*amount)).sum::<u128>();
    }
    assert!(sum > 0);
}

#[tokio::test]
async fn a_file_has_a_name_and_an_empty_one_its_header() {
    let served = Served::start(&random::long_chain(60)).await;
    let answer = served.get("epoch=999999&merchant=2&customer=3").await;
    let name = "attachment; filename=\"receipts-epoch-999999-merchant-2-customer-3.csv\"";
    assert_eq!(answer.headers()["content-disposition"], name);
    assert!(answer.headers().contains_key("etag"));
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("id,device,seq,") && text.lines().count() == 1, "{text}");
    let answer = served.get("epoch=999999&format=parquet").await;
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"receipts-epoch-999999.parquet\"");
    let file = ParquetRecordBatchReaderBuilder::try_new(answer.bytes().await.unwrap()).unwrap();
    assert_eq!(file.metadata().file_metadata().num_rows(), 0);
}

#[tokio::test]
async fn wrong_parameters_are_problems() {
    let served = Served::start(&random::long_chain(60)).await;
    for query in
        ["", "merchant=1", "epoch=x", "epoch=1&format=xlsx", "epoch=1&limit=5", "epoch=-1", "epoch=1&merchant="]
    {
        let answer = served.get(query).await;
        assert_eq!(answer.status().as_u16(), 400, "{query}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{query}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["type"], "urn:bizkey:problem:invalid-parameter", "{query}");
    }
}

/// Readers that take nothing hold their places until they are given up; then
/// others are told to wait, not kept waiting.
#[tokio::test]
async fn only_so_many_exports_run_at_once() {
    let served = Served::start(&large_chain()).await;
    let address = served.url.trim_start_matches("http://").to_owned();
    let request = "GET /v1/receipts/export?epoch=0 HTTP/1.1\r\nHost: here\r\n\r\n";
    let mut silent = Vec::new();
    for _ in 0..16 {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        connection.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        silent.push(connection);
    }
    let answer = served.get("epoch=0").await;
    assert_eq!(answer.status().as_u16(), 503);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["type"], "urn:bizkey:problem:too-many-streams");
    // One that goes away makes room.
    silent.pop();
    for _ in 0..500 {
        if served.get("epoch=999999").await.status().as_u16() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the place of a reader that went away stays taken");
}

/// A file that would mix two chains breaks off: it cannot pass for a whole one.
#[tokio::test]
async fn an_export_breaks_off_when_the_chain_turns() {
    let chain = large_chain();
    // The last block, with one receipt, may still go back.
    let (last, before) = chain.blocks.split_last().unwrap();
    let served = Served::start(&Chain { blocks: before.to_vec() }).await;
    served.store.apply_hot(last).await.unwrap();
    let mut answer = served.get("epoch=0").await;
    // Megabytes are to come, more than the sockets take: it cannot be done yet.
    let mut text = answer.chunk().await.unwrap().unwrap().to_vec();
    served.store.roll_back(last.number - 1).await.unwrap();
    let error = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => text.extend_from_slice(&chunk),
            Ok(None) => panic!("{} bytes passed for the whole", text.len()),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error}");
}
