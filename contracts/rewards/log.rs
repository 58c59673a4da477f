//! Events, all emitted through one and the same code: ink!'s own way makes a
//! copy of it for every event type, and there are many.

use ink::{
    env::event::{state::HasRemainingTopics, Event, TopicsBuilder, TopicsBuilderBackend},
    env::{DefaultEnvironment, Environment},
    prelude::vec::Vec,
};
use scale::{Encode, Output};

/// An event's signature, its one topic, and its bytes.
struct Raw {
    signature: [u8; 32],
    data: Vec<u8>,
}

impl Encode for Raw {
    fn size_hint(&self) -> usize {
        self.data.len()
    }

    fn encode_to<T: Output + ?Sized>(&self, destination: &mut T) {
        destination.write(&self.data);
    }
}

impl Event for Raw {
    type RemainingTopics = [HasRemainingTopics; 1];

    const SIGNATURE_TOPIC: Option<[u8; 32]> = None;

    fn topics<E, B>(&self, builder: TopicsBuilder<ink::env::event::state::Uninit, E, B>) -> B::Output
    where
        E: Environment,
        B: TopicsBuilderBackend<E>,
    {
        builder.build::<Self>().push_topic(Some(&self.signature)).finish()
    }
}

/// Emits an event without topics of its own: one of the suite's.
pub fn emit<E: Event>(event: &E) {
    // Every event of this contract has a signature.
    emit_raw(E::SIGNATURE_TOPIC.unwrap_or_default(), event.encode());
}

fn emit_raw(signature: [u8; 32], data: Vec<u8>) {
    ink::env::emit_event::<DefaultEnvironment, _>(Raw { signature, data });
}
