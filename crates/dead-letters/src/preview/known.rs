//! What is asked once for many dead letters: orders, as the ledger and their shops have them, and what shops refuse us.

use std::collections::{BTreeSet, HashMap};

use crossdock_domain::{OrderId, OrderNumber, ShopOrder, StoreId};
use crossdock_ledger::{Ledger, LedgerError, OrderRecord, Pause, PauseCause};
use crossdock_storefront::{Account, Shop, Shops, StorefrontError};
use futures_util::future::join_all;
use jiff::Timestamp;

use super::access::Access;
use super::foresight::{ForecastVerdict, Foresight, Halt};
use super::letter::Letter;
use super::read_orders::read_orders;
use super::told::{Told, WarehouseNews};

type OrderKey = (StoreId, OrderId);

/// How things stand, for one page of dead letters.
pub(super) struct Known<'p> {
    pub(super) ledger: &'p dyn Ledger,
    pub(super) now: Timestamp,
    shops: &'p Shops,
    /// Why shops are not asked for now.
    pauses: HashMap<StoreId, Vec<Pause>>,
    by_number: HashMap<OrderNumber, OrderRecord>,
    records: HashMap<OrderKey, OrderRecord>,
    orders: HashMap<OrderKey, Result<ShopOrder, StorefrontError>>,
}

impl<'p> Known<'p> {
    pub(super) async fn gather(
        ledger: &'p dyn Ledger,
        shops: &'p Shops,
        letters: &[Letter],
    ) -> Result<Self, LedgerError> {
        let mut known = Self {
            ledger,
            now: Timestamp::now(),
            shops,
            pauses: pauses(ledger, shops).await?,
            by_number: HashMap::new(),
            records: HashMap::new(),
            orders: HashMap::new(),
        };
        let told: Vec<&Told> = letters.iter().filter_map(Letter::read_told).collect();
        let numbers: BTreeSet<&OrderNumber> = told.iter().filter_map(|told| told.number()).collect();
        for number in numbers {
            if let Some(record) = ledger.order_by_number(number).await? {
                known.by_number.insert(number.clone(), record);
            }
        }
        known.read(&told).await?;
        Ok(known)
    }

    /// Asks each shop for all of its orders at once, all shops at the same time.
    async fn read(&mut self, told: &[&Told]) -> Result<(), LedgerError> {
        let mut wanted: HashMap<StoreId, BTreeSet<OrderId>> = HashMap::new();
        for (store, order_id) in told.iter().filter_map(|told| self.order_of(told)) {
            wanted.entry(store).or_default().insert(order_id);
        }
        let mut readings = Vec::new();
        for (store, ids) in wanted {
            let ids: Vec<OrderId> = ids.into_iter().collect();
            for record in self.ledger.records(&store, &ids).await? {
                self.records.insert((store.clone(), record.order_id.clone()), record);
            }
            if let Ok(shop) = self.open_shop(&store, Access::READ_ORDERS) {
                readings.push(async move { (store, read_orders(&*shop.storefront, ids).await) });
            }
        }
        for (store, orders) in join_all(readings).await {
            self.orders.extend(orders.into_iter().map(|(id, order)| ((store.clone(), id), order)));
        }
        Ok(())
    }

    /// The order of which the shop's own view matters.
    fn order_of(&self, told: &Told) -> Option<OrderKey> {
        match told {
            Told::OrderChanged(event) => Some((event.data.store.clone(), event.data.order_id.clone())),
            Told::ForWarehouse(event) if event.news != WarehouseNews::Cancelled => {
                Some((event.store.clone(), event.order_id.clone()))
            }
            Told::Dispatched(event) => {
                let record = self.by_number.get(&event.data.number)?;
                Some((record.store.clone(), record.order_id.clone()))
            }
            _ => None,
        }
    }

    /// The order of this number, if it was ever released.
    pub(super) fn released(&self, number: &OrderNumber) -> Result<&OrderRecord, Foresight> {
        let released = self.by_number.get(number).filter(|record| record.released.is_some());
        released.ok_or_else(|| Foresight::fails_again(format!("no released order has the number {number}")))
    }

    /// The order's record; none before its first import.
    pub(super) fn record(&self, store: &StoreId, order_id: &OrderId) -> Option<&OrderRecord> {
        self.records.get(&(store.clone(), order_id.clone()))
    }

    /// The order as its shop has it, or why that is not known.
    pub(super) fn order(&self, store: &StoreId, order_id: &OrderId) -> Result<&ShopOrder, &StorefrontError> {
        let read = self.orders.get(&(store.clone(), order_id.clone()));
        // It is asked for only where the shop is open, and every order of an open shop was read.
        read.map_or(Err(&StorefrontError::OutOfTime), Result::as_ref)
    }

    /// Any of the shops; counts are the same for all.
    pub(super) fn any_shop(&self) -> Option<Shop> {
        self.shops.all().pop()
    }

    /// A shop that is configured.
    pub(super) fn shop(&self, store: &StoreId) -> Result<Shop, Foresight> {
        self.shops.get(store).map_err(|unknown| Foresight::fails_again(unknown.to_string()))
    }

    /// A shop that, as far as is known, allows this.
    pub(super) fn open_shop(&self, store: &StoreId, access: Access) -> Result<Shop, Foresight> {
        let shop = self.shop(store)?;
        let mut pauses = self.pauses.get(store).into_iter().flatten();
        match pauses.find_map(|pause| Some((refused(&pause.cause, access)?, pause.since))) {
            None => Ok(shop),
            Some((what, since)) => Err(Foresight::new(
                ForecastVerdict::CredentialsRefused,
                format!("{store} has refused {what} since {}", since.strftime("%F %H:%M UTC")),
            )),
        }
    }

    /// Stops where a shop's order could not be read, with what that means for a replay.
    pub(super) fn readable<'o>(
        store: &StoreId,
        order: Result<&'o ShopOrder, &StorefrontError>,
    ) -> Result<&'o ShopOrder, Halt> {
        let error = match order {
            Ok(order) => return Ok(order),
            Err(error) => error,
        };
        let said = crossdock_telemetry::chain(error);
        let verdict = match error {
            StorefrontError::CredentialsRefused { .. } | StorefrontError::MissingScope { .. } => {
                ForecastVerdict::CredentialsRefused
            }
            StorefrontError::Malformed { .. } | StorefrontError::NotFound { .. } => {
                ForecastVerdict::FailsAgain
            }
            StorefrontError::Throttled { .. }
            | StorefrontError::Unavailable { .. }
            | StorefrontError::InDoubt { .. }
            | StorefrontError::OutOfTime
            | StorefrontError::Refused { .. }
            | StorefrontError::StepRefused { .. }
            | StorefrontError::Misfit { .. } => ForecastVerdict::Unknown,
        };
        Err(Foresight::new(verdict, format!("{store}: {said}")).into())
    }
}

async fn pauses(ledger: &dyn Ledger, shops: &Shops) -> Result<HashMap<StoreId, Vec<Pause>>, LedgerError> {
    let mut all = HashMap::new();
    for shop in shops.all() {
        let account = Account::of(&shop.settings);
        let pauses = ledger.pauses(&account.store, &account.fingerprint, Timestamp::now()).await?;
        all.insert(account.store, pauses);
    }
    Ok(all)
}

/// What of ours a shop refuses that this needs; none if nothing.
fn refused(cause: &PauseCause, access: Access) -> Option<String> {
    match cause {
        PauseCause::Throttled => None,
        PauseCause::Credentials => Some("our credentials".to_owned()),
        PauseCause::Scope(scope) => access.needs(scope).then(|| format!("our token the scope to {scope}")),
    }
}
