//! Embeds the contract bundles that are built.

use std::{env, fmt::Write, fs, path::Path};

const NAMES: [(&str, &str); 7] = [
    ("Vault", "vault"),
    ("Bzky", "bzky"),
    ("Time", "time"),
    ("Registry", "registry"),
    ("Receipts", "receipts"),
    ("PosDeposit", "pos_deposit"),
    ("Rewards", "rewards"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../artifacts");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut code = String::from("fn embedded(kind: ContractKind) -> Option<&'static [u8]> { match kind {\n");
    for (variant, name) in NAMES {
        let path = directory.join(format!("{name}.contract"));
        if path.is_file() {
            writeln!(code, "ContractKind::{variant} => Some(include_bytes!({path:?})),")?;
        } else {
            writeln!(code, "ContractKind::{variant} => None,")?;
        }
    }
    code.push_str("} }\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}
