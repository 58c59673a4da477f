//! Builds contracts in the stage, or takes a kept bundle of the same input.

use std::fs;
use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{anyhow, ensure, Context, Result};
use contract_build::{BuildMode, ExecuteArgs, ManifestPath, Verbosity};
use serde_json::Value;

use crate::input;
use crate::manifest::{Contract, Workspace};
use crate::options::Options;
use crate::stage::{self, Stage, STATIC_BUFFER_SIZE};
use crate::wrapper;

/// Builds contracts; holds a lock, so that two runs don't share the stage.
#[derive(Debug)]
pub struct Builder<'a> {
    options: &'a Options,
    workspace: &'a Workspace,
    _lock: File,
}

impl<'a> Builder<'a> {
    /// Takes the stage, after any other run that has it.
    ///
    /// # Errors
    /// If the stage or the folder of results cannot be made.
    pub fn open(options: &'a Options, workspace: &'a Workspace) -> Result<Self> {
        for folder in [&options.stage, &options.results] {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let path = options.stage.join("lock");
        let lock = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        if lock.try_lock().is_err() {
            println!("waiting for another build in {}", options.stage.display());
            lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Ok(Self { options, workspace, _lock: lock })
    }

    /// Builds each contract and hands its bundle to `take`.
    ///
    /// # Errors
    /// The first build that fails, with the compiler's words above it.
    pub fn build(&self, contracts: &[&Contract], mut take: impl FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
        let options = self.options;
        let mut stage = None;
        for contract in contracts {
            let started = Instant::now();
            let kept = self.kept(contract)?;
            let (bundle, how) = match fs::read(&kept) {
                Ok(bundle) if !options.force => (bundle, "kept"),
                _ => {
                    let stage = match &mut stage {
                        Some(stage) => stage,
                        none => none.insert(Stage::fill(&options.stage, &options.source, self.workspace)?),
                    };
                    let bundle =
                        compile(stage, contract).with_context(|| format!("cannot build `{}`", contract.name))?;
                    stage::put(&kept, &bundle)?;
                    (bundle, "built")
                }
            };
            println!(
                "{how} {}.contract, {} bytes of code, in {:.1} s",
                contract.name,
                code_length(&bundle)?,
                started.elapsed().as_secs_f32()
            );
            take(&contract.name, &bundle)?;
        }
        Ok(())
    }

    fn kept(&self, contract: &Contract) -> Result<PathBuf> {
        let options = self.options;
        let hash = input::hash(self.workspace, &options.source, contract, &options.toolchain, &options.stage)?;
        Ok(options.results.join(format!("{}-{hash}.contract", contract.name)))
    }
}

fn compile(stage: &Stage, contract: &Contract) -> Result<Vec<u8>> {
    std::env::set_var("CARGO_TARGET_DIR", stage.target());
    std::env::set_var("TMPDIR", stage.temporary());
    wrapper::stand_in(stage.path())?;
    let arguments = ExecuteArgs {
        manifest_path: ManifestPath::new(stage.manifest(&contract.folder))?,
        build_mode: BuildMode::Release,
        verbosity: Verbosity::Quiet,
        ..ExecuteArgs::default()
    };
    let result = contract_build::execute(arguments)?;
    let metadata = result.metadata_result.ok_or_else(|| anyhow!("contract-build wrote no bundle"))?;
    let bundle = stage::read(&metadata.dest_bundle)?;
    let size = parse(&bundle)?.pointer("/spec/environment/staticBufferSize").and_then(Value::as_u64);
    ensure!(
        size == Some(u64::from(STATIC_BUFFER_SIZE)),
        "the bundle's static buffer is {size:?} bytes, not {STATIC_BUFFER_SIZE}"
    );
    Ok(bundle)
}

fn code_length(bundle: &[u8]) -> Result<usize> {
    let bundle = parse(bundle)?;
    let code =
        bundle.pointer("/source/wasm").and_then(Value::as_str).ok_or_else(|| anyhow!("the bundle holds no code"))?;
    Ok(code.trim_start_matches("0x").len() / 2)
}

fn parse(bundle: &[u8]) -> Result<Value> {
    serde_json::from_slice(bundle).context("the bundle is not valid JSON")
}
