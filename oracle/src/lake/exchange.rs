//! Rows by part: each thread puts its rows into parts of its own, then whoever
//! is free takes the same part of all threads.
//!
//! Rows stay in chunks: a part grows without being copied, and a chunk's
//! memory is free for other rows as soon as its part is done.

use datafusion::{
    arrow::record_batch::RecordBatch,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{metrics::Time, ExecutionPlan},
};
use futures::StreamExt as _;
use std::{
    fmt,
    future::Future,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc, Mutex, PoisonError,
    },
    time::Instant,
};
use tokio::{sync::OnceCell, task::JoinSet};

/// Parts of a side. Of 100,000,000 receipts, one part holds some 25,000, which
/// is a megabyte: it stays in a core's cache while it is tallied.
pub(super) const PARTS: usize = 4_096;

/// Rows of a chunk.
const CHUNK: usize = 512;

/// The rows that one thread put into one part.
#[derive(Debug)]
pub(super) struct Chunks<R> {
    full: Vec<Vec<R>>,
    open: Vec<R>,
}

impl<R> Default for Chunks<R> {
    fn default() -> Self {
        Self { full: Vec::new(), open: Vec::new() }
    }
}

impl<R> Chunks<R> {
    #[inline]
    pub(super) fn push(&mut self, row: R) {
        if self.open.len() == CHUNK {
            self.full.push(std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK)));
        }
        self.open.push(row);
    }

    pub(super) fn len(&self) -> usize {
        self.full.len() * CHUNK + self.open.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[R]> {
        self.full.iter().map(Vec::as_slice).chain(std::iter::once(self.open.as_slice()))
    }
}

/// The rows of one part, of all threads.
pub(super) type Part<R> = Vec<Chunks<R>>;

/// Puts the rows of a batch into parts.
pub(super) trait Scatter<R>: Send + Sync {
    /// # Errors
    /// When the batch has other columns than expected, or a row that cannot be.
    fn scatter(&self, batch: &RecordBatch, parts: &mut [Chunks<R>]) -> Result<()>;
}

/// What the exchange took, summed over threads.
#[derive(Clone, Debug)]
pub(super) struct Times {
    /// Waiting for the input, which computes it.
    pub(super) input: Time,
    /// Putting rows into parts.
    pub(super) partition: Time,
}

/// All rows by part, once.
pub(super) struct Filled<R> {
    parts: Vec<Mutex<Part<R>>>,
    next: AtomicUsize,
}

impl<R> Filled<R> {
    /// The next part that nobody has taken; `None` when all are.
    pub(super) fn take(&self) -> Option<(usize, Part<R>)> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            // Taken once, so a thread that panicked left nothing half done.
            let part = std::mem::take(&mut *self.parts.get(number)?.lock().unwrap_or_else(PoisonError::into_inner));
            if part.iter().any(|chunks| chunks.len() > 0) {
                return Some((number, part));
            }
        }
    }
}

type Outcome<R> = std::result::Result<Arc<Filled<R>>, Arc<DataFusionError>>;

/// The rows of an operator's input by part: of all its partitions together, or
/// of each for itself.
pub(super) struct Gathered<R>(Vec<OnceCell<Outcome<R>>>);

impl<R> fmt::Debug for Gathered<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gathered").field("groups", &self.0.len()).finish()
    }
}

impl<R: Send + 'static> Gathered<R> {
    pub(super) fn new(groups: usize) -> Self {
        Self((0..groups).map(|_| OnceCell::new()).collect())
    }

    /// The rows of output partition `partition`'s group, gathered at the first
    /// call.
    pub(super) async fn of(
        &self,
        partition: usize,
        input: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
        scatter: Arc<dyn Scatter<R>>,
        times: Times,
    ) -> Result<Arc<Filled<R>>> {
        let shared = self.0.len() == 1;
        let cell = if shared { self.0.first() } else { self.0.get(partition) };
        let Some(cell) = cell else {
            return Err(DataFusionError::Internal(format!("there is no partition {partition}")));
        };
        let inputs = if shared {
            0..input.properties().output_partitioning().partition_count()
        } else {
            partition..partition + 1
        };
        let gathered = cell.get_or_init(|| async {
            let streams = inputs.map(|input_partition| input.execute(input_partition, Arc::clone(context)));
            match streams.collect::<Result<Vec<_>>>() {
                Ok(streams) => gather(streams, scatter, times).await.map(Arc::new).map_err(Arc::new),
                Err(error) => Err(Arc::new(error)),
            }
        });
        gathered.await.clone().map_err(DataFusionError::Shared)
    }
}

async fn gather<R: Send + 'static>(
    streams: Vec<SendableRecordBatchStream>,
    scatter: Arc<dyn Scatter<R>>,
    times: Times,
) -> Result<Filled<R>> {
    let mut tasks = JoinSet::new();
    for stream in streams {
        tasks.spawn(fill(stream, Arc::clone(&scatter), times.clone()));
    }
    let mut parts: Vec<Part<R>> = (0..PARTS).map(|_| Vec::new()).collect();
    while let Some(filled) = tasks.join_next().await {
        let filled = filled.map_err(|error| DataFusionError::External(Box::new(error)))??;
        for (part, chunks) in parts.iter_mut().zip(filled) {
            part.push(chunks);
        }
    }
    Ok(Filled { parts: parts.into_iter().map(Mutex::new).collect(), next: AtomicUsize::new(0) })
}

fn fill<R: Send + 'static>(
    mut stream: SendableRecordBatchStream,
    scatter: Arc<dyn Scatter<R>>,
    times: Times,
) -> impl Future<Output = Result<Vec<Chunks<R>>>> + Send {
    async move {
        let mut parts: Vec<Chunks<R>> = (0..PARTS).map(|_| Chunks::default()).collect();
        let mut asked = Instant::now();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            times.input.add_elapsed(asked);
            let started = Instant::now();
            scatter.scatter(&batch, &mut parts)?;
            times.partition.add_elapsed(started);
            asked = Instant::now();
        }
        times.input.add_elapsed(asked);
        Ok(parts)
    }
}
