//! Messages as the bundles' own metadata tell them, and arguments made up for
//! them: small figures and accounts that mean something, so that many calls
//! get past the first checks.

use bizkey_client::ContractKind;
use bizkey_primitives::{hash::selector, AccountId};
use codec::{Compact, Encode};
use serde_json::Value;
use std::collections::BTreeMap;

/// A message that changes state.
#[derive(Clone, Debug)]
pub struct Message {
    pub kind: ContractKind,
    pub label: String,
    arguments: Vec<u64>,
}

/// What a contract's bundle says of it.
pub struct Metadata {
    kind: ContractKind,
    messages: Vec<Value>,
    types: BTreeMap<u64, Value>,
}

/// Figures drawn one after the other; the same from the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A figure below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// What figures and accounts are drawn from.
pub struct Pool {
    pub accounts: Vec<AccountId>,
    pub hashes: Vec<[u8; 32]>,
    pub now_ms: u64,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Metadata {
    pub fn read(kind: ContractKind) -> Self {
        let bundle = bizkey_tests::sandbox::bundle(kind);
        let types = list(&bundle["types"]).iter();
        let types = types.map(|entry| (entry["id"].as_u64().unwrap(), entry["type"].clone())).collect();
        Self { kind, messages: list(&bundle["spec"]["messages"]).to_vec(), types }
    }

    /// The messages that change state.
    pub fn mutating(&self) -> Vec<Message> {
        let mutating = self.messages.iter().filter(|message| message["mutates"] == true);
        let message = |message: &Value| {
            let arguments = list(&message["args"]).iter();
            Message {
                kind: self.kind,
                label: message["label"].as_str().unwrap().to_owned(),
                arguments: arguments.map(|argument| argument["type"]["type"].as_u64().unwrap()).collect(),
            }
        };
        mutating.map(message).collect()
    }

    /// Selectors of all messages.
    pub fn selectors(&self) -> Vec<[u8; 4]> {
        let bytes = |message: &Value| {
            let text = message["selector"].as_str().unwrap().trim_start_matches("0x").to_owned();
            u32::from_str_radix(&text, 16).unwrap().to_be_bytes()
        };
        self.messages.iter().map(bytes).collect()
    }

    /// A call of a message with arguments of its types.
    pub fn input(&self, message: &Message, pool: &Pool, dice: &mut Dice) -> Vec<u8> {
        let mut input = selector(&message.label).to_vec();
        for argument in &message.arguments {
            self.value(*argument, pool, dice, &mut input);
        }
        input
    }

    fn value(&self, id: u64, pool: &Pool, dice: &mut Dice, out: &mut Vec<u8>) {
        let entry = &self.types[&id];
        let name = list(&entry["path"]).last().and_then(Value::as_str).unwrap_or_default();
        match name {
            "AccountId" => return out.extend_from_slice(dice.pick(&pool.accounts).as_ref()),
            "Hash" => return out.extend_from_slice(&dice.pick(&pool.hashes)),
            _ => {}
        }
        let def = &entry["def"];
        let (form, inner) = def.as_object().and_then(|def| def.iter().next()).expect("a definition");
        match form.as_str() {
            "primitive" => primitive(inner.as_str().unwrap_or_default(), pool, dice, out),
            "composite" => self.fields(inner, pool, dice, out),
            "tuple" => list(inner).iter().for_each(|id| self.value(id.as_u64().unwrap(), pool, dice, out)),
            "array" => {
                for _ in 0..inner["len"].as_u64().unwrap() {
                    self.value(inner["type"].as_u64().unwrap(), pool, dice, out);
                }
            }
            "sequence" => {
                let length = dice.roll(5);
                Compact(length as u32).encode_to(out);
                for _ in 0..length {
                    self.value(inner["type"].as_u64().unwrap(), pool, dice, out);
                }
            }
            "variant" => {
                let variants = list(&inner["variants"]);
                let variant = &variants[dice.roll(variants.len() as u64) as usize];
                out.push(variant["index"].as_u64().unwrap() as u8);
                self.fields(variant, pool, dice, out);
            }
            other => panic!("a type of {} that is not made up: {other}", self.kind),
        }
    }

    fn fields(&self, of: &Value, pool: &Pool, dice: &mut Dice, out: &mut Vec<u8>) {
        list(&of["fields"]).iter().for_each(|field| self.value(field["type"].as_u64().unwrap(), pool, dice, out));
    }
}

/// Numbers of parties, devices and epochs that there are; times around now.
fn primitive(form: &str, pool: &Pool, dice: &mut Dice, out: &mut Vec<u8>) {
    const HOUR: u64 = 3_600_000;
    const TOKEN: u128 = bizkey_primitives::TOKEN;
    match form {
        "bool" => out.push(dice.roll(2) as u8),
        "u8" => out.push(dice.roll(3) as u8),
        "u16" => (dice.roll(3) as u16).encode_to(out),
        "u32" => dice.pick(&[0u32, 1, 1, 2, 3, 100]).encode_to(out),
        "u64" => dice.pick(&[0, 1, 1, 2, pool.now_ms, pool.now_ms + HOUR, pool.now_ms + 24 * HOUR]).encode_to(out),
        "u128" => dice.pick(&[0u128, 1, TOKEN, 5 * TOKEN, 50 * TOKEN]).encode_to(out),
        other => panic!("a primitive that is not made up: {other}"),
    }
}
