//! Blake2x256, the one hash of the suite: the host function inside a
//! contract, the `blake2` crate off chain.

/// Blake2b with a 256-bit digest, as `ink::env::hash::Blake2x256`.
#[must_use]
pub fn blake2x256(data: &[u8]) -> [u8; 32] {
    #[cfg(feature = "ink")]
    {
        let mut output = [0u8; 32];
        ink::env::hash_bytes::<ink::env::hash::Blake2x256>(data, &mut output);
        output
    }
    #[cfg(all(feature = "std", not(feature = "ink")))]
    {
        use blake2::{digest::consts::U32, Blake2b, Digest};
        Blake2b::<U32>::digest(data).into()
    }
    #[cfg(not(any(feature = "std", feature = "ink")))]
    {
        let _ = data;
        compile_error!("enable the feature `std` or `ink`: one of them provides the hash")
    }
}

/// The selector of an ink! message: the first four bytes of the hash of its
/// name (`transfer`, or `Trait::message` for a trait's message).
#[must_use]
pub fn selector(name: &str) -> [u8; 4] {
    let hash = blake2x256(name.as_bytes());
    [hash[0], hash[1], hash[2], hash[3]]
}
