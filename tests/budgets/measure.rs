//! Measuring every case of every stage, once a run.

use crate::{
    case::{Case, Stage},
    stages,
};
use bizkey_client::ContractKind;
use bizkey_tests::{
    node::{self, Template},
    sandbox::refused,
    Sandbox,
};
use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        Mutex, OnceLock,
    },
    thread,
    time::Instant,
};

/// What a call costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Picoseconds that its gas limit must allow.
    pub ref_time: u64,
    /// Bytes of proof that its gas limit must allow.
    pub proof_size: u64,
    /// Native coin that it locks for storage, smallest unit; negative if it frees some.
    pub deposit: i128,
}

/// A case with its cost.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The contract.
    pub kind: ContractKind,
    /// The message.
    pub message: &'static str,
    /// What makes it the worst case.
    pub situation: &'static str,
    /// The cost on the embedded chain.
    pub figures: Figures,
    /// The cost on the real node; `None` where there is none.
    pub node: Option<Figures>,
}

/// Bytes of a call's input that ink! can read.
const INPUT_BUFFER: usize = 64 * 1024;
/// Stages prepared at the same time.
const WORKERS: usize = 2;

/// Every case, measured here and, where `SUBSTRATE_CONTRACTS_NODE` or `PATH`
/// names the node's program, on a node in the same state.
pub fn all() -> &'static [Measured] {
    static MEASURED: OnceLock<Vec<Measured>> = OnceLock::new();
    MEASURED.get_or_init(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let template = node::program().map(|program| runtime.block_on(Template::of(&program)));
        if template.is_none() {
            println!("no substrate-contracts-node: the figures of the real node are left as they are");
        }
        let (next, measured) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Some(prepare) = stages::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let begun = Instant::now();
                        let mut stage = prepare();
                        println!("{}: prepared in {:?}", stage.name, begun.elapsed());
                        let mut of_stage = of(&mut stage);
                        if let Some(template) = &template {
                            runtime.block_on(on_node(template, &mut stage, &mut of_stage));
                        }
                        measured.lock().unwrap().extend(of_stage);
                    }
                });
            }
        });
        measured.into_inner().unwrap()
    })
}

fn of(stage: &mut Stage) -> Vec<Measured> {
    let Stage { name, network, cases } = stage;
    let measured = |case: &Case| {
        let figures = call(network, name, case);
        Measured { kind: case.kind, message: case.message, situation: case.situation, figures, node: None }
    };
    cases.iter().map(measured).collect()
}

/// Measures the stage's cases on a node that is in its state.
async fn on_node(template: &Template, stage: &mut Stage, measured: &mut [Measured]) {
    let node = template.start(&mut stage.network).await;
    for (case, measured) in stage.cases.iter().zip(measured) {
        let Case { kind, message, situation, .. } = case;
        let (carried_out, required, deposit) = node.try_call(case.origin, case.contract, &case.input).await;
        assert_eq!(carried_out, !case.is_refused, "{}: {kind}.{message}, {situation}, on the node", stage.name);
        let (ref_time, proof_size) = (required.ref_time, required.proof_size);
        measured.node = Some(Figures { ref_time, proof_size, deposit });
    }
}

/// What a case costs in its stage, whose state stays as it is.
pub fn call(network: &mut Sandbox, stage: &str, case: &Case) -> Figures {
    let Case { kind, message, situation, .. } = case;
    assert!(case.input.len() <= INPUT_BUFFER, "{kind}.{message}, {situation}: {} bytes", case.input.len());
    let called =
        |state: &mut bizkey_tests::sandbox::State| state.execute(case.origin, case.contract, case.input.clone());
    let executed = network.state.rolled_back(called);
    match &executed.result {
        Err(data) if !case.is_refused => {
            panic!("{stage}: {kind}.{message} is refused with {}: {situation}", refused(*kind, message, data))
        }
        Ok(_) if case.is_refused => panic!("{stage}: {kind}.{message} is not refused: {situation}"),
        _ => {}
    }
    Figures {
        ref_time: executed.required.ref_time,
        proof_size: executed.required.proof_size,
        deposit: executed.deposit,
    }
}
