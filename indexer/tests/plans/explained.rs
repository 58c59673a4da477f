//! Statements and their plans, as PostgreSQL's `auto_explain` logs them.

use regex::Regex;

/// A statement that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its text, without the numbers of its parameters.
    pub sql: String,
    /// Its plan, without costs and without values.
    pub plan: String,
    /// Most rows that one of its sorts is thought to have.
    pub sorted: u64,
}

/// What there is of a statement and its plan that the values do not decide.
struct Shape {
    estimate: Regex,
    value: Regex,
    row: Regex,
    rows: Regex,
    array: Regex,
}

impl Shape {
    fn new() -> Self {
        let regex = |text| Regex::new(text).unwrap();
        Self {
            estimate: regex(r"  \(cost=\S+ rows=(\d+) width=\d+\)$"),
            value: regex(r"'[^']*'::[a-z]+(\[\])?|\$\d+"),
            row: regex(r"\?(, \?)+"),
            rows: regex(r"(\(\?, …\))(, \(\?, …\))+"),
            array: regex(r"ARRAY\[(\?(, …)?)\]"),
        }
    }

    /// How many rows a line of a plan sorts.
    fn sorts(&self, line: &str) -> u64 {
        let node = line.trim_start_matches([' ', '-', '>']);
        let sorts = node.starts_with("Sort  ") || node.starts_with("Incremental Sort  ");
        let estimate = self.estimate.captures(line).filter(|_| sorts);
        estimate.map_or(0, |estimate| estimate[1].parse().unwrap())
    }

    fn of(&self, text: &str) -> String {
        let text = self.value.replace_all(text, "?");
        let text = self.row.replace_all(&text, "?, …");
        let text = self.rows.replace_all(&text, "$1, …");
        self.array.replace_all(&text, "?").into_owned()
    }
}

/// All statements in a log, in its order.
pub fn all_in(log: &str) -> Vec<Explained> {
    let shape = Shape::new();
    let mut found = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !(line.contains("LOG:  duration:") && line.ends_with("plan:")) {
            continue;
        }
        // What belongs to an entry is indented by a tab.
        let (mut sql, mut plan, mut sorted) = (Vec::new(), Vec::new(), 0);
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            let line = line.strip_prefix('\t').unwrap();
            if plan.is_empty() && !shape.estimate.is_match(line) {
                let line = line.trim_start_matches("Query Text:").trim();
                sql.push(shape.of(line));
            } else {
                sorted = sorted.max(shape.sorts(line));
                plan.push(shape.of(&shape.estimate.replace(line, "")));
            }
        }
        found.push(Explained { sql: sql.join("\n"), plan: plan.join("\n"), sorted });
    }
    found
}

#[test]
fn a_log_is_read_without_costs_and_values() {
    let log = "2026-01-01 LOG:  duration: 0.01 ms  plan:\n\
               \tQuery Text: SELECT a FROM t\n\
               \t           WHERE a IN ($1, $2, $3) AND (b, c) > ($4, $5)\n\
               \tLimit  (cost=0.42..8.44 rows=1 width=8)\n\
               \t  ->  Sort  (cost=0.42..8.44 rows=17 width=8)\n\
               \t        Sort Key: b\n\
               \t        ->  Index Scan using t_pkey on t  (cost=0.42..8.44 rows=170 width=8)\n\
               \t              Index Cond: ((a = ANY ('{1,2}'::bigint[])) AND (ROW(b, c) > ROW('5'::bigint, $5)))\n\
               2026-01-01 LOG:  something else\n";
    let expected = Explained {
        sql: "SELECT a FROM t\nWHERE a IN (?, …) AND (b, c) > (?, …)".into(),
        plan: "Limit\n  ->  Sort\n        Sort Key: b\n        ->  Index Scan using t_pkey on t\n              \
               Index Cond: ((a = ANY (?)) AND (ROW(b, c) > ROW(?, …)))"
            .into(),
        sorted: 17,
    };
    assert_eq!(all_in(log), [expected]);
}
