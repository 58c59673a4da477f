//! Receipts as CSV or Parquet, a page at a time.

use super::super::receipts::item;
use crate::{lake::schema, model::Receipt};
use csv::{Terminator, WriterBuilder};
use parquet::arrow::ArrowWriter;
use std::{io, mem};

/// Makes a file of pages of receipts.
pub(super) trait Encoder: Sized + Send {
    /// Bytes that are ready once these rows are added; may be none.
    ///
    /// # Errors
    /// When the format cannot hold them.
    fn encode(&mut self, rows: &[Receipt]) -> io::Result<Vec<u8>>;

    /// The rest of the file.
    ///
    /// # Errors
    /// As [`Self::encode`].
    fn finish(self) -> io::Result<Vec<u8>>;
}

/// The columns: the fields of a receipt in JSON, in their order.
const HEADER: [&str; 16] = [
    "id",
    "device",
    "seq",
    "position",
    "block",
    "epoch",
    "merchant",
    "customer",
    "channel",
    "rail",
    "amount",
    "reference",
    "at_ms",
    "valid",
    "invalid_reason",
    "voided_epoch",
];

/// CSV as of RFC 4180. Spreadsheets run a cell that begins with `=`, `+`, `-`
/// or `@`: no cell here can, for all are unsigned numbers, hex after `0x`, or
/// words of our own.
pub(super) struct Csv(Vec<u8>);

fn lines() -> csv::Writer<Vec<u8>> {
    WriterBuilder::new().has_headers(false).terminator(Terminator::CRLF).from_writer(Vec::new())
}

fn text(lines: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    lines.into_inner().map_err(csv::IntoInnerError::into_error)
}

impl Csv {
    pub fn new() -> io::Result<Self> {
        let mut header = lines();
        header.write_record(HEADER)?;
        Ok(Self(text(header)?))
    }
}

impl Encoder for Csv {
    fn encode(&mut self, rows: &[Receipt]) -> io::Result<Vec<u8>> {
        let mut lines = lines();
        for receipt in rows {
            lines.serialize(item(receipt))?;
        }
        let mut bytes = mem::take(&mut self.0);
        bytes.append(&mut text(lines)?);
        Ok(bytes)
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        Ok(self.0)
    }
}

/// Parquet with the lake's columns. A row group is held in memory until it is
/// full.
pub(super) struct Parquet(ArrowWriter<Vec<u8>>);

impl Parquet {
    pub fn new() -> io::Result<Self> {
        let writer = ArrowWriter::try_new_with_options(Vec::new(), schema::receipts(), schema::options(true));
        writer.map(Self).map_err(io::Error::other)
    }
}

impl Encoder for Parquet {
    fn encode(&mut self, rows: &[Receipt]) -> io::Result<Vec<u8>> {
        let batch = schema::receipts_batch(rows.iter()).map_err(io::Error::other)?;
        self.0.write(&batch).map_err(io::Error::other)?;
        // Taken, not written: the writer counts what it has written itself, so
        // its offsets stay those of the whole file.
        Ok(mem::take(self.0.inner_mut()))
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        self.0.into_inner().map_err(io::Error::other)
    }
}
