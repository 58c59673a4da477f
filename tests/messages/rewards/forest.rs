//! Trees as an adversary writes them: every node may say anything, hide what
//! lies below it, or be hashed for another tree. And a judge of its own, that
//! names every rule that such a tree breaks, with the way to show it.

use bizkey_primitives::{
    challenge::{Branch, Descent},
    hash::blake2x256,
    report::SideReport,
    tree::{Domain, Leaf, ProofStep, Tuple},
    Side,
};
use proptest::prelude::*;

/// Most levels of a tree.
const MAX_DEPTH: usize = 32;

/// A node: what it says, and what lies below.
#[derive(Clone, Debug)]
pub struct Node {
    pub says: Tuple,
    pub below: Below,
}

#[derive(Clone, Debug)]
pub enum Below {
    Leaf(Leaf),
    Halves(Box<(Node, Node)>),
    /// Nobody knows.
    Hidden,
}

/// How leaves are put together.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// As the rules want it.
    Rfc,
    /// Each on top of all before it.
    Comb,
    /// Anywhere, by these dice.
    Random(u64),
}

/// A lie of one node, after which all nodes above add up what it says.
#[derive(Clone, Copy, Debug)]
pub enum Lie {
    Count(u32),
    V1(u128),
    V2(u128),
    Min(u32),
    Max(u32),
    /// Hashed for another side, epoch or algorithm.
    Foreign,
    /// What lies below is kept secret.
    Hide,
    /// Nobody's node, with counts and sums of its choice.
    Replace(u32, u128, u128),
}

/// What makes a tree: leaves, their shape, lies by the number of the node.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub leaves: Vec<Leaf>,
    pub shape: Shape,
    pub lies: Vec<(usize, Lie)>,
    /// What the report adds to count and sums.
    pub claimed: (u32, u128, u128),
}

/// Builds nodes, numbered from the left-most leaf up.
struct Builder<'a> {
    domain: Domain,
    recipe: &'a Recipe,
    built: usize,
}

impl Builder<'_> {
    fn build(&mut self, leaves: &[Leaf], seed: u64) -> Node {
        let mut node = match leaves {
            [leaf] => Node { says: honest(&self.domain, leaf), below: Below::Leaf(*leaf) },
            _ => {
                let at = match self.recipe.shape {
                    Shape::Rfc => left_of(leaves.len() as u64) as usize,
                    Shape::Comb => leaves.len() - 1,
                    Shape::Random(_) => 1 + (seed % (leaves.len() as u64 - 1)) as usize,
                };
                let next = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) >> 7;
                let left = self.build(&leaves[..at], next);
                let right = self.build(&leaves[at..], next ^ 0x5555);
                Node {
                    says: over(&self.domain, &left.says, &right.says),
                    below: Below::Halves(Box::new((left, right))),
                }
            }
        };
        for (number, lie) in &self.recipe.lies {
            if number % (2 * self.recipe.leaves.len() - 1) == self.built {
                self.lie(&mut node, *lie);
            }
        }
        self.built += 1;
        node
    }

    fn lie(&self, node: &mut Node, lie: Lie) {
        let says = &mut node.says;
        match lie {
            Lie::Count(more) => says.count = says.count.wrapping_add(more),
            Lie::V1(more) => says.sum_v1 = says.sum_v1.wrapping_add(more),
            Lie::V2(more) => says.sum_v2 = says.sum_v2.wrapping_add(more),
            Lie::Min(more) => says.min_account = says.min_account.wrapping_add(more),
            Lie::Max(more) => says.max_account = says.max_account.wrapping_add(more),
            Lie::Foreign => {
                let foreign = Domain(blake2x256(&self.domain.0));
                says.hash = match &node.below {
                    Below::Leaf(leaf) => leaf.hash(&foreign),
                    Below::Halves(halves) => Tuple::node_hash(&foreign, &halves.0.says, &halves.1.says),
                    Below::Hidden => says.hash,
                };
            }
            Lie::Hide => node.below = Below::Hidden,
            Lie::Replace(count, sum_v1, sum_v2) => {
                *says = Tuple { hash: [7; 32], count, sum_v1, sum_v2, ..*says };
                node.below = Below::Hidden;
            }
        }
    }
}

/// What a leaf says, account 0 too.
fn honest(domain: &Domain, leaf: &Leaf) -> Tuple {
    let Leaf { account, v1, v2 } = *leaf;
    let hash = leaf.hash(domain);
    Tuple { hash, count: 1, sum_v1: v1, sum_v2: v2, min_account: account, max_account: account }
}

/// What a node over two others says, as far as it can be counted.
fn over(domain: &Domain, left: &Tuple, right: &Tuple) -> Tuple {
    Tuple {
        hash: Tuple::node_hash(domain, left, right),
        count: left.count.wrapping_add(right.count),
        sum_v1: left.sum_v1.wrapping_add(right.sum_v1),
        sum_v2: left.sum_v2.wrapping_add(right.sum_v2),
        min_account: left.min_account.min(right.min_account),
        max_account: left.max_account.max(right.max_account),
    }
}

/// Largest power of two below `count`.
fn left_of(count: u64) -> u64 {
    let mut power = 1;
    while power * 2 < count {
        power *= 2;
    }
    power
}

/// A tree with the report that its author makes of it.
#[derive(Clone, Debug)]
pub struct Forged {
    pub domain: Domain,
    pub side: Side,
    pub top: Node,
    pub report: SideReport,
}

/// A rule that is broken, and where.
#[derive(Clone, Debug)]
pub struct Fault {
    pub rule: &'static str,
    pub branch: Branch,
}

impl Forged {
    pub fn new(domain: Domain, side: Side, recipe: &Recipe) -> Self {
        let seed = if let Shape::Random(seed) = recipe.shape { seed } else { 0 };
        let top = Builder { domain, recipe, built: 0 }.build(&recipe.leaves, seed);
        let (count, v1, v2) = recipe.claimed;
        let report = SideReport {
            root: top.says.root(&domain),
            count: top.says.count.wrapping_add(count),
            sum_v1: top.says.sum_v1.wrapping_add(v1),
            sum_v2: top.says.sum_v2.wrapping_add(v2),
        };
        Self { domain, side, top, report }
    }

    /// Every rule of the tree that is broken where its hashes lead.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let Tuple { count, sum_v1, sum_v2, .. } = self.top.says;
        if (count, sum_v1, sum_v2) != (self.report.count, self.report.sum_v1, self.report.sum_v2) {
            faults.push(Fault { rule: "totals", branch: self.branch(&[], None) });
        }
        self.judge(&self.top, &mut Vec::new(), &mut faults);
        faults
    }

    fn branch(&self, descents: &[Descent], leaf: Option<Leaf>) -> Branch {
        Branch { top: self.top.says, descents: descents.to_vec(), leaf }
    }

    fn judge(&self, node: &Node, way: &mut Vec<Descent>, faults: &mut Vec<Fault>) {
        match &node.below {
            Below::Hidden => {}
            Below::Leaf(leaf) => {
                if node.says.hash != leaf.hash(&self.domain) {
                    return;
                }
                let mut fault = |rule| faults.push(Fault { rule, branch: self.branch(way, Some(*leaf)) });
                if leaf.account == 0 {
                    fault("nobody's leaf");
                }
                if node.says != honest(&self.domain, leaf) {
                    fault("a leaf that is not what its node says");
                }
                if self.side == Side::Customer && leaf.v2 != 0 {
                    fault("a customer that holds something");
                }
            }
            Below::Halves(halves) => {
                let (left, right) = (&halves.0, &halves.1);
                if node.says.hash != Tuple::node_hash(&self.domain, &left.says, &right.says) {
                    return;
                }
                for (half, to_right) in [(left, false), (right, true)] {
                    way.push(Descent { left: left.says, right: right.says, to_right });
                    if way.len() > MAX_DEPTH {
                        if way.len() == MAX_DEPTH + 1 {
                            faults.push(Fault { rule: "too deep", branch: self.branch(way, None) });
                        }
                    } else {
                        for rule in broken(&node.says, &left.says, &right.says) {
                            faults.push(Fault { rule, branch: self.branch(way, None) });
                        }
                        self.judge(half, way, faults);
                    }
                    way.pop();
                }
            }
        }
    }

    /// Every way down from the root, to nodes and to leaves.
    pub fn branches(&self) -> Vec<Branch> {
        let mut all = Vec::new();
        self.walk(&self.top, &mut Vec::new(), &mut |way, leaf| all.push(self.branch(way, leaf)));
        all
    }

    fn walk(&self, node: &Node, way: &mut Vec<Descent>, visit: &mut impl FnMut(&[Descent], Option<Leaf>)) {
        visit(way, None);
        match &node.below {
            Below::Hidden => {}
            Below::Leaf(leaf) => visit(way, Some(*leaf)),
            Below::Halves(halves) => {
                for (half, to_right) in [(&halves.0, false), (&halves.1, true)] {
                    way.push(Descent { left: halves.0.says, right: halves.1.says, to_right });
                    self.walk(half, way, visit);
                    way.pop();
                }
            }
        }
    }

    /// Every known leaf with what leads from it to the root.
    pub fn proofs(&self) -> Vec<(Leaf, Vec<ProofStep>)> {
        let mut all = Vec::new();
        self.walk(&self.top, &mut Vec::new(), &mut |way, leaf| {
            all.extend(leaf.map(|leaf| (leaf, climb(way))));
        });
        all
    }

    /// The leaves of every node below which all is known, with what leads
    /// from it to the root.
    pub fn subtrees(&self) -> Vec<(Vec<Leaf>, Vec<ProofStep>)> {
        let mut all = Vec::new();
        let mut pending = vec![(&self.top, Vec::new())];
        while let Some((node, way)) = pending.pop() {
            all.extend(known(node).map(|leaves| (leaves, climb(&way))));
            if let Below::Halves(halves) = &node.below {
                for (half, to_right) in [(&halves.0, false), (&halves.1, true)] {
                    let step = Descent { left: halves.0.says, right: halves.1.says, to_right };
                    pending.push((half, [&way[..], &[step]].concat()));
                }
            }
        }
        all
    }
}

/// Rules that a node over two others breaks.
fn broken(node: &Tuple, left: &Tuple, right: &Tuple) -> Vec<&'static str> {
    let mut rules = Vec::new();
    let mut require = |holds: bool, rule| {
        if !holds {
            rules.push(rule)
        }
    };
    let count = u64::from(left.count) + u64::from(right.count);
    require(u64::from(node.count) == count, "counts");
    require(Some(node.sum_v1) == left.sum_v1.checked_add(right.sum_v1), "scores");
    require(Some(node.sum_v2) == left.sum_v2.checked_add(right.sum_v2), "holdings");
    require((node.min_account, node.max_account) == (left.min_account, right.max_account), "range");
    require(0 < left.min_account && left.min_account <= left.max_account, "left range");
    require(right.min_account <= right.max_account, "right range");
    require(left.max_account < right.min_account, "order");
    require(left.count > 0 && right.count > 0, "a node over nothing");
    require(node.count >= 2 && u64::from(left.count) == left_of(u64::from(node.count)), "split");
    rules
}

/// A way down as a way up.
fn climb(way: &[Descent]) -> Vec<ProofStep> {
    let step = |descent: &Descent| ProofStep {
        sibling_is_left: descent.to_right,
        sibling: if descent.to_right { descent.left } else { descent.right },
    };
    way.iter().rev().map(step).collect()
}

/// The leaves below a node, if none is hidden.
fn known(node: &Node) -> Option<Vec<Leaf>> {
    match &node.below {
        Below::Hidden => None,
        Below::Leaf(leaf) => Some(vec![*leaf]),
        Below::Halves(halves) => Some([known(&halves.0)?, known(&halves.1)?].concat()),
    }
}

/// A report whose root is the top node's for another tree.
pub fn with_foreign_root(tree: &Forged, domain: &Domain) -> SideReport {
    SideReport { root: tree.top.says.root(domain), ..tree.report }
}

// Recipes.

/// Amounts of every size.
fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![Just(0u128), Just(1u128), 1u128..1 << 60, 1u128..1 << 100, Just(1u128 << 127), Just(u128::MAX),]
}

/// Holdings around those that somebody has.
fn holding(unit: u128) -> impl Strategy<Value = u128> {
    prop_oneof![3 => Just(0u128), 4 => (1u128..12).prop_map(move |times| times * unit), 1 => amount()]
}

fn lie() -> impl Strategy<Value = Lie> {
    let small = || prop_oneof![Just(1u32), Just(u32::MAX), any::<u32>()];
    let delta = || prop_oneof![Just(1u128), Just(u128::MAX), amount()];
    prop_oneof![
        1 => small().prop_map(Lie::Count),
        1 => delta().prop_map(Lie::V1),
        1 => delta().prop_map(Lie::V2),
        1 => small().prop_map(Lie::Min),
        1 => small().prop_map(Lie::Max),
        1 => Just(Lie::Foreign),
        2 => Just(Lie::Hide),
        2 => (small(), delta(), delta()).prop_map(|(count, v1, v2)| Lie::Replace(count, v1, v2)),
    ]
}

/// Recipes of every kind: mostly leaves in order, some repeated, swapped or of
/// nobody; mostly the right shape; mostly one lie or none.
pub fn recipe(unit: u128) -> impl Strategy<Value = Recipe> {
    let account = prop_oneof![12 => 1u32..9, 1 => 0u32..12, 1 => Just(u32::MAX)];
    let score = prop_oneof![4 => 0u128..1 << 70, 1 => amount()];
    let leaf = (account, score, holding(unit)).prop_map(|(account, v1, v2)| Leaf { account, v1, v2 });
    let shape = prop_oneof![6 => Just(Shape::Rfc), 1 => Just(Shape::Comb), 2 => any::<u64>().prop_map(Shape::Random)];
    let lies = prop_oneof![
        4 => Just(Vec::new()),
        4 => proptest::collection::vec((0usize..40, lie()), 1),
        1 => proptest::collection::vec((0usize..40, lie()), 2..4),
    ];
    let claimed = prop_oneof![
        9 => Just((0u32, 0u128, 0u128)),
        1 => (any::<u32>(), amount(), amount()),
        1 => prop_oneof![Just((1u32, 0u128, 0u128)), Just((0, 1, 0)), Just((0, 0, u128::MAX))],
    ];
    let sorted = prop_oneof![6 => Just((true, true)), 1 => Just((true, false)), 1 => Just((false, false))];
    (proptest::collection::vec(leaf, 1..9), shape, lies, claimed, sorted).prop_map(
        |(mut leaves, shape, lies, claimed, (sort, unique))| {
            if sort {
                leaves.sort_by_key(|leaf| leaf.account);
            }
            if unique {
                leaves.dedup_by_key(|leaf| leaf.account);
            }
            Recipe { leaves, shape, lies, claimed }
        },
    )
}
