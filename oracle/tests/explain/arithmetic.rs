//! School arithmetic over exact fractions: what a person with a sheet of paper
//! does with a printed line.

use num_bigint::BigInt;
use num_rational::BigRational;
use std::collections::BTreeMap;

/// Figures by their printed names.
pub type Figures = BTreeMap<String, BigRational>;

/// Works through a text and checks every chain of equal things. Returns the
/// figures by name, and how many chains had at least two sides to compare.
pub fn work_through(text: &str) -> (Figures, usize) {
    let (mut figures, mut compared) = (Figures::new(), 0);
    for line in text.lines() {
        // A remark stands in brackets.
        let line = line.split("  [").next().unwrap_or_default().trim();
        for chain in line.split("; ") {
            let sides: Vec<&str> = chain.split(" = ").collect();
            if sides.len() < 2 {
                continue;
            }
            let values: Vec<BigRational> = sides[1..].iter().filter_map(|side| value(side, &figures)).collect();
            let last = value(sides[sides.len() - 1], &Figures::new())
                .unwrap_or_else(|| panic!("no result at the end of {chain:?}"));
            assert!(values.iter().all(|value| *value == last), "{chain:?} is not so: {values:?}");
            compared += usize::from(values.len() > 1);
            figures.insert(sides[0].to_owned(), last);
        }
    }
    (figures, compared)
}

/// The value of an expression; `None` for one with a name that has no figure
/// yet, with words, or with a division by zero.
fn value(text: &str, figures: &Figures) -> Option<BigRational> {
    let mut reader = Reader { rest: text, figures };
    let value = reader.sum()?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    figures: &'a Figures,
}

impl Reader<'_> {
    fn take(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Option<BigRational> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value += self.product()?;
            } else if self.take('-') {
                value -= self.product()?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<BigRational> {
        let mut value = self.factor()?;
        loop {
            if self.take('·') {
                value *= self.factor()?;
            } else if self.take('/') {
                let by = self.factor()?;
                if by == whole(0) {
                    return None;
                }
                value /= by;
            } else {
                return Some(value);
            }
        }
    }

    fn factor(&mut self) -> Option<BigRational> {
        if self.take('(') {
            let value = self.sum()?;
            return self.take(')').then_some(value);
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(BigRational::from_integer(word.parse::<BigInt>().ok()?));
        }
        if !rest.starts_with('(') {
            return self.figures.get(word).cloned();
        }
        self.take('(');
        let mut arguments = vec![self.sum()?];
        while self.take(',') {
            arguments.push(self.sum()?);
        }
        if !self.take(')') {
            return None;
        }
        match word {
            "floor" => arguments.pop().filter(|_| arguments.is_empty()).map(|value| value.floor()),
            "min" => arguments.into_iter().min(),
            "max" => arguments.into_iter().max(),
            "middle" => {
                arguments.sort();
                let middle = arguments.len() / 2;
                arguments.into_iter().nth(middle)
            }
            _ => None,
        }
    }
}

/// A whole number.
pub fn whole(number: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(number.into())
}
