//! What may be asked of an index that holds a [`History`]: for each path of the
//! REST API some requests as clients make them, with filters, and with pages
//! deep inside of lists.

use super::{
    market::{CURRENCIES, TRADERS},
    parties::{REGIONS, TRADES},
    spending::{characters, trader, word},
    templates::TEMPLATES,
    Draws, History, CALENDAR,
};
use bizkey_primitives::Side;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it was made from.
    pub template: &'static str,
    /// Path and query.
    pub target: String,
}

/// Draws requests.
#[derive(Clone, Debug)]
pub struct Requests<'h> {
    history: &'h History,
    draws: Draws,
}

impl History {
    /// Requests of which all but a few find something, once the history has
    /// ended; the same for the same seed.
    #[must_use]
    pub fn requests(&self, seed: u64) -> Requests<'_> {
        Requests { history: self, draws: Draws::new(seed) }
    }
}

impl Requests<'_> {
    /// A request of each kind that is made of a path; `None` of a path that is
    /// not known.
    pub fn of_each_kind(&mut self, path: &str) -> Option<Vec<Request>> {
        let (_, templates) = TEMPLATES.iter().find(|(known, _)| *known == path)?;
        Some(templates.iter().map(|template| self.fill(template)).collect())
    }

    /// Some request of a path, likewise.
    pub fn of(&mut self, path: &str) -> Option<Request> {
        let (_, templates) = TEMPLATES.iter().find(|(known, _)| *known == path)?;
        let template = self.draws.pick(templates)?;
        Some(self.fill(template))
    }

    fn fill(&mut self, template: &'static str) -> Request {
        let mut target = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').expect("a closed brace");
            target.push_str(before);
            target.push_str(&self.value(name));
            rest = after;
        }
        target.push_str(rest);
        Request { template, target }
    }

    /// A value for a place in a template.
    fn value(&mut self, name: &str) -> String {
        let (history, shape) = (self.history, self.history.shape);
        match name {
            "shop" => self.busy(Side::Merchant).to_string(),
            "customer" => self.busy(Side::Customer).to_string(),
            "shop account" => hex(&history.parties.account(Side::Merchant, self.busy(Side::Merchant))),
            "customer account" => hex(&history.parties.account(Side::Customer, self.busy(Side::Customer))),
            "epoch" => self.draws.below(shape.epochs + 1).to_string(),
            "past" => self.draws.below(shape.epochs).to_string(),
            "ms" => {
                (CALENDAR.genesis_ms + self.draws.any() % (u64::from(shape.epochs) * CALENDAR.epoch_ms)).to_string()
            }
            "receipt" => (1 + self.draws.any() % history.receipts()).to_string(),
            "place" => {
                let (device, seq) = self.batch();
                format!("{device}/{seq}/0")
            }
            "position" => format!("{}-{}", self.block(), self.draws.below(8)),
            "device" => self.draws.one_to(history.parties.devices.len() as u32).to_string(),
            "trade" => self.draws.skewed(TRADES).to_string(),
            "region" => self.draws.skewed(REGIONS).to_string(),
            "grade" => self.draws.one_to(7).to_string(),
            "agent" => self.draws.one_to(history.parties.agents).to_string(),
            "task" => self.draws.one_to(history.spending.tasks()).to_string(),
            "privilege" => self.draws.one_to(history.spending.privileges()).to_string(),
            "conditions" => hex(&history.spending.conditions(&mut self.draws)),
            "word" => word(&mut self.draws),
            "characters" => percent(&characters(&mut self.draws, 2)),
            "rank" => {
                // Some place in the order of BizPower, scale 10^18.
                let (score, shop) = (self.draws.any(), self.busy(Side::Merchant));
                format!("0-{score}000-{shop}-shop-{shop}")
            }
            "director" => self.draws.one_to(history.board.directors).to_string(),
            "resolution" => self.draws.one_to(history.board.resolutions()).to_string(),
            "offer" => self.draws.one_to(history.market.offers()).to_string(),
            "reservation" => (1 + self.draws.any() % history.market.reservations.max(1)).to_string(),
            "trader" => hex(&trader(self.draws.skewed(TRADERS))),
            "currency" => {
                let code = CURRENCIES[self.draws.below(3) as usize].0;
                String::from_utf8_lossy(&code).trim_end_matches('\0').to_owned()
            }
            other => panic!("a template asks for `{other}`, which nothing draws"),
        }
    }

    fn busy(&mut self, side: Side) -> u32 {
        let rank = self.draws.skewed(self.history.in_the_end(side));
        self.history.busy_of_rank(side, rank)
    }

    fn block(&mut self) -> u32 {
        super::FIRST_BLOCK + self.draws.below(self.history.last_block() - super::FIRST_BLOCK)
    }

    /// A batch that was recorded.
    fn batch(&mut self) -> (u32, u64) {
        loop {
            let shop = self.busy(Side::Merchant);
            let device = self.history.parties.device_of(shop).expect("every shop has a device");
            let recorded = self.history.parties.devices[device as usize - 1].next_seq;
            if recorded > 0 {
                return (device, self.draws.any() % recorded);
            }
        }
    }
}

/// Text as a query has it (RFC 3986).
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn hex(bytes: &impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::{super::LEFT_OUT, *};
    use crate::history::Shape;

    #[test]
    fn every_template_can_be_filled() {
        let mut history =
            History::new(Shape { receipts: 5_000, shops: 100, customers: 500, epochs: 3, blocks: 50, others: 1 });
        history.by_ref().for_each(drop);
        let mut requests = history.requests(1);
        for (path, templates) in TEMPLATES {
            for request in requests.of_each_kind(path).unwrap() {
                assert!(request.target.starts_with("/v1/"), "{request:?}");
                assert!(!request.target.contains(['{', '}']), "{request:?}");
            }
            assert!(templates.contains(&requests.of(path).unwrap().template));
            assert!(LEFT_OUT.iter().all(|(left_out, _)| left_out != path));
        }
        assert_eq!(history.requests(7).of("/v1/receipts"), history.requests(7).of("/v1/receipts"));
        assert_eq!(requests.of("/v1/nothing"), None);
    }
}
