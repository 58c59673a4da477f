//! Queries whose conditions depend on what was asked for.

use crate::{
    model::{page_size, Position},
    store::sql::{Columns, Value},
    Result,
};

/// A query and its values, so far.
pub(super) struct Select {
    sql: String,
    values: Vec<Value>,
}

impl Select {
    /// A query that ends with a condition.
    pub fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }

    /// And a column is this, if anything is asked for.
    pub fn equal(mut self, column: &str, wanted: Option<impl Into<Value>>) -> Self {
        if let Some(wanted) = wanted {
            self.values.push(wanted.into());
            self.sql.push_str(&format!(" AND {column} = ${}", self.values.len()));
        }
        self
    }

    /// And a column is `NULL`, or is not, if one of them is asked for.
    pub fn null(mut self, column: &str, wanted: Option<bool>) -> Self {
        if let Some(wanted) = wanted {
            let not = if wanted { "" } else { "NOT " };
            self.sql.push_str(&format!(" AND {column} IS {not}NULL"));
        }
        self
    }

    /// And one of two columns is this, if anything is asked for.
    pub fn either(mut self, columns: [&str; 2], wanted: Option<impl Into<Value>>) -> Self {
        if let Some(wanted) = wanted {
            self.values.push(wanted.into());
            let ([one, other], at) = (columns, self.values.len());
            self.sql.push_str(&format!(" AND ({one} = ${at} OR {other} = ${at})"));
        }
        self
    }

    /// As it is, to be a part of another one.
    pub fn parts(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }

    /// A page of it, in an order.
    pub fn page(mut self, order: &str, limit: u32) -> (String, Vec<Value>) {
        self.values.push(page_size(limit).into());
        self.sql.push_str(&format!(" ORDER BY {order} LIMIT ${}", self.values.len()));
        (self.sql, self.values)
    }
}

/// Where a row's event stands.
pub(super) fn position(row: &Columns) -> Result<Position> {
    Ok(Position { block: row.integer("block")?, event: row.integer("event")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql::values;

    #[test]
    fn only_what_is_asked_for_is_a_condition() {
        let select = || Select::new("SELECT a FROM t WHERE a > $1", values![7u32]);
        let (sql, bound) =
            select().equal("b", None::<u32>).null("c", None).either(["d", "e"], None::<u32>).page("a", 3);
        assert_eq!(sql, "SELECT a FROM t WHERE a > $1 ORDER BY a LIMIT $2");
        assert_eq!(bound, values![7u32, 3u32]);
        let all = select().equal("b", Some(1u32)).null("c", Some(false)).either(["d", "e"], Some(2u32));
        let (sql, bound) = all.null("f", Some(true)).page("a", 3);
        let conditions = "a > $1 AND b = $2 AND c IS NOT NULL AND (d = $3 OR e = $3) AND f IS NULL";
        assert_eq!(sql, format!("SELECT a FROM t WHERE {conditions} ORDER BY a LIMIT $4"));
        assert_eq!(bound, values![7u32, 1u32, 2u32, 3u32]);
    }
}
