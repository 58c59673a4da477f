//! The file of plans, and what may not be in it.

use super::explained::Explained;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

/// Most requests that a statement is shown with.
const SHOWN: usize = 4;
const FILE: &str = "query-plans.md";
const HEAD: &str = "# Query plans

How PostgreSQL 15 runs the queries behind each request of the REST API, with
some 200,000 receipts, every setting as it comes, and statistics of all rows.
Values are shown as `?`. A statement that is run often is planned for its values,
or once for any values, whichever PostgreSQL thinks is cheaper; both are here
where they differ, the former for the values of one request. The test judges the
plans of several requests of each kind: none reads a large table through, and
none sorts more than a thousand rows.

Made and compared by `indexer/tests/plans.rs`; written anew by
`BLESS=1 cargo test -p bizkey-indexer --test indexer plans`.
";

/// What a statement is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    Values,
    AnyValues,
}

impl Mode {
    pub const ALL: [Mode; 2] = [Mode::Values, Mode::AnyValues];

    /// For the setting `plan_cache_mode`.
    pub fn setting(self) -> &'static str {
        match self {
            Mode::Values => "force_custom_plan",
            Mode::AnyValues => "force_generic_plan",
        }
    }
}

/// A statement, who asks it, and how it is run.
#[derive(Debug)]
struct Statement {
    sql: String,
    templates: BTreeSet<&'static str>,
    /// In the order of their text, with the most rows that one was thought to sort.
    plans: BTreeMap<(Mode, String), u64>,
    /// The first plan of either mode: what the file has.
    shown: BTreeMap<Mode, String>,
}

/// All statements, as they came first.
#[derive(Debug, Default)]
pub struct Plans(Vec<Statement>);

impl Plans {
    /// Takes a plan in.
    pub fn take(&mut self, template: &'static str, mode: Mode, explained: Explained) {
        let Explained { sql, plan, sorted } = explained;
        let at = self.0.iter().position(|known| known.sql == sql).unwrap_or_else(|| {
            self.0.push(Statement { sql, templates: BTreeSet::new(), plans: BTreeMap::new(), shown: BTreeMap::new() });
            self.0.len() - 1
        });
        self.0[at].templates.insert(template);
        self.0[at].shown.entry(mode).or_insert_with(|| plan.clone());
        let most = self.0[at].plans.entry((mode, plan)).or_default();
        *most = sorted.max(*most);
    }

    /// Plans that read a large table through, or sort more than `most` rows,
    /// though their statement is none of those that may.
    pub fn faults(
        &self,
        is_large: impl Fn(&str) -> bool,
        may_read: &[(&str, &str, &str)],
        most: u64,
        may_sort: &[(&str, &str)],
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for Statement { sql, templates, plans, .. } in &self.0 {
            let may_sort = may_sort.iter().any(|(part, _)| sql.contains(part));
            for ((mode, plan), sorted) in plans {
                let reads = plan.lines().find_map(|line| {
                    let (_, table) = line.split_once("Seq Scan on ")?;
                    let table = table.split(' ').next()?;
                    let may = may_read.iter().any(|(of, part, _)| *of == table && sql.contains(part));
                    (is_large(table) && !may).then_some(table)
                });
                let fault = match reads {
                    Some(table) => format!("reads {table} through"),
                    None if *sorted > most && !may_sort => format!("sorts {sorted} rows"),
                    None => continue,
                };
                faults.push(format!("{fault} ({mode:?}; {templates:?})\n{sql}\n{plan}"));
            }
        }
        faults
    }

    /// Compares them with the file, or writes it.
    pub fn compare(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        let made = self.text();
        if std::env::var_os("BLESS").is_some() {
            return std::fs::write(&path, made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = made.lines().zip(kept.lines()).position(|(made, kept)| made != kept);
        let at = differs.unwrap_or(made.lines().count().min(kept.lines().count()));
        let part = |text: &str| text.lines().skip(at.saturating_sub(12)).take(24).collect::<Vec<_>>().join("\n");
        assert!(
            made == kept,
            "{FILE} has other plans from line {} on:\n{}\n\nThe plans now:\n{}\n\nIf they are as good, write the file \
             anew by BLESS=1.",
            at + 1,
            part(&kept),
            part(&made)
        );
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for Statement { sql, templates, shown, .. } in &self.0 {
            let asked: Vec<_> = templates.iter().take(SHOWN).map(|template| format!("`{template}`")).collect();
            let more = match templates.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            write!(text, "\n## {}{more}\n\n```sql\n{sql}\n```\n", asked.join(", ")).unwrap();
            let (values, any) = (shown.get(&Mode::Values), shown.get(&Mode::AnyValues));
            let plans = match (values, any) {
                (Some(values), Some(any)) if values != any => {
                    vec![("For its values:\n\n", values), ("For any values:\n\n", any)]
                }
                _ => values.or(any).map(|plan| ("", plan)).into_iter().collect(),
            };
            for (title, plan) in plans {
                write!(text, "\n{title}```\n{plan}\n```\n").unwrap();
            }
        }
        text
    }
}
