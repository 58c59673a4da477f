//! Emits every event of a contract through one piece of code (feature `ink`). ink!'s own way is compiled
//! anew for each type of event, which for two dozen of them costs a tenth of
//! the code that a contract may have; the bytes on chain are the same.

use alloc::vec::Vec;
use codec::{Encode, Output};
use ink::env::{
    event::{
        state::{HasRemainingTopics, Uninit},
        TopicsBuilder, TopicsBuilderBackend,
    },
    DefaultEnvironment, Environment, Event,
};

/// Emits `event`, none of whose fields is a topic.
pub fn emit<E: Event>(event: &E) {
    emit_encoded(E::SIGNATURE_TOPIC, event.encode());
}

#[inline(never)]
fn emit_encoded(signature: Option<[u8; 32]>, data: Vec<u8>) {
    ink::env::emit_event::<DefaultEnvironment, _>(Raw { signature, data: Encoded(data) });
}

/// SCALE bytes that are there already.
pub struct Encoded(pub Vec<u8>);

impl Encode for Encoded {
    fn size_hint(&self) -> usize {
        self.0.len()
    }

    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}

/// An event as its signature and its bytes.
struct Raw {
    signature: Option<[u8; 32]>,
    data: Encoded,
}

impl Encode for Raw {
    fn size_hint(&self) -> usize {
        self.data.size_hint()
    }

    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        self.data.encode_to(output);
    }
}

impl Event for Raw {
    type RemainingTopics = [HasRemainingTopics; 1];

    const SIGNATURE_TOPIC: Option<[u8; 32]> = None;

    fn topics<E, B>(&self, builder: TopicsBuilder<Uninit, E, B>) -> B::Output
    where
        E: Environment,
        B: TopicsBuilderBackend<E>,
    {
        builder.build::<Self>().push_topic(self.signature.as_ref()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::{HoldPlaced, RegistryOssified},
        Hash, Side,
    };
    use ink::env::test::recorded_events;

    fn both_ways<E: Event + Clone>(event: &E) {
        let before = recorded_events().count();
        emit(event);
        ink::env::emit_event::<DefaultEnvironment, _>(event.clone());
        let emitted: Vec<_> = recorded_events().skip(before).map(|event| (event.topics, event.data)).collect();
        assert_eq!(emitted.len(), 2);
        assert_eq!(emitted[0], emitted[1]);
    }

    #[ink::test]
    fn an_event_is_the_same_as_ink_emits_it() {
        both_ways(&RegistryOssified {});
        both_ways(&HoldPlaced { side: Side::Customer, index: 7, until_ms: 1, reason: Hash::from([3; 32]) });
    }
}
