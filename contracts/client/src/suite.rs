//! A deployed network and the way to its contracts.

use crate::{
    contracts::{Bzky, Foundation, Otc, PosDeposit, Receipts, Redemption, Registry, Rewards, Time, Vault, Vesting},
    Client, ClientError, Deployment, Result,
};
use std::sync::Arc;

/// A deployed network: a client and where the contracts live. A cheap clone.
#[derive(Clone, Debug)]
pub struct Suite(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    deployment: Deployment,
}

impl Suite {
    /// The network of `deployment`, seen through `client`.
    ///
    /// # Errors
    /// [`ClientError::Deployment`] if the deployment is of another chain.
    pub fn new(client: Client, deployment: Deployment) -> Result<Self> {
        if client.genesis_hash() != deployment.genesis_hash {
            return Err(ClientError::Deployment {
                path: "genesis hash".into(),
                reason: format!(
                    "the contracts are on chain 0x{}, the client is connected to 0x{}",
                    hex::encode(deployment.genesis_hash),
                    hex::encode(client.genesis_hash()),
                ),
            });
        }
        Ok(Self(Arc::new(Inner { client, deployment })))
    }

    /// The connection.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Where everything is.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.0.deployment
    }

    /// The merchant pool.
    #[must_use]
    pub fn vault(&self) -> Vault {
        Vault(self.clone())
    }

    /// Bzky.
    #[must_use]
    pub fn bzky(&self) -> Bzky {
        Bzky(self.clone())
    }

    /// Time.
    #[must_use]
    pub fn time(&self) -> Time {
        Time(self.clone())
    }

    /// Merchants, customers, devices.
    #[must_use]
    pub fn registry(&self) -> Registry {
        Registry(self.clone())
    }

    /// Receipts.
    #[must_use]
    pub fn receipts(&self) -> Receipts {
        Receipts(self.clone())
    }

    /// Deposits for terminals.
    #[must_use]
    pub fn pos_deposit(&self) -> PosDeposit {
        PosDeposit(self.clone())
    }

    /// Epoch reports and claims.
    #[must_use]
    pub fn rewards(&self) -> Rewards {
        Rewards(self.clone())
    }

    /// Bzky that is released over time.
    #[must_use]
    pub fn vesting(&self) -> Vesting {
        Vesting(self.clone())
    }

    /// Tasks, privileges, sale of Time.
    #[must_use]
    pub fn redemption(&self) -> Redemption {
        Redemption(self.clone())
    }

    /// Escrowed offers and desk quotes.
    #[must_use]
    pub fn otc(&self) -> Otc {
        Otc(self.clone())
    }

    /// The board.
    #[must_use]
    pub fn foundation(&self) -> Foundation {
        Foundation(self.clone())
    }
}
