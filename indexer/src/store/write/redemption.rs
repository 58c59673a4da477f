//! Tasks and privileges, and the tickets used for them.

use super::{Place, Writer};
use crate::{
    error::contradiction,
    store::{
        relations,
        sql::{values, Value},
    },
    Result,
};
use bizkey_primitives::{
    events::{
        CollectionRefunded, CollectionSettled, PrivilegeChanged, PrivilegeClosed, PrivilegeCreated, TaskClosed,
        TaskCreated, TaskFulfilled, TaskRestocked, TimeCollected,
    },
    redemption::{PrivilegeTerms, TaskId},
};

/// A privilege's terms, in the order of their columns.
fn terms_of(terms: &PrivilegeTerms) -> Vec<Value> {
    let PrivilegeTerms { conditions, price, stock, expires_ms, opens, closes, refund_ms } = terms;
    values![conditions, *price, *stock, *expires_ms, *opens, *closes, *refund_ms]
}

impl Writer<'_> {
    pub(super) async fn task_created(&mut self, place: Place, event: &TaskCreated) -> Result<()> {
        let sql = "INSERT INTO tasks (task, merchant, conditions, reward, stock, expires_ms, block)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let terms = &event.terms;
        let values = values![
            event.task,
            event.merchant,
            &terms.conditions,
            terms.reward,
            terms.stock,
            terms.expires_ms,
            place.block
        ];
        self.add(&relations::TASKS, "storing a task", sql, values).await
    }

    pub(super) async fn task_restocked(&mut self, place: Place, event: &TaskRestocked) -> Result<()> {
        self.stock_task(place, event.task, |stock| stock.checked_add(event.more)).await
    }

    pub(super) async fn task_fulfilled(&mut self, place: Place, event: &TaskFulfilled) -> Result<()> {
        self.stock_task(place, event.task, |stock| stock.checked_sub(1)).await?;
        let sql = "INSERT INTO task_fulfilments (task, customer, account, reward, block, event)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = values![event.task, event.customer, &event.account, event.reward, place.block, place.event];
        self.add(&relations::TASK_FULFILMENTS, "storing a fulfilment", sql, values).await
    }

    /// What is left of the stock stays as it was: nobody earns it any more.
    pub(super) async fn task_closed(&mut self, place: Place, event: &TaskClosed) -> Result<()> {
        let sql = "UPDATE tasks SET closed_block = $2, unearned = $3 WHERE task = $1";
        let values = values![event.task, place.block, event.left];
        self.change(&relations::TASKS, "storing the end of a task", sql, values).await
    }

    async fn stock_task(&mut self, place: Place, task: TaskId, with: impl Fn(u32) -> Option<u32>) -> Result<()> {
        let sql = "SELECT stock FROM tasks WHERE task = $1 AND closed_block IS NULL";
        let stock = self.find("reading a task's stock", sql, values![task], |row| row.integer("stock")).await?;
        let stock = stock.and_then(with).ok_or_else(|| {
            contradiction(
                place.block,
                place.event,
                format!("task {task} is not open, or its stock would pass its bounds"),
            )
        })?;
        let sql = "UPDATE tasks SET stock = $2 WHERE task = $1";
        self.change(&relations::TASKS, "storing a task's stock", sql, values![task, stock]).await
    }

    pub(super) async fn privilege_created(&mut self, place: Place, event: &PrivilegeCreated) -> Result<()> {
        let sql =
            "INSERT INTO privileges (privilege, merchant, block, version, changed_block, conditions, price, stock,
                                           expires_ms, opens, closes, refund_ms)
                   VALUES ($1, $2, $3, 1, $3, $4, $5, $6, $7, $8, $9, $10)";
        let mut values = values![event.privilege, event.merchant, place.block];
        values.extend(terms_of(&event.terms));
        self.add(&relations::PRIVILEGES, "storing a privilege", sql, values).await
    }

    pub(super) async fn privilege_changed(&mut self, place: Place, event: &PrivilegeChanged) -> Result<()> {
        let sql = "UPDATE privileges SET version = $2, changed_block = $3, conditions = $4, price = $5, stock = $6,
                                         expires_ms = $7, opens = $8, closes = $9, refund_ms = $10
                   WHERE privilege = $1";
        let mut values = values![event.privilege, event.version, place.block];
        values.extend(terms_of(&event.terms));
        self.change(&relations::PRIVILEGES, "storing a privilege's terms", sql, values).await
    }

    pub(super) async fn privilege_closed(&mut self, place: Place, event: &PrivilegeClosed) -> Result<()> {
        let sql = "UPDATE privileges SET closed_block = $2 WHERE privilege = $1";
        let values = values![event.privilege, place.block];
        self.change(&relations::PRIVILEGES, "storing the end of a privilege", sql, values).await
    }

    /// A ticket takes one use out of the stock, which no refund puts back
    /// (`redemption`, collections).
    pub(super) async fn time_collected(&mut self, place: Place, event: &TimeCollected) -> Result<()> {
        let privilege = event.privilege;
        let sql = "SELECT stock, version, refund_ms FROM privileges WHERE privilege = $1 AND closed_block IS NULL";
        let found = self.find("reading a privilege", sql, values![privilege], |row| {
            Ok((row.integer::<u32>("stock")?, row.integer::<u32>("version")?, row.wide("refund_ms")?))
        });
        let found =
            found.await?.and_then(|(stock, version, refund_ms)| Some((stock.checked_sub(1)?, version, refund_ms)));
        let (stock, version, refund_ms) = found.ok_or_else(|| {
            contradiction(
                place.block,
                place.event,
                format!("privilege {privilege} is not open, or nothing of it is left"),
            )
        })?;
        let sql = "UPDATE privileges SET stock = $2 WHERE privilege = $1";
        self.change(&relations::PRIVILEGES, "storing a privilege's stock", sql, values![privilege, stock]).await?;
        let sql = "INSERT INTO collections (ticket, merchant, privilege, version, customer, amount, refund_ms, block,
                                            event)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = values![
            &event.ticket,
            event.merchant,
            privilege,
            version,
            event.customer,
            event.amount,
            refund_ms,
            place.block,
            place.event,
        ];
        self.add(&relations::COLLECTIONS, "storing a used ticket", sql, values).await
    }

    pub(super) async fn collection_refunded(&mut self, place: Place, event: &CollectionRefunded) -> Result<()> {
        let sql = "UPDATE collections SET refunded_block = $2 WHERE ticket = $1";
        let values = values![&event.ticket, place.block];
        self.change(&relations::COLLECTIONS, "storing a refund", sql, values).await
    }

    pub(super) async fn collection_settled(&mut self, place: Place, event: &CollectionSettled) -> Result<()> {
        let sql = "UPDATE collections SET settled_block = $2 WHERE ticket = $1";
        let values = values![&event.ticket, place.block];
        self.change(&relations::COLLECTIONS, "storing the end of a collection", sql, values).await
    }
}
