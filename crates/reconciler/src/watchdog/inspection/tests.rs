//! Which subscriptions are ours, and what is wanted of them.

use super::*;

const ROUTE: &str = "/webhooks/bigcommerce/acme-au";
const WANTED: [&str; 3] = ["store/order/created", "store/order/updated", "store/sku/updated"];

fn receiver() -> Url {
    format!("https://hooks.example.com{ROUTE}").parse().unwrap()
}

fn hook(id: &str, scope: &str, destination: &str) -> Webhook {
    Webhook {
        id: id.to_owned(),
        scope: scope.to_owned(),
        destination: destination.to_owned(),
        active: true,
        carries_header: true,
    }
}

fn here(id: &str, scope: &str) -> Webhook {
    hook(id, scope, receiver().as_str())
}

fn inspect(hooks: Vec<Webhook>) -> Inspection {
    Inspection::of(&WANTED, Some(&receiver()), ROUTE, hooks)
}

/// Scope and standing of each finding.
fn told(inspection: &Inspection) -> Vec<(&str, Standing)> {
    inspection.findings.iter().map(|finding| (finding.scope.as_str(), finding.standing)).collect()
}

fn subscribe(scope: &str) -> Remedy {
    Remedy::Subscribe { scope: scope.to_owned(), destination: receiver() }
}

#[test]
fn a_fresh_shop_is_subscribed_to_everything() {
    let inspection = inspect(Vec::new());
    assert_eq!(told(&inspection), WANTED.map(|scope| (scope, Standing::Missing)));
    assert_eq!(inspection.remedies, WANTED.map(subscribe));
}

#[test]
fn a_shop_that_tells_everything_is_left_alone() {
    let inspection = inspect(vec![here("1", "store/order/*"), here("2", "store/sku/updated")]);
    assert_eq!(inspection.remedies, []);
    assert_eq!(inspection.count(Standing::Active), 2);
    let of_all_shops = "https://hooks.example.com/webhooks/bigcommerce";
    let by_hand = WANTED.map(|scope| hook("3", scope, of_all_shops));
    assert_eq!(inspect(by_hand.to_vec()).remedies, []);
}

#[test]
fn one_that_was_switched_off_or_lacks_the_header_is_mended_once_for_all_that_it_covers() {
    let family = Webhook { active: false, ..here("1", "store/order/*") };
    let bare = Webhook { carries_header: false, ..here("2", "store/sku/updated") };
    let inspection = inspect(vec![family.clone(), bare.clone()]);
    assert_eq!(
        told(&inspection),
        [("store/order/*", Standing::SwitchedOff), ("store/sku/updated", Standing::WithoutHeader)]
    );
    assert_eq!(inspection.remedies, [Remedy::Activate(family), Remedy::Activate(bare)]);
}

#[test]
fn of_two_that_were_switched_off_the_one_of_the_very_scope_is_mended() {
    let off = |id, scope| Webhook { active: false, ..here(id, scope) };
    let hooks =
        vec![off("1", "store/order/*"), off("2", "store/order/created"), off("3", "store/order/updated")];
    let inspection = inspect([hooks.clone(), vec![here("4", "store/sku/updated")]].concat());
    assert_eq!(inspection.remedies, [Remedy::Activate(hooks[1].clone()), Remedy::Activate(hooks[2].clone())]);
}

#[test]
fn one_that_was_switched_off_beside_others_that_tell_the_same_is_spare_and_left_alone() {
    let off = |id, scope| Webhook { active: false, ..here(id, scope) };
    let hooks = vec![
        off("1", "store/order/created"),
        here("2", "store/order/*"),
        here("3", "store/sku/updated"),
        off("4", "store/cart/*"),
    ];
    let inspection = inspect(hooks);
    assert_eq!(inspection.remedies, []);
    assert_eq!(inspection.count(Standing::SwitchedOff), 0, "what is told is what would be mended");
    assert_eq!(inspection.count(Standing::Spare), 2);
    assert_eq!(inspection.ours().count(), 4);
}

#[test]
fn one_that_lacks_the_header_is_mended_even_beside_others_that_tell_the_same() {
    let bare = Webhook { carries_header: false, ..here("1", "store/order/*") };
    let inspection = inspect([vec![bare.clone()], WANTED.map(|scope| here("2", scope)).to_vec()].concat());
    assert_eq!(inspection.remedies, [Remedy::Activate(bare)], "its callbacks are refused, and counted");
}

#[test]
fn other_tools_and_other_addresses_are_told_apart_and_left_alone() {
    let others = vec![
        hook("1", "store/order/created", &format!("https://old.example.com{ROUTE}")),
        hook("2", "store/order/created", "https://hooks.example.com/another"),
        hook("3", "store/order/created", "https://hooks.example.com/webhooks/bigcommerce/acme-nz"),
        hook("4", "store/order/created", "no address"),
    ];
    let inspection = inspect(others);
    assert_eq!(inspection.count(Standing::Elsewhere), 1);
    assert_eq!(inspection.count(Standing::Other), 3);
    assert_eq!(inspection.remedies, WANTED.map(subscribe));
}

#[test]
fn without_an_address_of_the_receiver_its_route_tells_and_nothing_new_is_subscribed() {
    let off = Webhook { active: false, ..here("1", "store/order/created") };
    let inspection = Inspection::of(&WANTED, None, ROUTE, vec![off]);
    assert_eq!(inspection.count(Standing::SwitchedOff), 1);
    assert_eq!(inspection.count(Standing::Missing), 2);
    assert!(!inspection.remedies.iter().any(|remedy| matches!(remedy, Remedy::Subscribe { .. })));
}
