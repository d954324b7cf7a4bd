//! How far the readings of the shops' catalogues have come.

use crossdock_domain::{Listing, StoreId};
use jiff::Timestamp;

use super::{listings, refused};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Catalogue, LedgerError, Reading};

type Row = (Option<Moment>, Option<Moment>, Option<String>, Option<Moment>);

pub(super) async fn catalogue(tx: &mut Transaction, store: &StoreId) -> Result<Catalogue, LedgerError> {
    let row = tx
        .query("SELECT as_of, began_at, place, doubted_at FROM catalogues WHERE store = $1")
        .bind(store.as_str())
        .optional::<Row>()
        .await?;
    let Some((as_of, began_at, place, doubted_at)) = row else { return Ok(Catalogue::default()) };
    let doubted_at = doubted_at.map(Timestamp::try_from).transpose()?;
    // A reading that began before the doubt may have passed what is in doubt.
    let counts = |at: &Timestamp| doubted_at.is_none_or(|doubted_at| doubted_at <= *at);
    let as_of = as_of.map(Timestamp::try_from).transpose()?.filter(counts);
    let began_at = began_at.map(Timestamp::try_from).transpose()?.filter(counts);
    Ok(Catalogue { as_of, reading: began_at.map(|began_at| Reading { began_at, place }) })
}

pub(super) async fn learn_page(
    tx: &mut Transaction,
    store: &StoreId,
    began_at: Timestamp,
    page: &[Listing],
    next: Option<&str>,
) -> Result<(), LedgerError> {
    listings::learn(tx, store, page, began_at).await?;
    if let Some(place) = next {
        return go_on_at(tx, store, began_at, place).await;
    }
    listings::forget_unseen(tx, store, began_at).await?;
    refused::reconsider_before(tx, store, began_at).await?;
    tx.query(
        "INSERT INTO catalogues (store, as_of) VALUES ($1, $2)
         ON CONFLICT (store) DO UPDATE SET as_of = excluded.as_of, began_at = NULL, place = NULL",
    )
    .bind(store.as_str())
    .bind(Moment::from(began_at))
    .execute()
    .await?;
    Ok(())
}

async fn go_on_at(
    tx: &mut Transaction,
    store: &StoreId,
    began_at: Timestamp,
    place: &str,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO catalogues (store, began_at, place) VALUES ($1, $2, $3)
         ON CONFLICT (store) DO UPDATE SET began_at = excluded.began_at, place = excluded.place",
    )
    .bind(store.as_str())
    .bind(Moment::from(began_at))
    .bind(place)
    .execute()
    .await?;
    Ok(())
}

/// What the last whole reading found stands.
pub(super) async fn drop_reading(tx: &mut Transaction, store: &StoreId) -> Result<(), LedgerError> {
    tx.query("UPDATE catalogues SET began_at = NULL, place = NULL WHERE store = $1")
        .bind(store.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Of what is read from then on, nothing is in doubt.
pub(super) async fn doubt(tx: &mut Transaction, store: &StoreId, at: Timestamp) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO catalogues (store, doubted_at) VALUES ($1, $2)
         ON CONFLICT (store) DO UPDATE SET doubted_at = excluded.doubted_at",
    )
    .bind(store.as_str())
    .bind(Moment::from(at))
    .execute()
    .await?;
    Ok(())
}
