//! What has to be written so that an order shows a consignment, or shows it no more: a pure comparison of what stands with what should.

use crossdock_domain::Shipment;
use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, TakeBack};

use super::carrier_pages::link;
use super::status::{advance, go_back};
use super::{Standing, Update};

/// Between the numbers of several parcels of one order.
const NUMBER_SEPARATOR: &str = ", ";

/// What a consignment has to change, if anything.
pub(super) fn plan(standing: &Standing, dispatch: &Dispatch, settings: &TrackingSettings) -> Option<Update> {
    let Dispatch { shipment, former, others, .. } = dispatch;
    let fulfillment_status = advance(&standing.fulfillment_status.0, shipment, dispatch.completes, settings);
    let fulfillment_status = fulfillment_status.map(str::to_owned);
    if dispatch.status_only {
        let update = Update { fulfillment_status, ..Update::default() };
        return (update != Update::default()).then_some(update);
    }
    let stands = numbers(&standing.tracking_number.0);
    let kept = without(&stands, former, others.iter().chain([shipment]));
    let wanted = joined(&stands, &kept, &shipment.tracking_number);
    let tracking_number = (settings.number && wanted != stands).then(|| wanted.join(NUMBER_SEPARATOR));
    let is_new = kept.len() == stands.len() && tracking_number.is_some();
    let tracking_url = link_after(standing, dispatch, is_new, settings);
    let update = Update { tracking_number, tracking_url, fulfillment_status };
    (update != Update::default()).then_some(update)
}

/// What taking a consignment back has to change, if anything.
pub(super) fn plan_back(
    standing: &Standing,
    taken: &TakeBack,
    settings: &TrackingSettings,
) -> Option<Update> {
    let TakeBack { shipment, former, others, .. } = taken;
    let stands = numbers(&standing.tracking_number.0);
    let kept = without(&stands, former.iter().chain([shipment]), others);
    let tracking_number = (settings.number && kept != stands).then(|| kept.join(NUMBER_SEPARATOR));
    let ours = former.iter().chain([shipment]).any(|it| is_link_of(standing, it, settings));
    let shared = others.iter().any(|it| is_link_of(standing, it, settings));
    let before_it = || others.iter().rev().find_map(|other| link(other, settings)).unwrap_or_default();
    let tracking_url = (settings.url && ours && !shared).then(before_it);
    let fulfillment_status = go_back(&standing.fulfillment_status.0, taken, settings);
    let update = Update { tracking_number, tracking_url, fulfillment_status };
    (update != Update::default()).then_some(update)
}

/// The numbers that stand but for those of these labels, unless another consignment has them too.
fn without<'s, 'a>(
    stands: &[&'s str],
    gone: impl IntoIterator<Item = &'a Shipment>,
    stay: impl IntoIterator<Item = &'a Shipment>,
) -> Vec<&'s str> {
    let all = |shipments: &mut dyn Iterator<Item = &'a Shipment>| -> Vec<&'a str> {
        shipments.flat_map(|it| numbers(&it.tracking_number)).collect()
    };
    let (gone, stay) = (all(&mut gone.into_iter()), all(&mut stay.into_iter()));
    let leaves = |number: &str| is_among(number, &gone) && !is_among(number, &stay);
    stands.iter().copied().filter(|number| !leaves(number)).collect()
}

/// The numbers that are kept, and the new ones where a former one stood first, or else behind them.
fn joined<'n>(stands: &[&'n str], kept: &[&'n str], new: &'n str) -> Vec<&'n str> {
    let at = stands.iter().zip(kept).take_while(|(one, other)| one == other).count();
    let mut all = kept.to_vec();
    let new = numbers(new).into_iter().filter(|number| !is_among(number, kept));
    all.splice(at..at, new);
    all
}

/// An order has one link, which is the last parcel's. A parcel told again after a later one does not take it back; one that is
/// relabelled replaces only its own.
fn link_after(
    standing: &Standing,
    dispatch: &Dispatch,
    is_new: bool,
    settings: &TrackingSettings,
) -> Option<String> {
    let stands = standing.tracking_url.0.trim();
    let was_ours = dispatch.former.iter().any(|it| is_link_of(standing, it, settings));
    let Some(link) = link(&dispatch.shipment, settings) else {
        return (settings.url && was_ours).then(String::new);
    };
    let alone = numbers(&standing.tracking_number.0).len() <= 1;
    (link != stands && (is_new || was_ours || alone || stands.is_empty())).then_some(link)
}

fn is_link_of(standing: &Standing, shipment: &Shipment, settings: &TrackingSettings) -> bool {
    let stands = standing.tracking_url.0.trim();
    !stands.is_empty() && link(shipment, settings).is_some_and(|link| link == stands)
}

fn is_among(number: &str, numbers: &[&str]) -> bool {
    numbers.iter().any(|one| one.eq_ignore_ascii_case(number))
}

/// Each number once.
fn numbers(joined: &str) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for number in joined.split([',', ';', '\n']).map(str::trim).filter(|number| !number.is_empty()) {
        if !is_among(number, &all) {
            all.push(number);
        }
    }
    all
}

#[cfg(test)]
mod tests;
