//! Whether every order is where the model says, in the ledger and at the warehouse.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::ReleasedOrder;
use crossdock_sandbox::OrderState;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use serde_json::Value;

use super::changes::KEPT;
use super::course::{Course, courses};
use super::play::Order;
use super::truth::{Fate, Shape};

/// What became of an order.
struct Became<'w> {
    order: &'w Order,
    /// Its record in the ledger.
    record: Option<&'w Value>,
    /// At the warehouse.
    there: Option<(OrderState, Shape)>,
}

/// The orders that are not where the model says, each with what is wrong.
pub(super) async fn wrong(world: &World, orders: &[Order]) -> Vec<String> {
    let output = crossdock(&world.config, &["orders", "list", "--limit", "10000", "--json"]).await;
    let records: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let records: BTreeMap<&str, &Value> =
        records.iter().map(|record| (record["number"].as_str().unwrap(), record)).collect();
    let arrived = world.warehouse.orders();
    let mut wrong: Vec<String> = Vec::new();
    for order in orders {
        let there = arrived.iter().find(|it| it.number.as_str() == order.number);
        let there = there.and_then(|it| Some((world.warehouse.state(&order.number)?, shape(it))));
        let became = Became { order, record: records.get(order.number.as_str()).copied(), there };
        wrong.extend(became.complaint());
    }
    let ours: BTreeSet<&str> = orders.iter().map(|order| order.number.as_str()).collect();
    let strange = records.keys().filter(|number| !ours.contains(*number));
    wrong.extend(strange.map(|number| format!("{number} was never placed")));
    wrong
}

impl Became<'_> {
    fn complaint(&self) -> Option<String> {
        let mut courses = courses(&self.order.history);
        courses.dedup();
        if courses.iter().any(|course| self.fits(course)) {
            return None;
        }
        let record = self.record.map(|it| (&it["state"], &it["reason"], &it["released"]["lines"]));
        Some(format!(
            "{} is {record:?} in the ledger and {:?} at the warehouse, but the model says one of {courses:?}, after {:?}",
            self.order.number, self.there, self.order.history
        ))
    }

    fn fits(&self, course: &Course) -> bool {
        if let Some((OrderState::Shipped, shape)) = &self.there {
            let as_ordered = self.order.history.iter().any(|truth| truth.shape().as_ref() == Ok(shape));
            // One that left before the warehouse heard that it is not wanted any more stays cancelled.
            let too_late = matches!(course, Course::Ended(reason) if self.is("cancelled", reason));
            return as_ordered && (too_late || self.is("shipped", ""));
        }
        match (course, &self.there) {
            (Course::Out(None), None) => self.record.is_none(),
            (Course::Out(Some(Fate::Filtered(reason))), None) => self.is("filtered", reason),
            (Course::Out(Some(Fate::Held(reason))), None) => self.is("held", reason),
            (Course::Out(Some(Fate::Cancelled(reason))), None) => self.is("cancelled", reason),
            (Course::Ended(reason), there) => {
                let open = matches!(there, Some((OrderState::Accepted | OrderState::Shipped, _)));
                !open && self.is("cancelled", reason)
            }
            (Course::Told(told), Some((OrderState::Accepted, shape))) => {
                !has_unknown(shape) && self.is("accepted", "") && self.is_there_as(told)
            }
            (Course::Told(told) | Course::Refused(told), Some((OrderState::Rejected, shape))) => {
                (has_unknown(shape) || self.order.refused) && self.is_rejected() && self.is_there_as(told)
            }
            _ => false,
        }
    }

    fn is(&self, state: &str, reason: &str) -> bool {
        self.record.is_some_and(|record| record["state"] == state && record["reason"] == reason)
    }

    fn is_rejected(&self) -> bool {
        self.record.is_some_and(|record| record["state"] == "rejected" && record["reason"] != "")
    }

    /// Whether the warehouse was told of it like this, and the ledger knows.
    fn is_there_as(&self, told: &Shape) -> bool {
        self.there.as_ref().is_some_and(|(_, shape)| shape == told) && self.released().as_ref() == Some(told)
    }

    /// As the ledger believes the warehouse to have it.
    fn released(&self) -> Option<Shape> {
        let released: ReleasedOrder = serde_json::from_value(self.record?["released"].clone()).ok()?;
        Some(shape(&released))
    }
}

/// Whether the warehouse does not keep all of it.
fn has_unknown(shape: &Shape) -> bool {
    shape.lines.iter().any(|(sku, _)| !KEPT.contains(&sku.as_str()))
}

/// An order as the warehouse has it.
pub(super) fn shape(order: &ReleasedOrder) -> Shape {
    let mut lines: Vec<_> = order.lines.iter().map(|line| (line.sku.to_string(), line.quantity)).collect();
    lines.sort();
    Shape {
        lines,
        street: order.ship_to.address1.clone(),
        country: order.ship_to.country_code.clone(),
        note: order.customer_note.clone(),
        test: order.test,
    }
}
