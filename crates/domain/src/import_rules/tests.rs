//! What the rules decide.

use std::collections::BTreeMap;

use super::*;
use crate::{Address, LineId, Money, OrderId};

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
        hold_hours: 0,
    }
}

/// An hour after the order was placed.
fn now() -> Timestamp {
    "2026-01-30T14:00:00Z".parse().unwrap()
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
    match rules().decide(order, now()) {
        Decision::Release(released) => *released,
        other => panic!("{other:?}"),
    }
}

fn filter(change: impl FnOnce(&mut ShopOrder)) -> Option<FilterRule> {
    let mut order = order(vec![line("TEE-M")]);
    change(&mut order);
    match rules().decide(&order, now()) {
        Decision::Filter { rule, .. } => Some(rule),
        _ => None,
    }
}

fn held(change: impl FnOnce(&mut ShopOrder)) -> String {
    let mut order = order(vec![line("TEE-M")]);
    change(&mut order);
    match rules().decide(&order, now()) {
        Decision::Hold { reason, until: None } => reason,
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
    assert!(matches!(open.decide(&order, now()), Decision::Release(_)));
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
        ecwid.decide(&order, now())
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
fn what_a_held_order_wants_is_kept_as_far_as_its_lines_have_skus() {
    let kept = |change: &dyn Fn(&mut ShopOrder)| {
        let mut order = order(vec![line("TEE-M"), line("MUG")]);
        change(&mut order);
        let decision = rules().decide(&order, now());
        assert!(matches!(decision, Decision::Hold { until: None, .. }));
        let kept = rules().kept(&order, &decision).into_iter().map(|(sku, units)| format!("{units} {sku}"));
        kept.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(kept(&|it| it.ship_to = None), "2 TEE-M, 2 MUG");
    assert_eq!(kept(&|it| it.destinations = 2), "2 TEE-M, 2 MUG");
    assert_eq!(kept(&|it| it.lines[0].sku = Sku::from(" ")), "2 MUG");
    assert_eq!(kept(&|it| it.lines.insert(0, line("Test001"))), "2 TEE-M, 2 MUG");
    assert_eq!(kept(&|it| it.lines[1].shipped = 1), "2 TEE-M, 1 MUG");
    let kit = |it: &mut ShopOrder| {
        it.lines.iter_mut().for_each(|line| line.part_of = Some(LineId::from("9")));
        it.lines.push(numbered("8", line("KIT-DESK")));
    };
    assert_eq!(kept(&kit), "2 TEE-M, 2 MUG");
}

#[test]
fn what_waits_at_the_shop_for_a_wanted_status_is_kept_unless_another_rule_keeps_it_out() {
    let ecwid = |payment: &str, fulfillment: &str| ShopStatus::PaymentAndFulfillment {
        payment: payment.into(),
        fulfillment: fulfillment.into(),
    };
    let picky = || ImportRules {
        payment_statuses: vec!["PAID".into()],
        fulfillment_statuses: vec!["PROCESSING".into()],
        ..rules()
    };
    let kept = |status: ShopStatus, change: &dyn Fn(&mut ShopOrder)| {
        let mut order = ShopOrder { status, ..order(vec![line("TEE-M")]) };
        change(&mut order);
        let decision = picky().decide(&order, now());
        assert!(matches!(decision, Decision::Filter { .. }), "{decision:?}");
        !picky().kept(&order, &decision).is_empty()
    };
    for (status, is_kept) in [
        ("awaiting_payment", true),
        ("manual_verification_required", true),
        ("incomplete", false),
        ("pending", false),
        ("awaiting_pickup", false),
        ("shipped", false),
        ("completed", false),
        ("disputed", false),
        ("partially_refunded", false),
        ("status_99", false),
    ] {
        assert_eq!(kept(ShopStatus::Order(status.into()), &|_| ()), is_kept, "{status}");
    }
    for (payment, fulfillment, is_kept) in [
        ("AWAITING_PAYMENT", "AWAITING_PROCESSING", true),
        ("CUSTOM_PAYMENT_STATUS_1", "PROCESSING", true),
        ("PAID", "AWAITING_PROCESSING", true),
        ("INCOMPLETE", "AWAITING_PROCESSING", false),
        ("AWAITING_PAYMENT", "SHIPPED", false),
        ("PAID", "CUSTOM_FULFILLMENT_STATUS_1", false),
    ] {
        assert_eq!(kept(ecwid(payment, fulfillment), &|_| ()), is_kept, "{payment}/{fulfillment}");
    }
    let unpaid = || ecwid("AWAITING_PAYMENT", "AWAITING_PROCESSING");
    let too_old = |it: &mut ShopOrder| it.placed_at = "2026-01-30T12:59:59Z".parse().unwrap();
    assert!(!kept(unpaid(), &too_old));
    assert!(!kept(unpaid(), &|it| it.channel = Some(99)));
    assert!(!kept(unpaid(), &|it| it.ship_to.as_mut().unwrap().country_code = "US".into()));
}

#[test]
fn what_was_cancelled_paid_back_or_sent_back_the_shop_may_have_put_on_sale_again() {
    let ecwid = |payment: &str, fulfillment: &str| ShopStatus::PaymentAndFulfillment {
        payment: payment.into(),
        fulfillment: fulfillment.into(),
    };
    for (status, may) in [
        (ShopStatus::Order("cancelled".into()), true),
        (ShopStatus::Order("refunded".into()), true),
        (ShopStatus::Order("partially_refunded".into()), true),
        (ShopStatus::Order("shipped".into()), false),
        (ecwid("CANCELLED", "SHIPPED"), true),
        (ecwid("PARTIALLY_REFUNDED", "SHIPPED"), true),
        (ecwid("PAID", "RETURNED"), true),
        (ecwid("PAID", "WILL_NOT_DELIVER"), true),
        (ecwid("PAID", "SHIPPED"), false),
        (ecwid("AWAITING_PAYMENT", "AWAITING_PROCESSING"), false),
    ] {
        assert_eq!(status.may_give_back(), may, "{status}");
    }
}

#[test]
fn a_cancelled_order_is_cancelled_whatever_the_filters_want() {
    let decide = |status: ShopStatus, placed_at: &str| {
        let order = ShopOrder { status, placed_at: placed_at.parse().unwrap(), ..order(vec![line("TEE-M")]) };
        rules().decide(&order, now())
    };
    let ecwid = |payment: &str, fulfillment: &str| ShopStatus::PaymentAndFulfillment {
        payment: payment.into(),
        fulfillment: fulfillment.into(),
    };
    for (status, reason) in [
        (ShopStatus::Order("cancelled".into()), "cancelled at the shop"),
        (ShopStatus::Order("declined".into()), "declined at the shop"),
        (ShopStatus::Order("refunded".into()), "refunded at the shop"),
        (ecwid("CANCELLED", "AWAITING_PROCESSING"), "CANCELLED at the shop"),
        (ecwid("REFUNDED", "PROCESSING"), "REFUNDED at the shop"),
        (ecwid("PAID", "WILL_NOT_DELIVER"), "WILL_NOT_DELIVER at the shop"),
    ] {
        // Also one that was placed before a start date that was set later: the warehouse may have it.
        for placed_at in ["2026-01-30T13:00:00Z", "2026-01-30T12:59:59Z"] {
            assert_eq!(decide(status.clone(), placed_at), Decision::Cancel { reason: reason.into() });
        }
    }
    let partly = ShopStatus::Order("partially_refunded".into());
    assert!(matches!(
        decide(partly, "2026-01-30T13:00:00Z"),
        Decision::Filter { rule: FilterRule::Status, .. }
    ));
}

#[test]
fn an_order_waits_its_hours_from_its_placing_and_then_goes() {
    let slow = ImportRules { hold_hours: 3, ..rules() };
    let order = order(vec![line("TEE-M")]);
    let due: Timestamp = "2026-01-30T16:00:00Z".parse().unwrap();
    let before = due - SignedDuration::from_millis(1);
    assert_eq!(
        slow.decide(&order, before),
        Decision::Hold { reason: "waits 3 h for the buyer".into(), until: Some(due) }
    );
    assert!(matches!(slow.decide(&order, due), Decision::Release(_)));
}

#[test]
fn what_a_person_must_mend_comes_before_the_hours() {
    let slow = ImportRules { hold_hours: 3, ..rules() };
    let order = ShopOrder { ship_to: None, ..order(vec![line("TEE-M")]) };
    assert!(matches!(slow.decide(&order, now()), Decision::Hold { until: None, .. }));
}

#[test]
fn what_is_left_out_is_named_with_its_reason() {
    let rules = rules();
    assert_eq!(rules.left_out(&order(vec![line("TEE-M")])), None);
    let lines = vec![
        ShopLine { name: "E-book".into(), shippable: false, ..line("EBOOK") },
        ShopLine { name: "Desk".into(), ..line("KIT-DESK") },
        ShopLine { name: "Leg".into(), quantity: 0, ..line("LEG") },
        line("TOP"),
    ];
    let told = "'E-book' (not shipped), 'Desk' (packed as its parts), 'Leg' (refunded)";
    let composite = ShopLine { name: "Set".into(), shippable: false, ..numbered("1", line("SET")) };
    let parts = order(vec![composite, part("CUP", "1")]);
    assert_eq!(rules.left_out(&parts).as_deref(), Some("'Set' (packed as its parts)"));
    assert_eq!(rules.left_out(&order(lines)).as_deref(), Some(told));
}

#[test]
fn only_what_matters_to_a_warehouse_is_a_change() {
    let former = released(&order(vec![line("TEE-M"), numbered("8", line("MUG"))]));
    let changed = |change: &dyn Fn(&mut ReleasedOrder)| {
        let mut now = former.clone();
        change(&mut now);
        now.changes_since(&former).join(" ")
    };
    assert_eq!(changed(&|it| it.lines.reverse()), "");
    assert_eq!(changed(&|it| it.lines[0].name = "T-shirt".into()), "");
    assert_eq!(changed(&|it| it.lines[0].unit_price = "11".parse().unwrap()), "");
    assert_eq!(changed(&|it| it.total = "11".parse().unwrap()), "");
    assert_eq!(changed(&|it| it.lines[0].quantity = 3), "lines");
    assert_eq!(changed(&|it| it.lines[0].options.clear()), "lines");
    assert_eq!(changed(&|it| drop(it.lines.pop())), "lines");
    assert_eq!(
        changed(&|it| {
            it.ship_to.city = "Perth".into();
            it.customer_note = "Ring twice".into();
        }),
        "ship_to customer_note"
    );
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
    assert!(matches!(plain.decide(&order(vec![line("KIT-DESK")]), now()), Decision::Release(_)));
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
    // Parts of what is no kit by its SKU say nothing of kits.
    let composite = vec![line("KIT-DESK"), numbered("2", line("COMPOSITE")), part("CUP", "2"), line("LEG")];
    assert!(released(&order(composite)).lines.iter().any(|line| line.sku == Sku::from("LEG")));
    let others = vec![numbered("1", line("KIT-DESK")), numbered("2", line("TEA-SET")), part("CUP", "2")];
    assert_eq!(held(|it| it.lines = others), told, "another kit's parts are not its own");
}
