//! Tells a shop how much it may sell, where that differs from what it was last told.
//!
//! In       `stock.due`
//! Effects  quantities in the shop; what was told, in the ledger, and what was refused, once somebody else was told of it
//! Replay   safe: quantities are absolute, computed anew from the ledger each time, by one process at a time for each shop

mod answers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crossdock_domain::{Classify, Listing, Mend, Sku, StoreId};
use crossdock_ledger::{Ledger, Pushed, StockLine};
use crossdock_queue::{Failure, Turn};
use crossdock_storefront::{Quantity, Shop, StorefrontError};
use jiff::Timestamp;

use crate::affected::Affected;
use crate::read_catalogue::ReadCatalogue;
use crate::reread_products::RereadProducts;
use crate::wanted::{Due, Wanted, settled_by};
use answers::{Answers, of_sku, worse};

/// Most quantities that a shop is given before what it took is put down: as many as BigCommerce takes in one call.
const QUANTITIES_MAX: usize = 2_000;

/// Most quantities of a part that are tried again one SKU at a time: fewer than [`REFUSED_MAX`], and so few that the culprits among them
/// are found also where the shop takes none.
const AGAIN_MAX: usize = 25;

/// Most quantities of a part that count as refused where the shop takes none of it. If it refuses all of a larger one, something else is
/// wrong, and none counts.
const REFUSED_MAX: usize = 50;

pub(crate) struct PushStock {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) read_catalogue: ReadCatalogue,
    pub(crate) reread_products: RereadProducts,
}

/// What a push leaves to be done.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    /// Listings that the shop refused for good, each with its words. See [`PushStock::give_up`].
    pub(crate) refused: Vec<(Listing, Failure)>,
    /// SKUs of which a listing came to light: the shop was not told their quantities.
    pub(crate) found: Affected,
    /// SKUs for which the shop failed, if they are few and nothing else went wrong: all others were told.
    pub(crate) doubted: Vec<Sku>,
}

/// What went wrong with a part, and need not go wrong with others.
struct Trouble {
    failure: Failure,
    /// With these SKUs, if it is that the shop failed for them.
    doubted: Option<Vec<Sku>>,
}

impl Trouble {
    fn and(self, other: Self) -> Self {
        let doubted = self.doubted.zip(other.doubted).map(|(one, other)| [one, other].concat());
        Self { failure: worse(Some(self.failure), other.failure), doubted }
    }
}

/// So many quantities were refused, and none was taken, that it is hardly for what they are.
#[derive(Debug, thiserror::Error)]
#[error("the shop refused all of {count} quantities, among them that of '{sku}'; none of them is given up")]
struct ManyRefused {
    count: usize,
    sku: Sku,
    #[source]
    cause: StorefrontError,
}

impl Classify for ManyRefused {
    fn mend(&self) -> Mend {
        Mend::Wait
    }

    fn class(&self) -> &'static str {
        "many-quantities-refused"
    }
}

impl PushStock {
    /// Pushes what is wanted. What is left to be done is there also if it then failed.
    pub(crate) async fn push(
        &self,
        shop: &Shop,
        wanted: &Wanted,
        turn: Turn,
        leftover: &mut Leftover,
    ) -> Result<(), Failure> {
        if wanted.full_since.is_some() {
            // What the shop lists is checked first: a listing that no webhook told of is pushed with the others.
            self.read_catalogue.ensure(shop, wanted.full_since, turn).await?;
        } else if wanted.all {
            self.read_catalogue.refresh(shop, turn).await?;
        }
        let due = self.due(shop, wanted).await?;
        if due.is_empty() {
            return Ok(());
        }
        self.read_catalogue.ensure(shop, None, turn).await?;
        let skus: Vec<Sku> = due.keys().cloned().collect();
        let listings = self.ledger.listings(&shop.settings.id, &skus).await?;
        let mut trouble: Option<Trouble> = None;
        let (again, others) = listings.into_iter().partition(|listing| wanted.again.contains(&listing.sku));
        // What may well be refused is told apart from the rest, few at a time: so many refusals are each told of.
        for part in parts(&due, others, QUANTITIES_MAX).into_iter().chain(parts(&due, again, AGAIN_MAX)) {
            if let Err(rest) = turn.go_on() {
                return Err(trouble.map_or_else(|| rest.into(), |trouble| trouble.failure));
            }
            if let Some(other) = self.set(shop, &part, &due, leftover).await? {
                trouble = Some(match trouble {
                    Some(trouble) => trouble.and(other),
                    None => other,
                });
            }
        }
        let Some(Trouble { failure, doubted }) = trouble else { return Ok(()) };
        leftover.doubted = doubted.unwrap_or_default();
        Err(failure)
    }

    /// What to tell.
    async fn due(&self, shop: &Shop, wanted: &Wanted) -> Result<BTreeMap<Sku, Due>, Failure> {
        let (store, stock) = (&shop.settings.id, &shop.settings.stock);
        let lines: Vec<StockLine> = match wanted.affected() {
            Affected::All => self.ledger.stock(store).await?,
            Affected::These(skus) => {
                self.ledger.stock_of(store, &skus.into_iter().collect::<Vec<_>>()).await?
            }
        };
        let now = Timestamp::now();
        let due = |line: StockLine| Some((line.level.sku.clone(), wanted.due(line, stock, now)?));
        Ok(lines.into_iter().filter_map(due).collect())
    }

    /// A SKU counts as told once every listing of it has taken the quantity. Returns what went wrong with this part and need not go
    /// wrong with others.
    async fn set(
        &self,
        shop: &Shop,
        part: &[Quantity],
        due: &BTreeMap<Sku, Due>,
        leftover: &mut Leftover,
    ) -> Result<Option<Trouble>, Failure> {
        let (store, began) = (&shop.settings.id, Timestamp::now());
        let listings: Vec<Listing> = part.iter().map(|quantity| quantity.listing.clone()).collect();
        // A quantity may reach the shop without our learning of it. What the shop was told before is no more to be relied on then.
        let told_before = self.ledger.begin_push(store, &listings, began, settled_by(began)).await?;
        let stands = |(sku, _): &(Sku, Pushed)| due.get(sku).is_some_and(|due| due.stands);
        let told_before: BTreeMap<Sku, Pushed> = told_before.into_iter().filter(stands).collect();
        let mut answers = Answers::of(part, shop.storefront.set_stock(part).await);
        let told = answers.told();
        self.ledger.pushed(store, &told, began).await?;
        let told_at_second_try = answers.told_at_second_try();
        if !told_at_second_try.is_empty() {
            self.ledger.pushed_at_second_try(store, &told_at_second_try, began).await?;
        }
        self.ledger.not_pushed(store, &answers.not_taken(&told_before), began).await?;
        self.reread_products.wrote(shop, &answers.changed(&told_before)).await?;
        let skus = told.len() + told_at_second_try.len();
        tracing::info!(store.id = %store, skus, of = part.len(), "told the shop its stock");
        let all = answers.refused.len() == part.len();
        if !answers.took_some && !all {
            // Until the shop has said more of the others, it may mean them too.
            answers.refused.truncate(REFUSED_MAX);
        }
        // All of a part are in doubt, or none.
        let failed_lately = part.iter().any(|it| due.get(&it.listing.sku).is_some_and(|due| due.in_doubt));
        let ends_push = answers.ends_push(failed_lately);
        let mut trouble = answers.failure().map(|failure| Trouble { failure, doubted: answers.doubted() });
        if let Some(many) = self.take_refusals(shop, answers.refused, all, leftover).await? {
            let failure = worse(trouble.map(|trouble| trouble.failure), many.into());
            trouble = Some(Trouble { failure, doubted: None });
        }
        match trouble {
            Some(trouble) if ends_push => Err(trouble.failure),
            other => Ok(other),
        }
    }

    /// A listing that the shop refuses may have changed there, or be gone: its product is read again. Where nothing has changed, it is to
    /// be given up. If that befalls all of a large part, none is.
    async fn take_refusals(
        &self,
        shop: &Shop,
        mut refused: Vec<(&Listing, StorefrontError)>,
        all: bool,
        leftover: &mut Leftover,
    ) -> Result<Option<ManyRefused>, Failure> {
        if refused.is_empty() {
            return Ok(None);
        }
        let (store, count) = (&shop.settings.id, refused.len());
        let products: BTreeSet<String> =
            refused.iter().take(REFUSED_MAX).map(|(listing, _)| listing.product_id.clone()).collect();
        let products: Vec<String> = products.into_iter().collect();
        let found = self.reread_products.reread(shop, &products).await?;
        leftover.found.add(found.into_iter().collect());
        if all && count > REFUSED_MAX {
            let (listing, cause) = refused.swap_remove(0);
            return Ok(Some(ManyRefused { count, sku: listing.sku.clone(), cause }));
        }
        let skus: Vec<Sku> = refused.iter().map(|(listing, _)| listing.sku.clone()).collect();
        let standing = self.ledger.listings(store, &skus).await?;
        let given_up = refused.into_iter().filter(|(listing, _)| standing.contains(listing));
        leftover
            .refused
            .extend(given_up.map(|(listing, error)| (listing.clone(), of_sku(&listing.sku, &error.into()))));
        Ok(None)
    }

    /// These listings are not told again until they change at the shop, or until the next full push. Their other listings go on. Only
    /// what somebody was told of is given up: until then it is tried again.
    pub(crate) async fn give_up(
        &self,
        store: &StoreId,
        refused: &[(Listing, Failure)],
    ) -> Result<(), Failure> {
        if refused.is_empty() {
            return Ok(());
        }
        let words: Vec<(Listing, String)> =
            refused.iter().map(|(listing, failure)| (listing.clone(), failure.chain.clone())).collect();
        Ok(self.ledger.stock_refused(store, &words, Timestamp::now()).await?)
    }
}

/// Where the quantities of a SKU stand in a push, the first one least.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    not_urgent: bool,
    in_doubt: bool,
    sku: Sku,
}

/// The quantities of all listings that are told, in parts of so many at most, the urgent ones first: the shop's budget may have room for
/// some only. All listings of a SKU are in one part. Those in doubt are in parts of their own, after the others: what the shop fails for
/// each time keeps nothing back that it would take.
fn parts(due: &BTreeMap<Sku, Due>, listings: Vec<Listing>, most: usize) -> Vec<Vec<Quantity>> {
    let mut by_sku: BTreeMap<Place, Vec<Quantity>> = BTreeMap::new();
    for listing in listings {
        if let Some(due) = due.get(&listing.sku).filter(|due| due.is_for(&listing)) {
            let place = Place { not_urgent: !due.urgent, in_doubt: due.in_doubt, sku: listing.sku.clone() };
            by_sku.entry(place).or_default().push(Quantity { units: due.units, listing });
        }
    }
    let (mut parts, mut last_in_doubt): (Vec<Vec<Quantity>>, bool) = (Vec::new(), false);
    for (Place { in_doubt, .. }, quantities) in by_sku {
        let has_room = |part: &Vec<Quantity>| part.len() + quantities.len() <= most;
        match parts.last_mut().filter(|part| in_doubt == last_in_doubt && has_room(part)) {
            Some(part) => part.extend(quantities),
            None => parts.push(quantities),
        }
        last_in_doubt = in_doubt;
    }
    parts
}

#[cfg(test)]
mod tests {
    use crossdock_domain::ListingStock;

    use super::*;

    fn due(units: i64) -> Due {
        Due { units, refused: Vec::new(), urgent: false, in_doubt: false, stands: true }
    }

    fn listing(sku: &str, product_id: usize, stock: ListingStock) -> Listing {
        Listing { sku: Sku::from(sku), product_id: product_id.to_string(), variant_id: None, stock }
    }

    #[test]
    fn ten_thousand_skus_are_told_in_the_fewest_calls() {
        let due: BTreeMap<Sku, Due> = (0..10_000).map(|sku| (Sku::new(sku.to_string()), due(5))).collect();
        let listed = (0..10_000).map(|sku| listing(&sku.to_string(), sku, ListingStock::Counted));
        let parts = parts(&due, listed.collect(), QUANTITIES_MAX);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [QUANTITIES_MAX; 5]);
    }

    #[test]
    fn what_is_tried_again_is_told_few_at_a_time_so_that_many_refusals_settle() {
        let due: BTreeMap<Sku, Due> = (0..60).map(|sku| (Sku::new(sku.to_string()), due(5))).collect();
        let listed = (0..60).map(|sku| listing(&sku.to_string(), sku, ListingStock::Counted));
        let parts = parts(&due, listed.collect(), AGAIN_MAX);
        assert!(parts.iter().all(|part| part.len() < REFUSED_MAX), "all of a part may be refused");
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 60);
    }

    #[test]
    fn what_is_in_doubt_is_told_apart_and_after_what_is_as_urgent() {
        let due = |urgent, in_doubt| Due { urgent, in_doubt, ..due(5) };
        let due = [("A", false, true), ("B", true, true), ("C", false, false), ("D", true, false)]
            .map(|(sku, urgent, in_doubt)| (Sku::from(sku), due(urgent, in_doubt)));
        let listed = ["A", "B", "C", "D"].map(|sku| listing(sku, 1, ListingStock::Counted));
        let parts = parts(&due.into(), listed.into(), QUANTITIES_MAX);
        let skus =
            |part: &Vec<Quantity>| part.iter().map(|it| it.listing.sku.to_string()).collect::<String>();
        assert_eq!(parts.iter().map(skus).collect::<Vec<_>>(), ["D", "B", "C", "A"]);
    }

    #[test]
    fn all_listings_of_a_sku_are_told_together_and_only_those_that_take_a_quantity() {
        let due = BTreeMap::from([(Sku::from("A"), due(1)), (Sku::from("B"), due(2))]);
        let mut listings: Vec<Listing> =
            (0..QUANTITIES_MAX - 1).map(|product| listing("A", product, ListingStock::Counted)).collect();
        listings.extend([8_000, 8_001].map(|product| listing("B", product, ListingStock::Counted)));
        listings.push(listing("B", 9_000, ListingStock::Uncounted));
        listings.push(listing("C", 9_001, ListingStock::Counted));
        let parts = parts(&due, listings, QUANTITIES_MAX);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [QUANTITIES_MAX - 1, 2]);
        assert!(parts[1].iter().all(|quantity| quantity.listing.sku.as_str() == "B" && quantity.units == 2));
    }
}
