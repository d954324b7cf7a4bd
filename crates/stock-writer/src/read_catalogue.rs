//! Reads a shop's catalogue into the ledger: a page at a time, again before each full push, and once a day in any case.
//!
//! Effects  the index of listings; calls for as many pages as the catalogue has
//! Replay   safe: how far a reading has come stands in the ledger, and what is read twice is the same

use std::sync::Arc;

use crossdock_domain::{Classify as _, Mend, StoreId};
use crossdock_ledger::{Catalogue, Ledger, Reading};
use crossdock_queue::{Failure, Turn};
use crossdock_storefront::{CataloguePage, Place, ProductListings, Shop, StorefrontError};
use jiff::{SignedDuration, Timestamp};

/// How old a reading may be that is gone on with, in seconds. One that was left off longer ago begins anew.
const READING_SECS_MAX: i64 = 6 * 60 * 60;

/// How old a catalogue may be that is relied on, in seconds: a little more than the time between two full pushes, where a shop has any.
const CATALOGUE_SECS_MAX: i64 = 25 * 60 * 60;

pub(crate) struct ReadCatalogue {
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl ReadCatalogue {
    /// Sees to it that the whole catalogue was read, by a reading that began at this moment or later; no moment: at any time.
    pub(crate) async fn ensure(
        &self,
        shop: &Shop,
        since: Option<Timestamp>,
        turn: Turn,
    ) -> Result<(), Failure> {
        let (store, now) = (&shop.settings.id, Timestamp::now());
        let Catalogue { as_of, reading } = self.ledger.catalogue(store).await?;
        if as_of.is_some_and(|as_of| since.is_none_or(|since| since <= as_of)) {
            return Ok(());
        }
        let oldest = now - SignedDuration::from_secs(READING_SECS_MAX);
        let oldest = since.map_or(oldest, |since| since.max(oldest));
        let reading = reading.filter(|it| (oldest..=now).contains(&it.began_at));
        self.read(shop, reading.unwrap_or(Reading { began_at: now, place: None }), turn).await?;
        tracing::info!(store.id = %store, "read the shop's catalogue");
        Ok(())
    }

    /// Reads a catalogue anew that was read too long ago: what no webhook told of is found, also where there are no full pushes.
    pub(crate) async fn refresh(&self, shop: &Shop, turn: Turn) -> Result<(), Failure> {
        let oldest = Timestamp::now() - SignedDuration::from_secs(CATALOGUE_SECS_MAX);
        let Catalogue { as_of, .. } = self.ledger.catalogue(&shop.settings.id).await?;
        if as_of.is_some_and(|as_of| as_of < oldest) {
            self.ensure(shop, Some(oldest), turn).await?;
        }
        Ok(())
    }

    async fn read(&self, shop: &Shop, reading: Reading, turn: Turn) -> Result<(), Failure> {
        let (store, began_at) = (&shop.settings.id, reading.began_at);
        let mut place = reading.place.map(Place::new);
        loop {
            turn.go_on()?;
            let page = match shop.storefront.catalogue(place.as_ref()).await {
                Ok(page) => page,
                Err(error) => return Err(self.not_read(store, place, error).await?),
            };
            let CataloguePage { products: ProductListings { listings, unread }, next } = page;
            self.ledger.keep_products(store, began_at, &unread).await?;
            let next_place = next.as_ref().map(Place::as_str);
            self.ledger.learn_page(store, began_at, &listings, next_place).await?;
            match next {
                Some(next) => place = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// A place that the shop does not know any more is not gone back to.
    async fn not_read(
        &self,
        store: &StoreId,
        place: Option<Place>,
        error: StorefrontError,
    ) -> Result<Failure, Failure> {
        if error.mend() == Mend::Never && place.is_some() {
            self.ledger.drop_reading(store).await?;
            return Ok(Failure { mend: Mend::Wait, ..error.into() });
        }
        Ok(error.into())
    }
}
