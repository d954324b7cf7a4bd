//! What the rules decide.

use std::collections::BTreeMap;

use super::*;
use crate::{LineId, Money, OrderId};

fn rules() -> ImportRules {
    ImportRules {
        store: "acme-au".parse().unwrap(),
        platform: Platform::Bigcommerce,
        prefix: "BG".into(),
        placed_from: Some("2026-01-30T13:00:00Z".parse().unwrap()),
        statuses: vec!["awaiting_fulfillment".into(), "awaiting_shipment".into()],
        payment_statuses: vec![],
        fulfillment_statuses: vec![],
        countries: vec!["AU".into(), "NZ".into()],
        channels: vec![1],
        kits: Kits { prefix: "KIT-".into(), suffix: "-SET".into() },
        test_skus: vec![Sku::from("Test001"), Sku::from("Test002")],
        product_options: vec!["Size".into(), "HS Code".into()],
    }
}

fn line(sku: &str) -> ShopLine {
    ShopLine {
        line_id: LineId::from("7"),
        part_of: None,
        sku: Sku::from(sku),
        name: "Tee".into(),
        quantity: 2,
        shipped: 0,
        unit_price: "10".parse::<Money>().unwrap(),
        options: BTreeMap::from([("size".into(), "M".into()), ("Engraving".into(), "Jane".into())]),
        shippable: true,
    }
}

fn order(lines: Vec<ShopLine>) -> ShopOrder {
    ShopOrder {
        order_id: OrderId::from("1001"),
        placed_at: "2026-01-30T13:00:00Z".parse().unwrap(),
        modified_at: "2026-01-31T09:00:00Z".parse().unwrap(),
        status: ShopStatus::Order("awaiting_fulfillment".into()),
        channel: Some(1),
        currency: "AUD".into(),
        ship_to: Some(Address { name: "Jane Doe".into(), country_code: "AU".into(), ..Address::default() }),
        destinations: 1,
        shipping_method: "Standard".into(),
        pickup: false,
        customer_note: String::new(),
        lines,
        total: "20".parse().unwrap(),
    }
}

fn released(order: &ShopOrder) -> ReleasedOrder {
    match rules().decide(order) {
        Decision::Release(released) => *released,
        other => panic!("{other:?}"),
    }
}

fn filter(change: impl FnOnce(&mut ShopOrder)) -> Option<FilterRule> {
    let mut order = order(vec![line("TEE-M")]);
    change(&mut order);
    match rules().decide(&order) {
        Decision::Filter { rule, .. } => Some(rule),
        _ => None,
    }
}

fn held(change: impl FnOnce(&mut ShopOrder)) -> String {
    let mut order = order(vec![line("TEE-M")]);
    change(&mut order);
    match rules().decide(&order) {
        Decision::Hold { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_within_all_rules_is_released_under_its_prefix_with_the_wanted_options() {
    let released = released(&order(vec![line("TEE-M")]));
    assert_eq!(released.number.as_str(), "BG1001");
    assert!(!released.test);
    assert_eq!(released.lines[0].options, BTreeMap::from([("size".into(), "M".into())]));
}

#[test]
fn each_rule_keeps_out_what_it_names() {
    assert_eq!(filter(|_| {}), None);
    assert_eq!(
        filter(|it| it.placed_at = "2026-01-30T12:59:59Z".parse().unwrap()),
        Some(FilterRule::StartDate)
    );
    assert_eq!(filter(|it| it.status = ShopStatus::Order("pending".into())), Some(FilterRule::Status));
    assert_eq!(filter(|it| it.channel = Some(2)), Some(FilterRule::Channel));
    assert_eq!(filter(|it| it.lines[0].shippable = false), Some(FilterRule::NothingToShip));
    assert_eq!(filter(|it| it.lines[0].quantity = 0), Some(FilterRule::NothingToShip));
    assert_eq!(
        filter(|it| it.ship_to.as_mut().unwrap().country_code = "US".into()),
        Some(FilterRule::Country)
    );
    let collected = |it: &mut ShopOrder| {
        it.pickup = true;
        it.ship_to = Some(Address::default());
    };
    assert_eq!(filter(collected), None, "who collects may live anywhere");
}

#[test]
fn empty_lists_keep_nothing_out() {
    let open =
        ImportRules { placed_from: None, statuses: vec![], countries: vec![], channels: vec![], ..rules() };
    let mut order = order(vec![line("TEE-M")]);
    order.status = ShopStatus::Order("pending".into());
    order.channel = Some(9);
    order.ship_to.as_mut().unwrap().country_code = "US".into();
    assert!(matches!(open.decide(&order), Decision::Release(_)));
}

#[test]
fn payment_and_fulfilment_are_both_looked_at() {
    let ecwid = ImportRules {
        platform: Platform::Ecwid,
        statuses: vec![],
        payment_statuses: vec!["PAID".into()],
        fulfillment_statuses: vec!["AWAITING_PROCESSING".into()],
        ..rules()
    };
    let decide = |payment: &str, fulfillment: &str| {
        let mut order = order(vec![line("TEE-M")]);
        order.status =
            ShopStatus::PaymentAndFulfillment { payment: payment.into(), fulfillment: fulfillment.into() };
        ecwid.decide(&order)
    };
    assert!(matches!(decide("PAID", "AWAITING_PROCESSING"), Decision::Release(_)));
    assert!(matches!(
        decide("AWAITING_PAYMENT", "AWAITING_PROCESSING"),
        Decision::Filter { rule: FilterRule::PaymentStatus, .. }
    ));
    assert!(matches!(
        decide("PAID", "SHIPPED"),
        Decision::Filter { rule: FilterRule::FulfillmentStatus, .. }
    ));
}

#[test]
fn what_a_person_must_mend_is_held_in_their_words() {
    assert!(held(|it| it.ship_to = None).contains("no shipping address"));
    assert!(held(|it| it.destinations = 2).contains("2 addresses"));
    assert!(held(|it| it.lines[0].sku = Sku::from(" ")).contains("'Tee' has no SKU"));
    assert!(held(|it| it.lines[0].shipped = 1).contains("1 of 2 × TEE-M have left"));
    assert!(held(|it| it.lines.push(line("Test001"))).contains("mixes test items"));
}

#[test]
fn an_order_of_only_test_items_is_marked() {
    assert!(released(&order(vec![line("Test001"), line("Test002")])).test);
}

#[test]
fn what_is_not_shipped_is_left_out() {
    let mut download = line("EBOOK");
    download.shippable = false;
    let released = released(&order(vec![line("TEE-M"), download]));
    assert_eq!(released.lines.len(), 1);
}

fn part(sku: &str, kit: &str) -> ShopLine {
    ShopLine { part_of: Some(LineId::from(kit)), ..line(sku) }
}

fn numbered(id: &str, line: ShopLine) -> ShopLine {
    ShopLine { line_id: LineId::from(id), ..line }
}

#[test]
fn a_kits_own_line_is_left_out_and_its_parts_are_packed() {
    let untold = vec![line("KIT-DESK"), line("LEG"), line("TOP"), line("TEA-SET"), line("SETTER")];
    let told = vec![
        numbered("1", line("KIT-DESK")),
        numbered("2", part("TEA-SET", "1")),
        part("LEG", "1"),
        part("TOP", "1"),
        part("SETTER", "2"),
    ];
    for lines in [untold, told] {
        let skus: Vec<_> = released(&order(lines)).lines.into_iter().map(|line| line.sku).collect();
        assert_eq!(skus, ["LEG", "TOP", "SETTER"].map(Sku::from));
    }
    let plain = ImportRules { kits: Kits::default(), ..rules() };
    assert!(matches!(plain.decide(&order(vec![line("KIT-DESK")])), Decision::Release(_)));
}

#[test]
fn a_kit_without_parts_is_held() {
    let told = "'KIT-DESK' is a kit, and none of its parts is in the order; add them at the shop";
    assert_eq!(held(|it| it.lines = vec![line("KIT-DESK")]), told);
    assert_eq!(held(|it| it.lines = vec![line("KIT-DESK"), line("TEA-SET")]), told);
    let refunded = ShopLine { quantity: 0, ..line("LEG") };
    assert_eq!(held(|it| it.lines = vec![line("KIT-DESK"), refunded]), told);
    let download = ShopLine { shippable: false, ..part("MANUAL", "1") };
    assert_eq!(held(|it| it.lines = vec![numbered("1", line("KIT-DESK")), download, line("MUG")]), told);
    let others = vec![numbered("1", line("KIT-DESK")), numbered("2", line("TEA-SET")), part("CUP", "2")];
    assert_eq!(held(|it| it.lines = others), told, "another kit's parts are not its own");
}
