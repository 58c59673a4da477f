//! A body that is made while it is sent, and never ends well when it is not
//! whole.

use axum::body::{Body, Bytes};
use futures::stream;
use std::{future::Future, io, time::Duration};
use tokio::sync::mpsc;

/// How long a reader may take nothing.
const SILENCE: Duration = Duration::from_secs(30);

enum Piece {
    Bytes(Bytes),
    /// What came is all.
    End,
}

/// Where the maker of a body puts its bytes.
pub(super) struct Sink {
    pieces: mpsc::Sender<Piece>,
    silence: Duration,
}

/// Why an answer ends before its end.
pub(super) fn broken_off(why: impl Into<String>) -> io::Error {
    io::Error::other(why.into())
}

/// A body made by a task of its own, one piece ahead of the reader. If the task
/// stops without [`Sink::end`], the connection is cut, so that the reader cannot
/// take a part for the whole.
pub(super) fn streamed<F: Future<Output = ()> + Send + 'static>(make: impl FnOnce(Sink) -> F) -> Body {
    let (sink, pieces) = channel(SILENCE);
    tokio::spawn(make(sink));
    Body::from_stream(stream::unfold(Some(pieces), |pieces| async {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(pieces))),
            Some(Piece::End) => None,
            None => Some((Err(broken_off("the rest could not be read")), None)),
        }
    }))
}

fn channel(silence: Duration) -> (Sink, mpsc::Receiver<Piece>) {
    let (pieces, taken) = mpsc::channel(1);
    (Sink { pieces, silence }, taken)
}

impl Sink {
    /// Hands bytes to the reader; waits until it has taken those before.
    ///
    /// # Errors
    /// When the reader is gone, or takes nothing for too long.
    pub async fn send(&self, bytes: Vec<u8>) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.put(Piece::Bytes(bytes.into())).await
    }

    /// Hands over the last bytes, and says so.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn end(self, bytes: Vec<u8>) -> io::Result<()> {
        self.send(bytes).await?;
        self.put(Piece::End).await
    }

    async fn put(&self, piece: Piece) -> io::Result<()> {
        match tokio::time::timeout(self.silence, self.pieces.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(broken_off("the reader went away")),
            Err(_) => Err(broken_off(format!("the reader took nothing for {} s", self.silence.as_secs()))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn read(body: Body) -> Result<Bytes, axum::Error> {
        axum::body::to_bytes(body, usize::MAX).await
    }

    #[tokio::test]
    async fn a_body_is_whole_or_fails() {
        let whole = streamed(|sink| async move {
            sink.send(b"one ".to_vec()).await.unwrap();
            sink.end(b"two".to_vec()).await.unwrap();
        });
        assert_eq!(read(whole).await.unwrap(), "one two");
        let part = streamed(|sink| async move { sink.send(b"one ".to_vec()).await.unwrap() });
        assert!(read(part).await.is_err(), "a part passed for the whole");
        let nothing = streamed(|sink| async move { sink.end(Vec::new()).await.unwrap() });
        assert_eq!(read(nothing).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_or_is_gone_is_not_waited_for() {
        let (sink, taken) = channel(Duration::from_millis(20));
        sink.send(vec![1]).await.unwrap();
        let error = sink.send(vec![2]).await.unwrap_err();
        assert!(error.to_string().contains("took nothing"), "{error}");
        drop(taken);
        let error = sink.send(vec![3]).await.unwrap_err();
        assert!(error.to_string().contains("went away"), "{error}");
    }
}
