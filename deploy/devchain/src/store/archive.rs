//! A whole chain as one stream of bytes: its heads, the blocks of the best
//! branch and all trie nodes. Loading it gives the same hashes and the same
//! states, so a network that took minutes to set up is there in a moment.
//!
//! The stream is [`MAGIC`] and then records: a tag byte, a length (u32 LE) and
//! so many bytes. The first record holds the heads, the last one a hash chained
//! over all others. A stream may come from anyone: each block must be the child
//! of the one before, and a node is filed under the hash of its bytes.

use super::{EncodedExtrinsic, NewBlock, Persist, Store, StoreError, StoredHeads};
use crate::runtime::{Hash, Hashing, Header, VERSION};
use codec::{DecodeAll, Encode};
use sp_runtime::traits::Hash as _;
use std::io::{self, Read, Write};

/// The first bytes of a stream, with the version of its layout.
const MAGIC: &[u8] = b"bizkey-devchain/1\n";
/// The chain's ends.
const TAG_HEADS: u8 = 0;
/// A header and its body.
const TAG_BLOCK: u8 = 1;
/// A list of trie nodes.
const TAG_NODES: u8 = 2;
/// The hash chained over every record before.
const TAG_END: u8 = 3;
/// About how many bytes of nodes one record holds.
const NODES_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// A longer record is damage.
const MAX_RECORD_BYTES: u32 = 512 * 1024 * 1024;

/// Why a chain could not be written to a stream or read from one.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The stream failed.
    #[error("the chain's dump could not be read or written: {0}")]
    Stream(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are no dump, or a damaged one.
    #[error("this is no dump of a chain, or a damaged one: {0}")]
    Malformed(&'static str),
}

impl From<codec::Error> for ArchiveError {
    fn from(_: codec::Error) -> Self {
        Self::Malformed("a record does not decode")
    }
}

impl Store {
    /// Writes the chain that ends in `heads` to `out`.
    ///
    /// # Errors
    /// When the store cannot be read or `out` cannot be written.
    pub fn dump(&self, heads: StoredHeads, out: impl Write) -> Result<(), ArchiveError> {
        let mut records = Records { stream: out, link: Hash::zero() };
        records.stream.write_all(MAGIC)?;
        records.write(TAG_HEADS, &heads.encode())?;
        let missing = || ArchiveError::Store(StoreError::Detached(heads.best));
        let best = self.header(&heads.best)?.ok_or_else(missing)?.number;
        for number in 0..=best {
            let hash = self.hash_at(number)?.ok_or_else(missing)?;
            let (header, body) = self.header(&hash)?.zip(self.body(&hash)?).ok_or_else(missing)?;
            records.write(TAG_BLOCK, &(header, body).encode())?;
        }
        let mut nodes: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0_usize;
        self.recent.for_each(&*self.database()?, |_, node| {
            bytes = bytes.saturating_add(node.len());
            nodes.push(node.to_vec());
            if bytes >= NODES_RECORD_BYTES {
                records.write(TAG_NODES, &nodes.encode())?;
                nodes.clear();
                bytes = 0;
            }
            Ok::<_, ArchiveError>(())
        })?;
        records.write(TAG_NODES, &nodes.encode())?;
        let link = records.link;
        records.write(TAG_END, link.as_bytes())?;
        Ok(records.stream.flush()?)
    }

    /// Reads a chain that [`Store::dump`] wrote and makes it this store's;
    /// returns its heads. Blocks that are here already stay.
    ///
    /// # Errors
    /// When the stream is no whole dump, or its genesis block is not `genesis`
    /// where that is given. The store's chain is then as it was.
    pub fn load(&self, input: impl Read, genesis: Option<Hash>) -> Result<StoredHeads, ArchiveError> {
        let mut records = Records { stream: input, link: Hash::zero() };
        let mut magic = [0; MAGIC.len()];
        records.stream.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(ArchiveError::Malformed("it does not begin as one, or it is of another version"));
        }
        let (TAG_HEADS, heads) = records.read()? else {
            return Err(ArchiveError::Malformed("it does not begin with the chain's heads"));
        };
        let heads = StoredHeads::decode_all(&mut &heads[..])?;
        if genesis.is_some_and(|genesis| genesis != heads.genesis) {
            return Err(ArchiveError::Malformed("it is of a chain with another genesis block"));
        }
        let mut previous: Option<(Hash, u32)> = None;
        let mut final_block_passed = false;
        loop {
            let before = records.link;
            match records.read()? {
                (TAG_BLOCK, record) => {
                    let (header, body) = <(Header, Vec<EncodedExtrinsic>)>::decode_all(&mut &record[..])?;
                    let hash = header.hash();
                    let follows = match previous {
                        None => header.number == 0 && hash == heads.genesis,
                        Some((parent, number)) => {
                            header.parent_hash == parent && Some(header.number) == number.checked_add(1)
                        }
                    };
                    let root = Hashing::ordered_trie_root(body.clone(), VERSION.extrinsics_root_state_version());
                    if !follows || root != header.extrinsics_root {
                        return Err(ArchiveError::Malformed("a block does not follow from the one before"));
                    }
                    previous = Some((hash, header.number));
                    final_block_passed |= hash == heads.finalized;
                    self.add(NewBlock { hash, header: &header, body: &body, nodes: Vec::new() })?;
                }
                (TAG_NODES, record) => {
                    let nodes = Vec::<Vec<u8>>::decode_all(&mut &record[..])?;
                    self.add_nodes(nodes.into_iter().map(|node| (Hashing::hash(&node), node)).collect())?;
                }
                (TAG_END, record) if record == before.as_bytes() => break,
                _ => return Err(ArchiveError::Malformed("a record is damaged")),
            }
        }
        if previous.map(|(hash, _)| hash) != Some(heads.best) {
            return Err(ArchiveError::Malformed("it does not reach its best block"));
        }
        if !final_block_passed {
            return Err(ArchiveError::Malformed("its final block is not on its chain"));
        }
        self.commit(Vec::new(), heads, Persist::Now)?;
        Ok(heads)
    }
}

/// The records of a stream, each hashed with those before it.
struct Records<S> {
    stream: S,
    link: Hash,
}

impl<S> Records<S> {
    fn chain(&mut self, tag: u8, record: &[u8]) {
        self.link = (self.link, tag, record).using_encoded(Hashing::hash);
    }
}

impl<S: Write> Records<S> {
    fn write(&mut self, tag: u8, record: &[u8]) -> Result<(), ArchiveError> {
        let length = u32::try_from(record.len())
            .ok()
            .filter(|length| *length <= MAX_RECORD_BYTES)
            .ok_or(ArchiveError::Malformed("a block is too long for a record"))?;
        self.stream.write_all(&[tag])?;
        self.stream.write_all(&length.to_le_bytes())?;
        self.stream.write_all(record)?;
        self.chain(tag, record);
        Ok(())
    }
}

impl<S: Read> Records<S> {
    fn read(&mut self) -> Result<(u8, Vec<u8>), ArchiveError> {
        let mut tag = [0];
        self.stream.read_exact(&mut tag)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > MAX_RECORD_BYTES {
            return Err(ArchiveError::Malformed("a record is too long"));
        }
        // Reads what comes: a false length must not reserve memory.
        let mut record = Vec::new();
        let read = self.stream.by_ref().take(u64::from(length)).read_to_end(&mut record)?;
        if u32::try_from(read) != Ok(length) {
            return Err(ArchiveError::Malformed("it ends in the middle of a record"));
        }
        self.chain(tag[0], &record);
        Ok((tag[0], record))
    }
}
