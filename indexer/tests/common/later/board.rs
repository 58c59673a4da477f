//! The foundation's board, and vesting.

use super::{hash, pick, Kind, Resolution, Step, World};
use crate::common::account;
use bizkey_primitives::{board::Motion, events::*, vesting::Line};
use std::collections::BTreeMap;

impl World {
    pub(super) fn board(&mut self, step: &Step) -> Option<Vec<Event>> {
        let Step { kind, pick: at, amount, flag } = *step;
        let to = account(1 + (amount % 6) as u8);
        let in_office = self.directors.iter().filter(|(_, (_, seated))| *seated).map(|(director, _)| *director);
        let in_office: Vec<_> = in_office.collect();
        let some = |at: usize| pick(at, in_office.iter().copied());
        let event = match kind {
            Kind::Director => {
                let director = self.directors.len() as u32 + 1;
                self.directors.insert(director, (to, true));
                let name = format!("Director {director}").into_bytes();
                Event::DirectorSeated(DirectorSeated { director, account: to, name })
            }
            Kind::Leave => {
                let director = some(at)?;
                self.directors.get_mut(&director)?.1 = false;
                let mut events = vec![Event::DirectorLeft(DirectorLeft { director })];
                if self.chair == Some(director) {
                    self.chair = None;
                    events.push(Event::ChairChanged(ChairChanged { chair: None }));
                }
                return Some(events);
            }
            Kind::Succeed => {
                let director = some(at)?;
                if flag {
                    self.chair = Some(director);
                    return Some(vec![Event::ChairChanged(ChairChanged { chair: Some(director) })]);
                }
                self.directors.get_mut(&director)?.0 = to;
                Event::SeatTaken(SeatTaken { director, account: to })
            }
            Kind::Propose => {
                let (director, resolution) = (some(at)?, self.resolutions.len() as u32 + 1);
                self.resolutions.insert(resolution, Resolution { state: "open", votes: BTreeMap::new() });
                let motion = if flag {
                    Motion::AdoptText { text: hash(10, at) }
                } else {
                    Motion::AddDirector { account: to, name: b"Somebody".to_vec() }
                };
                Event::ResolutionProposed(ResolutionProposed { resolution, director, motion })
            }
            Kind::Vote => {
                let director = some(amount as usize)?;
                let open = self.resolutions.iter().filter(|(_, one)| matches!(one.state, "open" | "passed"));
                let resolution = pick(at, open.map(|(resolution, _)| *resolution))?;
                self.resolutions.get_mut(&resolution)?.votes.insert(director, flag);
                Event::VoteCast(VoteCast { resolution, director, in_favour: flag })
            }
            Kind::Resolve => {
                let open = self.resolutions.iter().filter(|(_, one)| matches!(one.state, "open" | "passed"));
                let resolution = pick(at, open.map(|(resolution, _)| *resolution))?;
                let state = &mut self.resolutions.get_mut(&resolution)?.state;
                let (next, event) = match (*state, amount % 3) {
                    ("open", 0) => ("failed", Event::ResolutionFailed(ResolutionFailed { resolution })),
                    ("open", _) => {
                        ("passed", Event::ResolutionPassed(ResolutionPassed { resolution, executable_ms: 7 }))
                    }
                    (_, 0) => ("open", Event::MajorityLost(MajorityLost { resolution })),
                    (_, 1) => ("enacted", Event::ResolutionEnacted(ResolutionEnacted { resolution })),
                    (_, _) => ("cancelled", Event::ResolutionCancelled(ResolutionCancelled { resolution })),
                };
                *state = next;
                event
            }
            Kind::Release => {
                self.released += u128::from(amount);
                let amount = u128::from(amount);
                Event::VestingReleased(VestingReleased { line: Line::ALL[at % 4], account: to, amount })
            }
            _ => return None,
        };
        Some(vec![event])
    }
}
