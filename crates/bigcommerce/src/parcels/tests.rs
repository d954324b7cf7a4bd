//! What the planning of parcels keeps to, whatever the order: lines that share a SKU or an address, what has left before, refunds.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crossdock_domain::{Classify as _, LineId, OrderId, PackedLine, Shipment, ShipmentId, ShippedLine, Sku};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;

/// Few, so that lines share them. The order has no line of the last one.
const SKUS: [&str; 4] = ["CAP", "MUG", "TEE", "NOWHERE"];

/// 0 is that of what the buyer collects.
const ADDRESSES: [u64; 4] = [0, 51, 52, 53];

const LINES: RangeInclusive<usize> = 0..=6;

/// Of each line, and of a SKU in a consignment.
const UNITS: RangeInclusive<u32> = 1..=5;

/// A line of which some has left, and some is refunded.
fn line() -> impl Strategy<Value = OrderProduct> {
    let parts = (select(&SKUS[..3]), select(&ADDRESSES), UNITS, 0..=*UNITS.end(), 0..=*UNITS.end(), 0..10);
    parts.prop_map(|(sku, address, quantity, shipped, refunded, kind)| {
        serde_json::from_value(json!({
            "id": 0, "order_address_id": address, "sku": sku, "price_inc_tax": "10.0000", "quantity": quantity,
            "quantity_shipped": shipped.min(quantity), "quantity_refunded": refunded.min(quantity),
            "type": if kind == 0 { "digital" } else { "physical" },
        }))
        .unwrap()
    })
}

fn order() -> impl Strategy<Value = Vec<OrderProduct>> {
    vec(line(), LINES).prop_map(|mut lines| {
        (1..).zip(&mut lines).for_each(|(id, line)| line.id = id);
        lines
    })
}

/// What the warehouse names; a SKU may come twice.
fn named() -> impl Strategy<Value = Vec<(&'static str, u32)>> {
    vec((select(&SKUS), 0..=*UNITS.end()), 0..=4)
}

fn dispatch(units: impl IntoIterator<Item = (&'static str, u32)>) -> Dispatch {
    let lines = units.into_iter().map(|(sku, quantity)| ShippedLine { sku: Sku::from(sku), quantity });
    Dispatch {
        order_id: OrderId::from("1001"),
        shipment: Shipment {
            shipment_id: ShipmentId::from("S1"),
            number: "BG1001".into(),
            carrier: "UPS".to_owned(),
            service: None,
            tracking_number: String::new(),
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines: None,
        },
        former: Vec::new(),
        shop_shipments: Vec::new(),
        others: Vec::new(),
        lines: lines.collect(),
        completes: false,
        first_try: true,
        status_only: false,
    }
}

/// The same, of which the warehouse says which lines it packed.
fn dispatch_of_lines(units: &[(&'static str, u32, Option<u64>)]) -> Dispatch {
    let packed = units.iter().map(|(sku, quantity, line)| PackedLine {
        sku: Sku::from(*sku),
        quantity: *quantity,
        line_id: line.map(|id| LineId::new(id.to_string())),
    });
    let mut dispatch = dispatch(units.iter().map(|(sku, quantity, _)| (*sku, *quantity)));
    dispatch.shipment.lines = Some(packed.collect());
    dispatch
}

/// What the warehouse names with lines; some that the order does not have, or that have another SKU.
fn named_lines() -> impl Strategy<Value = Vec<(&'static str, u32, Option<u64>)>> {
    vec((select(&SKUS), 0..=*UNITS.end(), proptest::option::of(1..=*LINES.end() as u64 + 1)), 0..=4)
}

fn sums(units: impl IntoIterator<Item = (&'static str, u32)>) -> BTreeMap<&'static str, u32> {
    let mut sums = BTreeMap::new();
    for (sku, units) in units {
        *sums.entry(sku).or_default() += units;
    }
    sums.retain(|_, units| *units > 0);
    sums
}

/// Units that can leave in a parcel or over a counter, by SKU.
fn open(order: &[OrderProduct]) -> BTreeMap<&'static str, u32> {
    let of = |line: &OrderProduct| {
        let sku = SKUS.into_iter().find(|sku| *sku == line.sku).unwrap();
        (sku, if line.kind == "physical" { line.quantity - line.quantity_shipped } else { 0 })
    };
    sums(order.iter().map(of))
}

/// Units of a line in all parcels.
fn planned(parcels: &[Parcel], line: &OrderProduct) -> u32 {
    let items = parcels.iter().flat_map(|parcel| &parcel.items);
    items.filter(|item| item.order_product_id == line.id).map(|item| item.quantity).sum()
}

fn unrefunded(line: &OrderProduct) -> u32 {
    (line.quantity - line.quantity_shipped).saturating_sub(line.quantity_refunded)
}

/// The parcel stands at the shop.
fn write(order: &mut [OrderProduct], parcel: &Parcel) -> ShopShipment {
    for item in &parcel.items {
        let line = order.iter_mut().find(|line| line.id == item.order_product_id).unwrap();
        line.quantity_shipped += item.quantity;
    }
    serde_json::from_value(json!({ "id": 1, "items": parcel.items })).unwrap()
}

proptest! {
    #[test]
    fn a_consignment_is_planned_whole_or_refused_whole(order in order(), named in named()) {
        let (wanted, open) = (sums(named.iter().copied()), open(&order));
        let fits = wanted.iter().all(|(sku, units)| open.get(sku).is_some_and(|open| units <= open));
        let planned = missing_parcels(&dispatch(named), &order, &[]);
        prop_assert_eq!(planned.is_ok(), fits, "{:?}", planned);
        if let Err(error) = planned {
            prop_assert_eq!(error.class(), "shipment-misfit");
        }
    }

    #[test]
    fn each_line_leaves_once_and_to_its_own_address_and_never_more_of_it_than_is_open(
        order in order(),
        named in named(),
    ) {
        let Ok(parcels) = missing_parcels(&dispatch(named.iter().copied()), &order, &[]) else {
            return Ok(());
        };
        let mut addresses: Vec<u64> = parcels.iter().map(|parcel| parcel.order_address_id).collect();
        addresses.sort_unstable();
        addresses.dedup();
        prop_assert_eq!(addresses.len(), parcels.len(), "one parcel to each address: {:?}", parcels);
        let mut seen = Vec::new();
        for parcel in &parcels {
            prop_assert!(parcel.order_address_id != 0 && !parcel.items.is_empty());
            for item in &parcel.items {
                let line = order.iter().find(|line| line.id == item.order_product_id).unwrap();
                prop_assert!(line.kind == "physical" && line.order_address_id == parcel.order_address_id);
                prop_assert!((1..=line.quantity - line.quantity_shipped).contains(&item.quantity));
                prop_assert!(!seen.contains(&line.id));
                seen.push(line.id);
            }
        }
    }

    #[test]
    fn of_each_sku_as_much_leaves_as_is_wanted_but_for_what_the_buyer_collects(order in order(), named in named()) {
        let Ok(parcels) = missing_parcels(&dispatch(named.iter().copied()), &order, &[]) else {
            return Ok(());
        };
        let wanted = sums(named);
        for sku in SKUS {
            let lines = || order.iter().filter(|line| line.sku == sku);
            let planned: u32 = lines().map(|line| planned(&parcels, line)).sum();
            let wanted = wanted.get(sku).copied().unwrap_or_default();
            let collected = lines().filter(|line| line.order_address_id == 0);
            let collected: u32 = collected.map(|line| line.quantity - line.quantity_shipped).sum();
            prop_assert!(planned <= wanted && wanted - planned <= collected, "{}: {:?}", sku, parcels);
        }
    }

    #[test]
    fn lines_that_are_named_decide_which_leave_and_never_how_much_of_a_sku(order in order(), named in named_lines()) {
        let sums = |named: &[(&'static str, u32, Option<u64>)]| named.iter().map(|(sku, units, _)| (*sku, *units)).collect::<Vec<_>>();
        let (by_sku, by_line) = (
            missing_parcels(&dispatch(sums(&named)), &order, &[]),
            missing_parcels(&dispatch_of_lines(&named), &order, &[]),
        );
        prop_assert_eq!(by_sku.is_ok(), by_line.is_ok());
        let (Ok(by_sku), Ok(by_line)) = (by_sku, by_line) else { return Ok(()) };
        let collects = order.iter().any(|line| line.order_address_id == 0);
        for sku in SKUS {
            let of = |parcels: &[Parcel]| order.iter().filter(|line| line.sku == sku).map(|line| planned(parcels, line)).sum::<u32>();
            prop_assert!(collects || of(&by_sku) == of(&by_line), "{}: {:?} and {:?}", sku, by_sku, by_line);
        }
        for line in order.iter().filter(|line| line.order_address_id != 0 && line.kind == "physical") {
            let names = named.iter().filter(|(sku, _, id)| *sku == line.sku && *id == Some(line.id));
            let wanted: u32 = names.map(|(_, units, _)| units).sum();
            let open = line.quantity - line.quantity_shipped;
            prop_assert!(planned(&by_line, line) >= wanted.min(open), "{:?}: {:?}", line, by_line);
        }
    }

    #[test]
    fn what_is_refunded_leaves_only_when_nothing_else_of_its_sku_is_left(order in order(), named in named()) {
        let Ok(parcels) = missing_parcels(&dispatch(named), &order, &[]) else { return Ok(()) };
        let sent = || order.iter().filter(|line| line.order_address_id != 0 && line.kind == "physical");
        for refunded in sent().filter(|line| planned(&parcels, line) > unrefunded(line)) {
            for line in sent().filter(|line| line.sku == refunded.sku) {
                prop_assert!(planned(&parcels, line) >= unrefunded(line), "{:?}", parcels);
            }
        }
    }

    #[test]
    fn a_consignment_of_all_that_is_open_leaves_nothing_open(order in order()) {
        let parcels = missing_parcels(&dispatch(open(&order)), &order, &[]).unwrap();
        for line in order.iter().filter(|line| line.kind == "physical" && line.order_address_id != 0) {
            prop_assert_eq!(planned(&parcels, line), line.quantity - line.quantity_shipped);
        }
    }

    #[test]
    fn a_plan_that_is_taken_up_after_any_of_its_parcels_is_the_rest_of_the_same_plan(
        mut order in order(),
        named in named_lines(),
    ) {
        let dispatch = dispatch_of_lines(&named);
        let Ok(mut rest) = missing_parcels(&dispatch, &order, &[]) else { return Ok(()) };
        let mut written = Vec::new();
        while !rest.is_empty() {
            written.push(write(&mut order, &rest.remove(0)));
            let ours: Vec<_> = written.iter().collect();
            let again = missing_parcels(&dispatch, &order, &ours).unwrap();
            prop_assert_eq!(&again, &rest);
        }
    }

    #[test]
    fn parts_of_an_order_add_up_to_all_of_it(mut order in order(), parts in vec(named(), 0..4)) {
        for part in parts {
            if let Ok(parcels) = missing_parcels(&dispatch(part), &order, &[]) {
                for parcel in &parcels {
                    write(&mut order, parcel);
                }
            }
        }
        let parcels = missing_parcels(&dispatch(open(&order)), &order, &[]).unwrap();
        for parcel in &parcels {
            write(&mut order, parcel);
        }
        for line in order.iter().filter(|line| line.kind == "physical" && line.order_address_id != 0) {
            prop_assert_eq!(line.quantity_shipped, line.quantity);
        }
    }
}
