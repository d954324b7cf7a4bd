//! What a replay would come to now. Nothing is sent and nothing is written.

mod access;
mod answer;
mod consignment;
mod count;
mod delivery;
mod dispatched;
mod foresight;
mod in_turn;
mod known;
mod letter;
mod order_changed;
mod product_changed;
mod read_orders;
mod stock_due;
#[cfg(test)]
mod tests;
mod told;
mod voided;

use std::collections::hash_map::{Entry, HashMap};
use std::sync::Arc;

use crossdock_ledger::{DeadLetter, DeadLetterId, DeadLetterState, DeadLettersWanted, Ledger, LedgerError};
use crossdock_storefront::Shops;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use access::Access;
use foresight::{Foresight, Halt};
use in_turn::{Foreseen, Lying, in_turn};
use known::Known;
use letter::Letter;
use told::{TRACKING_WRITER, Told};

pub use foresight::{Forecast, ForecastVerdict};

/// Dead letters that are looked at together: their orders are read by few calls, and their bodies are in memory.
const PAGE: u32 = 500;

/// Most dead letters that are fetched at once.
const FETCHED_AT_ONCE: usize = 8;

/// Those of which a replay would come to anything.
const REPLAYABLE: [DeadLetterState; 2] = [DeadLetterState::Dead, DeadLetterState::Waiting];

/// Foresees replays, over these shops and this ledger.
pub struct Preview {
    shops: Shops,
    ledger: Arc<dyn Ledger>,
}

impl Preview {
    /// The shops are asked for orders, as a sweep asks: what is urgent goes first.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>) -> Self {
        Self { shops, ledger }
    }

    /// What would become of the wanted ones that are `dead` or `waiting`, that which failed last first. All of them were replayed
    /// together. A shop that does not answer makes its forecasts `unknown`.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn of(&self, wanted: &DeadLettersWanted) -> Result<Vec<Forecast>, LedgerError> {
        let states = &wanted.states;
        let states = REPLAYABLE.into_iter().filter(|it| states.is_empty() || states.contains(it)).collect();
        let limit = Some(wanted.limit.map_or(PAGE, |limit| limit.min(PAGE)));
        let mut page = DeadLettersWanted { states, limit, ..wanted.clone() };
        if page.states.is_empty() {
            return Ok(Vec::new());
        }
        let (mut foreseen, most) = (Vec::new(), wanted.limit.map_or(usize::MAX, |limit| limit as usize));
        loop {
            let letters = self.ledger.dead_letters(&page).await?;
            let Some(last) = letters.last().filter(|_| foreseen.len() < most) else { break };
            page.after = Some(last.place());
            foreseen.extend(self.foresee_page(&letters).await?);
        }
        foreseen.truncate(most);
        let lying = self.lying(&foreseen).await?;
        Ok(in_turn(foreseen, &lying))
    }

    async fn foresee_page(&self, letters: &[DeadLetter]) -> Result<Vec<Foreseen>, LedgerError> {
        let ids: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        let letters = stream::iter(ids.into_iter().map(|id| self.fetch(id))).buffered(FETCHED_AT_ONCE);
        let letters: Vec<Option<Letter>> = letters.try_collect().await?;
        let letters: Vec<Letter> = letters.into_iter().flatten().collect();
        let known = Known::gather(&*self.ledger, &self.shops, &letters).await?;
        let mut foreseen = Vec::with_capacity(letters.len());
        for letter in letters {
            let foresight = match foresee(&known, &letter).await {
                Ok(foresight) | Err(Halt::Foreseen(foresight)) => foresight,
                Err(Halt::Ledger(error)) => return Err(error),
            };
            let Letter { entry, message_id, .. } = letter;
            let first_failed_at = entry.first_failed_at;
            foreseen.push(Foreseen { message_id, first_failed_at, forecast: foresight.of(entry) });
        }
        Ok(foreseen)
    }

    /// None if it was forgotten meanwhile.
    async fn fetch(&self, id: DeadLetterId) -> Result<Option<Letter>, LedgerError> {
        Ok(self.ledger.dead_letter(id).await?.map(Letter::read))
    }

    /// In which order what they would have to wait for fell.
    async fn lying(&self, foreseen: &[Foreseen]) -> Result<Lying, LedgerError> {
        let mut lying = HashMap::new();
        for Foreseen { forecast, .. } in foreseen.iter().filter(|it| it.forecast.role == TRACKING_WRITER) {
            let Some(subject) = &forecast.subject else { continue };
            let key = (forecast.role.clone(), subject.clone());
            if let Entry::Vacant(place) = lying.entry(key) {
                place.insert(self.ledger.falls_about(&forecast.role, subject).await?);
            }
        }
        Ok(lying)
    }
}

/// What would become of one, if nothing were before it.
async fn foresee(known: &Known<'_>, letter: &Letter) -> Result<Foresight, Halt> {
    let told = letter.told()?;
    match told {
        Told::OrderChanged(event) => {
            order_changed::foresee(known, letter, event).await.map(|it| letter.unless_broken(it))
        }
        Told::Accepted(data) => answer::accepted(known, &data.number).map(|it| letter.unless_broken(it)),
        Told::Rejected(data) => answer::rejected(known, &data.number).map(|it| letter.unless_broken(it)),
        Told::SkuKnown(data) => Ok(letter.unless_broken(answer::sku_known(&data.sku))),
        Told::ForWarehouse(event) => delivery::foresee(known, letter, event).await,
        Told::Dispatched(event) => dispatched::foresee(known, letter, event).await,
        Told::Voided(event) => voided::foresee(known, letter, event).await,
        Told::Counted(data) => count::foresee(known, letter, data).await,
        Told::StockDue(event) => stock_due::foresee(known, letter, event).await,
        Told::ProductChanged(data) => product_changed::foresee(known, letter, data).await,
        Told::Promised => {
            let says = "the shops compare what they offer with what is promised now";
            Ok(letter.unless_broken(Foresight::goes_through(says)))
        }
        Told::Wanted(data) => {
            known.open_shop(&data.store, Access::WRITE_ORDERS)?;
            let says = "the order ends at the shop, if all that is wanted of it has left";
            Ok(letter.unless_unsure(Foresight::goes_through(says)))
        }
    }
}
