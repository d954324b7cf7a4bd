//! What may be edited, and what must stay.

use serde_json::json;

use super::*;

fn dispatched() -> Value {
    json!({
        "specversion": "1.0", "id": "ev-1", "source": "/warehouse", "type": "warehouse.shipment.dispatched",
        "subject": "BG1001",
        "data": {
            "shipment_id": "S1", "number": "BG1001", "carrier": "Post", "tracking_number": "T1",
            "dispatched_at": "2026-11-21T00:00:00Z", "lines": [{ "sku": "MUG", "quantity": 1 }],
            "weight_g": 300,
        },
    })
}

fn edit(original: &Value, pointer: &str, value: Value) -> Result<Vec<u8>, EditRefused> {
    let mut new = original.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = new.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        _ => parent[name] = value,
    }
    edited(original.to_string().as_bytes(), new.to_string().as_bytes())
}

fn refusal(pointer: &str, value: Value) -> String {
    crossdock_telemetry::chain(&edit(&dispatched(), pointer, value).unwrap_err())
}

#[test]
fn what_the_message_tells_may_be_changed_and_is_replayed_as_it_was_written() {
    let body = edit(&dispatched(), "/data/tracking_number", json!("T2")).unwrap();
    let read = crossdock_events::Event::<ShipmentDispatched>::from_json(&body).unwrap();
    assert_eq!((read.data.tracking_number.as_str(), read.id.as_str()), ("T2", "ev-1"));
    for (pointer, value) in [
        ("/data/shipment_id", json!("S2")),
        ("/data/lines/0/quantity", json!(2)),
        ("/data/lines", json!(null)),
        ("/data/service", json!("Express")),
        ("/time", json!("2026-11-21T00:00:00Z")),
        ("/data/weight_g", json!(200)),
    ] {
        edit(&dispatched(), pointer, value).unwrap_or_else(|error| panic!("{pointer}: {error}"));
    }
}

#[test]
fn identity_shop_type_and_subject_are_locked() {
    for (pointer, field) in
        [("/id", "'id'"), ("/source", "'source'"), ("/type", "'type'"), ("/subject", "'subject'")]
    {
        let refused = refusal(pointer, json!("stock.due"));
        assert!(refused.contains(field) && refused.contains("must stay"), "{refused}");
    }
    assert!(
        refusal("/data/number", json!("BG1002")).starts_with("'data.number' must stay as it is, \"BG1001\"")
    );
    let changed = json!({
        "specversion": "1.0", "id": "ev-1", "source": "/stores/acme-au", "type": "shop.order.changed",
        "data": { "store": "acme-au", "order_id": "1001", "cause": "sweep" },
    });
    for (pointer, value) in [("/data/store", "acme-us"), ("/data/order_id", "1002"), ("/subject", "1001")] {
        let refused = edit(&changed, pointer, json!(value)).unwrap_err();
        assert!(matches!(refused, EditRefused::Locked { .. }), "{pointer}: {refused}");
    }
    edit(&changed, "/data/cause", json!("by hand")).unwrap();
}

#[test]
fn what_it_is_about_is_locked_also_where_the_envelope_does_not_say_it() {
    let event = |kind: &str, data: Value| json!({ "specversion": "1.0", "id": "ev-1", "source": "/warehouse", "type": kind, "data": data });
    let product = json!({ "store": "acme-au", "product_id": "7", "cause": "x" });
    for (kind, data, pointer) in [
        ("warehouse.sku.known", json!({ "sku": "MUG" }), "/data/sku"),
        ("shop.product.changed", product, "/data/product_id"),
        ("warehouse.order.accepted", json!({ "number": "BG1" }), "/data/number"),
        ("order.amended", json!({ "order": { "number": "BG1" } }), "/data/order/number"),
        ("order.amended", json!({ "order": { "store": "acme-au" } }), "/data/order/store"),
        ("order.amended", json!({ "order": { "order_id": "1" } }), "/data/order/order_id"),
    ] {
        let refused = edit(&event(kind, data), pointer, json!("TEE")).unwrap_err();
        assert!(matches!(refused, EditRefused::Locked { .. }), "{pointer}: {refused}");
    }
}

#[test]
fn a_count_stays_about_its_sku() {
    let level = |sku: &str, units: i64| json!({ "sku": sku, "on_hand": units });
    let count = json!({
        "specversion": "1.0", "id": "ev-1", "source": "/warehouse", "type": "warehouse.stock.counted", "subject": "MUG",
        "data": { "counted_at": "2026-11-21T00:00:00Z", "levels": [level("MUG", 3)] },
    });
    edit(&count, "/data/levels", json!([level("MUG", 4)])).unwrap();
    for levels in [json!([level("TEE", 3)]), json!([level("MUG", 3), level("TEE", 3)])] {
        let refused = edit(&count, "/data/levels", levels).unwrap_err();
        assert!(refused.to_string().contains("about 'MUG'"), "{refused}");
    }
}

#[test]
fn what_does_not_fit_the_schema_is_refused_by_the_name_of_its_field() {
    let refused = refusal("/data/lines/0/quantity", json!("two"));
    assert!(
        refused.starts_with("'data.lines[0].quantity' is not as the schema of warehouse.shipment"),
        "{refused}"
    );
    let refused = refusal("/data/tracking_number", json!(7));
    assert!(refused.contains("'data.tracking_number'") && refused.contains("expected a string"), "{refused}");
    assert!(refusal("/data/traking_number", json!("T2")).contains("no field 'data.traking_number'"));
    assert!(refusal("/data/lines/0/sko", json!("T2")).contains("no field 'data.lines[0].sko'"));
    assert!(refusal("/data", json!([])).contains("'data"));
    assert!(refusal("/specversion", json!("2.0")).contains("specversion"));
}

#[test]
fn what_made_it_fail_can_be_mended() {
    let mut broken = dispatched();
    broken["data"].as_object_mut().unwrap().remove("tracking_number");
    edit(&broken, "/data/tracking_number", json!("T1")).unwrap();
    broken["data"].as_object_mut().unwrap().remove("number");
    let mut mended = broken.clone();
    mended["data"]["tracking_number"] = json!("T1");
    mended["data"]["number"] = json!("BG1002");
    let elsewhere = edited(broken.to_string().as_bytes(), mended.to_string().as_bytes());
    assert!(matches!(elsewhere, Err(EditRefused::Locked { .. })), "the envelope says what it is about");
    mended["data"]["number"] = json!("BG1001");
    edited(broken.to_string().as_bytes(), mended.to_string().as_bytes()).unwrap();
}

#[test]
fn what_is_no_event_or_is_unchanged_is_no_edit() {
    let (original, same) = (dispatched().to_string(), serde_json::to_string_pretty(&dispatched()).unwrap());
    assert!(matches!(edited(original.as_bytes(), same.as_bytes()), Err(EditRefused::Unchanged)));
    assert!(matches!(edited(original.as_bytes(), b"{"), Err(EditRefused::Edited(_))));
    assert!(matches!(edited(b"\xff", original.as_bytes()), Err(EditRefused::Original(_))));
    let unknown = original.replace("warehouse.shipment.dispatched", "someone.else");
    let other = unknown.replace("T1", "T2");
    assert!(matches!(edited(unknown.as_bytes(), other.as_bytes()), Err(EditRefused::UnknownType(_))));
}
