//! Tasks, privileges, and the tickets used for them.

use super::select::{position, Select};
use crate::{
    model::{
        page_size, ClosedTask, Collection, CollectionFilter, OfferedFilter, Position, Privilege, Task, TaskFulfilment,
        MAX_PAGE,
    },
    store::{
        sql::{fetch, fetch_one, values, Columns, Value},
        Store,
    },
    Result,
};
use bizkey_primitives::{
    redemption::{PrivilegeId, PrivilegeTerms, TaskId, TaskTerms},
    CustomerIndex, Hash, MerchantIndex,
};

const TASKS: &str = "SELECT task, merchant, conditions, reward, stock, expires_ms, block, closed_block, unearned
                     FROM tasks WHERE task";
const PRIVILEGES: &str = "SELECT privilege, merchant, block, version, changed_block, conditions, price, stock,
                                 expires_ms, opens, closes, refund_ms, closed_block FROM privileges WHERE privilege";
const COLLECTIONS: &str = "SELECT ticket, merchant, privilege, version, customer, amount, refund_ms, block, event,
                                  refunded_block, settled_block FROM collections WHERE";

fn task(row: &Columns) -> Result<Task> {
    let (closed, left) = (row.optional("closed_block")?, row.optional_amount("unearned")?);
    Ok(Task {
        task: row.integer("task")?,
        merchant: row.integer("merchant")?,
        terms: TaskTerms {
            conditions: row.hash("conditions")?,
            reward: row.amount("reward")?,
            stock: row.integer("stock")?,
            expires_ms: row.wide("expires_ms")?,
        },
        block: row.integer("block")?,
        closed: closed.zip(left).map(|(block, left)| ClosedTask { block, left }),
    })
}

fn privilege(row: &Columns) -> Result<Privilege> {
    Ok(Privilege {
        privilege: row.integer("privilege")?,
        merchant: row.integer("merchant")?,
        version: row.integer("version")?,
        terms: PrivilegeTerms {
            conditions: row.hash("conditions")?,
            price: row.amount("price")?,
            stock: row.integer("stock")?,
            expires_ms: row.wide("expires_ms")?,
            opens: row.integer("opens")?,
            closes: row.integer("closes")?,
            refund_ms: row.wide("refund_ms")?,
        },
        block: row.integer("block")?,
        changed_block: row.integer("changed_block")?,
        closed_block: row.optional("closed_block")?,
    })
}

fn collection(row: &Columns) -> Result<Collection> {
    Ok(Collection {
        ticket: row.hash("ticket")?,
        merchant: row.integer("merchant")?,
        privilege: row.integer("privilege")?,
        version: row.integer("version")?,
        customer: row.integer("customer")?,
        amount: row.amount("amount")?,
        position: position(row)?,
        refund_ms: row.wide("refund_ms")?,
        refunded_block: row.optional("refunded_block")?,
        settled_block: row.optional("settled_block")?,
    })
}

impl Store {
    /// A page of tasks, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tasks_after(&self, filter: OfferedFilter, after: TaskId, limit: u32) -> Result<Vec<Task>> {
        let select = Select::new(format!("{TASKS} > $1"), values![after]);
        let select = select.equal("merchant", filter.merchant).null("closed_block", filter.open);
        let (sql, values) = select.page("task", limit);
        fetch(self.reader(), "reading tasks", sql, values, task).await
    }

    /// A task.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn task(&self, number: TaskId) -> Result<Option<Task>> {
        fetch_one(self.reader(), "reading a task", format!("{TASKS} = $1"), values![number], task).await
    }

    /// The tasks of a shop, 0 for Bizkey itself, whose conditions are one of
    /// these texts' hashes, by number; of at most [`MAX_PAGE`] hashes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tasks_named(&self, merchant: MerchantIndex, conditions: &[Hash]) -> Result<Vec<Task>> {
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = values![merchant];
        // Filled up to a power of two with repeats: few different statements.
        let count = conditions.len().min(MAX_PAGE as usize).next_power_of_two();
        values.extend(conditions.iter().cycle().take(count).map(Value::from));
        let list: Vec<_> = (2..count + 2).map(|at| format!("${at}")).collect();
        let sql = format!("{TASKS} > 0 AND merchant = $1 AND conditions IN ({}) ORDER BY task", list.join(", "));
        fetch(self.reader(), "reading tasks", sql, values, task).await
    }

    /// A page of the fulfilments of a task, by customer, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fulfilments_after(
        &self,
        task: TaskId,
        after: CustomerIndex,
        limit: u32,
    ) -> Result<Vec<TaskFulfilment>> {
        let sql = "SELECT task, customer, account, reward, block, event FROM task_fulfilments
                   WHERE task = $1 AND customer > $2 ORDER BY customer LIMIT $3";
        fetch(self.reader(), "reading fulfilments", sql, values![task, after, page_size(limit)], |row| {
            Ok(TaskFulfilment {
                task: row.integer("task")?,
                customer: row.integer("customer")?,
                account: row.account("account")?,
                reward: row.amount("reward")?,
                position: position(row)?,
            })
        })
        .await
    }

    /// A page of privileges, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn privileges_after(
        &self,
        filter: OfferedFilter,
        after: PrivilegeId,
        limit: u32,
    ) -> Result<Vec<Privilege>> {
        let select = Select::new(format!("{PRIVILEGES} > $1"), values![after]);
        let select = select.equal("merchant", filter.merchant).null("closed_block", filter.open);
        let (sql, values) = select.page("privilege", limit);
        fetch(self.reader(), "reading privileges", sql, values, privilege).await
    }

    /// A privilege.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn privilege(&self, number: PrivilegeId) -> Result<Option<Privilege>> {
        fetch_one(self.reader(), "reading a privilege", format!("{PRIVILEGES} = $1"), values![number], privilege).await
    }

    /// A page of used tickets, in chain order, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn collections_after(
        &self,
        filter: CollectionFilter,
        after: Position,
        limit: u32,
    ) -> Result<Vec<Collection>> {
        let select = Select::new(format!("{COLLECTIONS} (block, event) > ($1, $2)"), values![after.block, after.event]);
        let select = select.equal("merchant", filter.merchant).equal("customer", filter.customer);
        let (sql, values) = select.page("block, event", limit);
        fetch(self.reader(), "reading used tickets", sql, values, collection).await
    }

    /// A used ticket, by its hash.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn collection(&self, ticket: &Hash) -> Result<Option<Collection>> {
        let sql = format!("{COLLECTIONS} ticket = $1");
        fetch_one(self.reader(), "reading a used ticket", sql, values![ticket], collection).await
    }
}
