//! Writes quantities to the shop's inventory, absolutely.
//!
//! All of them go to location 1, the default one; what other locations of a shop hold is left alone. The shop carries them out in its own
//! time ("asynchronous", guide to inventory adjustments), so a read right after may be old: nothing here reads. Nor does the answer say
//! which quantities were others before: it is a transaction's id. A quantity over the platform's 2,147,483,647 is left to the shop to
//! refuse, like any other bad one.

mod culprits;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crossdock_storefront::{Halving, Priority, Quantity, StorefrontError, Taken};
use http::Method;
use serde::Serialize;
use tokio::time::Instant;

use crate::call_size::CallSize;
use crate::client::{About, Client};
use culprits::culprits;

/// Most items in one adjustment. Source: `docs/store-operations/catalog/inventory-adjustments.mdx` of bigcommerce/docs.
pub(crate) const ITEMS_MAX: usize = 2000;

/// Most further calls to find out which items the shop refuses: some 20 for one in 2,000 that it does not name. It leaves half of the
/// smallest plan's window to others.
const SEARCH_CALLS_MAX: usize = 60;

/// Longest time after which another adjustment is begun, so that what is set is noted within minutes. Longer than the shop may be silent
/// twice: of what it was silent to, a half is tried, too.
const PUSH_MAX: Duration = Duration::from_secs(150);

/// The shop's only location, unless it has the multi-location feature; then its default one.
const LOCATION_ID: u64 = 1;

const ABOUT: About<'static> =
    About { subject: "inventory location 1", scope: "modify store inventory", priority: Priority::Stock };

#[derive(Serialize)]
struct Adjustment<'a> {
    reason: &'static str,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    location_id: u64,
    #[serde(flatten)]
    identity: Identity<'a>,
    quantity: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Identity<'a> {
    VariantId(u64),
    ProductId(u64),
    Sku(&'a str),
}

impl<'a> Identity<'a> {
    fn of(quantity: &'a Quantity) -> Self {
        let listing = &quantity.listing;
        let identity = match &listing.variant_id {
            Some(variant) => variant.parse().map(Identity::VariantId),
            None => listing.product_id.parse().map(Identity::ProductId),
        };
        identity.unwrap_or(Identity::Sku(listing.sku.as_str()))
    }
}

/// So many items were refused that they were not all found.
#[derive(Debug, thiserror::Error)]
#[error("the shop refuses more of the quantities than are looked for at once; the rest comes later")]
struct ManyRefused;

impl From<ManyRefused> for StorefrontError {
    fn from(many: ManyRefused) -> Self {
        Self::Unavailable { cause: many.into() }
    }
}

/// Sets them, one adjustment after the other: "Wait to send new requests until the current request returns".
///
/// The shop sets all items of an adjustment or none. Of a refused one, the items that the shop names fail alone, and the rest is sent
/// again; where it names none, each half is. So is each half of one that it does not answer as it should, after all others: what it fails
/// for keeps nothing else back, and `size` makes later adjustments smaller. What would befall every adjustment (no credentials, no quota,
/// a refusal that is not of items, no good answer to any) fails all that are left.
pub(crate) async fn set_stock(
    client: &Client,
    size: &CallSize,
    quantities: &[Quantity],
) -> Vec<Result<Taken, StorefrontError>> {
    Push::of(client, quantities).run(size, Instant::now() + PUSH_MAX).await
}

/// Quantities on their way into the shop.
struct Push<'a> {
    client: &'a Client,
    quantities: &'a [Quantity],
    /// Groups of their places that are to be sent, the next one first.
    open: VecDeque<Vec<usize>>,
    /// The halves of those that the shop did not answer as it should, to be sent after them.
    halves: VecDeque<Vec<usize>>,
    /// One for each. What was not asked for is out of time.
    results: Vec<Result<Taken, StorefrontError>>,
    /// Those that the shop refused by name, among others.
    named: BTreeSet<usize>,
    /// Those that it was sent without a good answer at least once.
    doubted: BTreeSet<usize>,
    takes_some: bool,
    halving: Halving,
    /// What the shop failed with last.
    silence: Option<StorefrontError>,
}

impl<'a> Push<'a> {
    fn of(client: &'a Client, quantities: &'a [Quantity]) -> Self {
        let results = quantities.iter().map(|_| Err(StorefrontError::OutOfTime)).collect();
        Self {
            client,
            quantities,
            open: VecDeque::new(),
            halves: VecDeque::new(),
            results,
            named: BTreeSet::new(),
            doubted: BTreeSet::new(),
            takes_some: false,
            halving: Halving::default(),
            silence: None,
        }
    }

    /// At least one adjustment is sent, whatever the time.
    async fn run(mut self, size: &CallSize, deadline: Instant) -> Vec<Result<Taken, StorefrontError>> {
        let full = usize::try_from(size.now()).unwrap_or(ITEMS_MAX);
        let places: Vec<usize> = (0..self.quantities.len()).collect();
        self.open.extend(places.chunks(full).map(<[usize]>::to_vec));
        let calls_max = self.open.len() + SEARCH_CALLS_MAX;
        let mut calls = 0;
        while !(self.open.is_empty() && self.halves.is_empty()) {
            if calls > 0 && Instant::now() >= deadline {
                self.put_off(size, full);
                break;
            }
            if calls == calls_max {
                self.give_up_search();
                break;
            }
            calls += 1;
            self.send_next(size, full).await;
        }
        self.results
    }

    async fn send_next(&mut self, size: &CallSize, full: usize) {
        let waiting = self.open.pop_front();
        let is_half = waiting.is_none();
        let Some(group) = waiting.or_else(|| self.halves.pop_front()) else { return };
        let outcome = adjust(self.client, self.quantities, &group).await;
        if !is_half {
            size.learn_of(group.len() as u64, full as u64, &outcome);
        }
        match outcome {
            Ok(()) => self.taken(&group),
            Err(StorefrontError::Refused { status: status @ (400 | 409 | 422), message }) => {
                self.refused(&group, status, &message);
            }
            Err(error @ StorefrontError::Unavailable { .. }) => self.unanswered(group, &error.of_a_write()),
            Err(error) => {
                let error = error.of_whole_call();
                self.fail(group, &error);
                self.keep_back(&error);
            }
        }
    }

    fn taken(&mut self, group: &[usize]) {
        self.takes_some = true;
        self.halving.answered();
        for place in group {
            let again = self.doubted.contains(place);
            self.results[*place] = Ok(if again { Taken::SentAgain } else { Taken::MayHaveChanged });
        }
    }

    /// The items that are to blame fail; the parts of the rest come before the others, so that a search ends with something found.
    fn refused(&mut self, group: &[usize], status: u16, message: &str) {
        self.halving.answered();
        let culprits = culprits(message, &identities(self.quantities, group));
        for rest in rest_of(group, |place| culprits.contains_key(&place)) {
            self.open.push_front(rest);
        }
        for (place, message) in culprits {
            if group.len() > 1 {
                self.named.insert(group[place]);
            }
            self.results[group[place]] = Err(StorefrontError::Refused { status, message });
        }
    }

    /// In doubt, and if it is taken when its turn comes again, this sending may still come after it.
    fn unanswered(&mut self, group: Vec<usize>, error: &StorefrontError) {
        self.fail(group.iter().copied(), error);
        self.doubted.extend(&group);
        if let Ok(halves) = self.halving.failed(group) {
            self.halves.extend(halves);
        } else if self.halving.is_hopeless() {
            self.keep_back(error);
        }
        self.silence = Some(error.repeated());
    }

    /// The rest has its turn in a moment. Later, if the shop has failed for any, as nobody would count how often it does; or if nothing has
    /// come of this one.
    fn put_off(&mut self, size: &CallSize, full: usize) {
        let came = |result: &Result<_, _>| matches!(result, Ok(_) | Err(StorefrontError::Refused { .. }));
        if let Some(error) = self.silence.take() {
            self.keep_back(&error);
        } else if !self.results.iter().any(came) {
            // A search among fewer ends in time.
            let error = ManyRefused.into();
            self.keep_back(&error);
            size.learn_of(self.quantities.len().min(full) as u64, full as u64, &Err::<(), _>(error));
        }
    }

    /// The search for what is refused has an end. A shop that takes nothing at all hardly means the quantities that were tried alone. It
    /// does mean those that it named.
    fn give_up_search(&mut self) {
        let error = ManyRefused.into();
        if self.takes_some {
            self.keep_back(&error);
        } else {
            let unnamed: Vec<usize> =
                (0..self.results.len()).filter(|place| !self.named.contains(place)).collect();
            self.fail(unnamed, &error);
        }
    }

    /// What was not sent yet fails without being sent.
    fn keep_back(&mut self, error: &StorefrontError) {
        let left: Vec<usize> = self.open.drain(..).chain(self.halves.drain(..)).flatten().collect();
        self.fail(left, &error.of_what_was_kept_back());
    }

    /// What is in doubt stays in doubt.
    fn fail(&mut self, places: impl IntoIterator<Item = usize>, error: &StorefrontError) {
        for place in places {
            if !matches!(self.results[place], Err(StorefrontError::InDoubt { .. })) {
                self.results[place] = Err(error.repeated());
            }
        }
    }
}

/// What is sent again of a refused group, the next one last: all but the culprits, or where none is known, each half.
fn rest_of(group: &[usize], is_culprit: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let rest: Vec<usize> =
        group.iter().enumerate().filter(|(place, _)| !is_culprit(*place)).map(|(_, at)| *at).collect();
    if rest.len() < group.len() {
        return [rest].into_iter().filter(|rest| !rest.is_empty()).collect();
    }
    let (first, second) = rest.split_at(rest.len() / 2);
    vec![second.to_vec(), first.to_vec()]
}

fn identities<'a>(quantities: &'a [Quantity], group: &[usize]) -> Vec<Identity<'a>> {
    group.iter().map(|at| Identity::of(&quantities[*at])).collect()
}

async fn adjust(client: &Client, quantities: &[Quantity], group: &[usize]) -> Result<(), StorefrontError> {
    let item = |at: &usize| Item {
        location_id: LOCATION_ID,
        identity: Identity::of(&quantities[*at]),
        quantity: quantities[*at].units,
    };
    let adjustment = Adjustment { reason: "crossdock", items: group.iter().map(item).collect() };
    let path = "/v3/inventory/adjustments/absolute";
    client.write(Method::PUT, path, &adjustment, ABOUT).await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossdock_domain::{Classify as _, Listing, ListingStock, Sku};
    use crossdock_settings::BigcommerceConnection;
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::account::Account;
    use crate::client::http_client;

    fn client(server: &MockServer) -> Client {
        let connection = BigcommerceConnection {
            store_hash: "abc123".to_owned(),
            client_id: "id".to_owned(),
            client_secrets: Vec::new(),
            access_token: "token".to_owned().into(),
            api_url: server.uri().parse().unwrap(),
            webhook_header: None,
        };
        Client::new(http_client().unwrap(), Account::of_token(&connection).unwrap(), Arc::default())
    }

    fn quantity(product: u64) -> Quantity {
        let (sku, product_id) = (Sku::from("MUG"), product.to_string());
        Quantity {
            listing: Listing { sku, product_id, variant_id: None, stock: ListingStock::Counted },
            units: 5,
        }
    }

    #[tokio::test]
    async fn what_a_slow_shop_was_not_told_in_time_comes_again_and_something_is_told_each_time() {
        let server = MockServer::start().await;
        Mock::given(method("PUT")).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
        let (client, quantities): (_, Vec<_>) = (client(&server), (1..=5).map(quantity).collect());
        let results = Push::of(&client, &quantities).run(&CallSize::up_to(2), Instant::now()).await;
        assert!(matches!(
            results[..],
            [Ok(_), Ok(_), Err(StorefrontError::OutOfTime), Err(StorefrontError::OutOfTime), Err(_)]
        ));
        server.verify().await;
    }

    #[tokio::test]
    async fn what_nothing_has_come_of_until_the_time_is_over_is_not_tried_again_in_a_moment() {
        for (status, sent) in [(504, "shop-in-doubt"), (422, "shop-unavailable")] {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(status);
            Mock::given(method("PUT")).respond_with(answer).expect(1).mount(&server).await;
            let (client, quantities): (_, Vec<_>) = (client(&server), (1..=4).map(quantity).collect());
            let results = Push::of(&client, &quantities).run(&CallSize::up_to(2), Instant::now()).await;
            let classes: Vec<_> = results.iter().map(|one| one.as_ref().unwrap_err().class()).collect();
            assert_eq!(classes, [sent, sent, "shop-unavailable", "shop-unavailable"]);
            server.verify().await;
        }
    }
}
