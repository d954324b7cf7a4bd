//! Proving that the token works and carries every scope that Crossdock needs.

use crossdock_storefront::{Priority, StorefrontError};
use serde_json::{Value, json};

use crate::Ecwid;
use crate::client::{Call, Scope};

/// No order and no product has this id, so that writing to it changes nothing, with or without the scope.
const NOBODYS_ID: &str = "0";

impl Ecwid {
    /// Reads a little of everything, then writes nothing to what does not exist. The answer is the store's name.
    ///
    /// That Ecwid looks at the scope before it looks for the order is not documented: where it did not, a missing scope to
    /// write would show only at the first write.
    pub(crate) async fn check_scopes(&self) -> Result<String, StorefrontError> {
        let profile = self.profile().await?;
        self.peek("orders", Scope::ReadOrders).await?;
        self.touch("orders", Scope::UpdateOrders).await?;
        self.peek("products", Scope::ReadCatalog).await?;
        self.touch("products", Scope::UpdateCatalog).await?;
        Ok(profile.settings.store_name)
    }

    async fn peek(&self, resource: &str, scope: Scope) -> Result<(), StorefrontError> {
        let query = &[("limit", "1"), ("responseFields", "total")];
        let call = Call { path: &[resource], query, scope, what: resource, priority: Priority::Urgent };
        let _: Value = self.client.get(call).await?;
        Ok(())
    }

    async fn touch(&self, resource: &str, scope: Scope) -> Result<(), StorefrontError> {
        let path = &[resource, NOBODYS_ID];
        let call = Call { path, query: &[], scope, what: resource, priority: Priority::Urgent };
        match self.client.put::<Value>(call, &json!({})).await {
            Ok(_) | Err(StorefrontError::NotFound { .. } | StorefrontError::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
