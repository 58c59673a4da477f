//! `cargo xtask bench NAME [--json FILE]`.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A benchmark: prints its figures, and writes them to the file if one is given.
type Bench = fn(Option<&Path>) -> Result<()>;

/// The benchmarks by name.
const BENCHES: &[(&str, Bench)] = &[];

/// Runs the benchmark that the arguments name.
///
/// # Errors
/// If the name is missing or unknown, or the benchmark fails.
pub fn run(arguments: &[String]) -> Result<()> {
    let (name, json) = parse(arguments)?;
    let (_, bench) = BENCHES.iter().find(|(known, _)| *known == name).ok_or_else(|| Error::UnknownBench {
        name: name.to_owned(),
        known: BENCHES.iter().map(|(known, _)| *known).collect(),
    })?;
    bench(json.as_deref())
}

fn parse(arguments: &[String]) -> Result<(&str, Option<PathBuf>)> {
    let (mut name, mut json) = (None, None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => {
                let file = arguments.next().ok_or_else(|| Error::Usage("`--json` needs a file".to_owned()))?;
                json = Some(PathBuf::from(file));
            }
            option if option.starts_with('-') => {
                return Err(Error::Usage(format!("unknown option `{option}` of `bench`")));
            }
            given if name.is_none() => name = Some(given),
            extra => return Err(Error::Usage(format!("one benchmark at a time, not `{extra}`"))),
        }
    }
    let name = name.ok_or_else(|| Error::Usage("`bench` needs a name".to_owned()))?;
    Ok((name, json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_benchmark_is_named_in_the_error() {
        let arguments = ["nothing".to_owned(), "--json".to_owned(), "out.json".to_owned()];
        assert!(matches!(run(&arguments), Err(Error::UnknownBench { name, .. }) if name == "nothing"));
        assert!(matches!(run(&[]), Err(Error::Usage(_))));
    }
}
