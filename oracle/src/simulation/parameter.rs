//! How parameters are named, listed and set.

use std::str::FromStr;

/// One parameter, as people are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, by which it is set.
    pub name: &'static str,
    /// Its default.
    pub default: u64,
    /// The unit of its value.
    pub unit: &'static str,
    /// Least value.
    pub least: u64,
    /// Largest value.
    pub most: u64,
    /// What it is, and why its default is what it is.
    pub argument: &'static str,
}

/// Why a parameter is not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Not `NAME=VALUE`.
    #[error("`{0}` sets nothing: write NAME=VALUE, such as shops_open_percent=80")]
    Form(String),
    /// No parameter has this name.
    #[error("no parameter is named `{name}`; --list shows those that there are")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The value is no whole number.
    #[error("{name}: `{value}` is no whole number; give it in {unit}, digits only (1_000 may be written so)")]
    NotWhole {
        /// The parameter.
        name: &'static str,
        /// The value.
        value: String,
        /// The parameter's unit.
        unit: &'static str,
    },
    /// The value is too small or too large.
    #[error("{name}: {value} is outside {least} to {most} ({unit})")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// The value.
        value: u64,
        /// Least value.
        least: u64,
        /// Largest value.
        most: u64,
        /// The parameter's unit.
        unit: &'static str,
    },
}

/// A wish to set a parameter: `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name, as given.
    pub name: String,
    /// The value, as given.
    pub value: String,
}

impl FromStr for Setting {
    type Err = ParameterError;

    fn from_str(text: &str) -> Result<Self, ParameterError> {
        let (name, value) = text.split_once('=').ok_or_else(|| ParameterError::Form(text.to_owned()))?;
        Ok(Self { name: name.trim().to_owned(), value: value.trim().to_owned() })
    }
}

impl Parameter {
    /// Reads a value.
    ///
    /// # Errors
    /// [`ParameterError::NotWhole`], [`ParameterError::OutOfRange`].
    pub fn read(&self, text: &str) -> Result<u64, ParameterError> {
        let Self { name, unit, least, most, .. } = *self;
        let value = text.replace('_', "").parse();
        let value = value.map_err(|_| ParameterError::NotWhole { name, value: text.to_owned(), unit })?;
        if (least..=most).contains(&value) {
            Ok(value)
        } else {
            Err(ParameterError::OutOfRange { name, value, least, most, unit })
        }
    }
}

/// A set of parameters. Each entry is its argument as a doc comment, then
/// `name: default, "unit", least, most;`, so that what the documentation and
/// the program say is one text.
macro_rules! parameters {
    (
        $(#[doc = $about:literal])+
        $set:ident {
            $( $(#[doc = $argument:literal])+ $name:ident : $default:expr, $unit:literal, $least:expr, $most:expr; )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $set {
            $( $(#[doc = $argument])+ pub $name: u64, )+
        }

        impl Default for $set {
            fn default() -> Self {
                Self { $( $name: $default, )+ }
            }
        }

        impl $set {
            /// Every parameter, in the order in which they are documented.
            pub const ALL: &'static [$crate::simulation::Parameter] = &[
                $( $crate::simulation::Parameter {
                    name: stringify!($name),
                    default: $default,
                    unit: $unit,
                    least: $least,
                    most: $most,
                    argument: concat!($($argument),+),
                }, )+
            ];

            /// Every parameter with its present value.
            #[must_use]
            pub fn values(&self) -> Vec<(&'static $crate::simulation::Parameter, u64)> {
                Self::ALL.iter().zip([$( self.$name ),+]).collect()
            }

            /// Sets one parameter.
            ///
            /// # Errors
            /// [`ParameterError`](crate::simulation::ParameterError), except for its form; nothing is changed then.
            pub fn set(
                &mut self,
                setting: &$crate::simulation::Setting,
            ) -> Result<(), $crate::simulation::ParameterError> {
                let unknown = || $crate::simulation::ParameterError::Unknown { name: setting.name.clone() };
                let parameter = Self::ALL.iter().find(|one| one.name == setting.name).ok_or_else(unknown)?;
                let value = parameter.read(&setting.value)?;
                match parameter.name {
                    $( stringify!($name) => self.$name = value, )+
                    _ => return Err(unknown()),
                }
                Ok(())
            }
        }
    };
}

pub(crate) use parameters;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::EconomyParameters;

    fn set(text: &str) -> Result<EconomyParameters, ParameterError> {
        let mut parameters = EconomyParameters::default();
        parameters.set(&text.parse()?)?;
        Ok(parameters)
    }

    #[test]
    fn a_setting_changes_its_parameter_alone() {
        let changed = set("listing_day = 1_0").unwrap();
        assert_eq!(changed, EconomyParameters { listing_day: 10, ..EconomyParameters::default() });
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        assert_eq!(set("listing_day"), Err(ParameterError::Form("listing_day".to_owned())));
        assert!(set("listing=1").unwrap_err().to_string().contains("`listing`"));
        assert!(set("listing_day=1.5").unwrap_err().to_string().contains("`1.5` is no whole number"));
        assert!(set("burn_percent=101").unwrap_err().to_string().contains("outside 0 to 100"));
    }

    #[test]
    fn every_default_lies_in_its_range_and_is_argued() {
        for parameter in EconomyParameters::ALL.iter().chain(crate::simulation::AttackParameters::ALL) {
            assert_eq!(parameter.read(&parameter.default.to_string()), Ok(parameter.default), "{}", parameter.name);
            assert!(parameter.argument.len() > 40, "{} is not argued", parameter.name);
        }
    }
}
