//! Credentials that die, and are renewed.

use std::collections::BTreeMap;

use crossdock_tests::eventually;

use super::model::Shop;
use super::play::Play;

/// The shops' tokens, by store.
#[derive(Debug)]
pub(super) struct Tokens {
    configured: BTreeMap<&'static str, String>,
    /// Of the shops that take another one by now.
    rotated: BTreeMap<&'static str, String>,
}

impl Default for Tokens {
    fn default() -> Self {
        let of = |shop: Shop| match shop {
            Shop::Bigcommerce => "journey-bigcommerce-token",
            Shop::Ecwid => "journey-ecwid-token",
        };
        let configured = Shop::BOTH.map(|shop| (shop.store(), of(shop).to_owned())).into();
        Self { configured, rotated: BTreeMap::new() }
    }
}

impl Play {
    /// A shop takes another token from now on; or the one that it takes is put into the configuration.
    pub(super) async fn rotate_or_renew(&mut self) {
        let shop = self.dice.choice(Shop::BOTH).expect("there are two");
        if self.tokens.rotated.contains_key(shop.store()) {
            self.renew_all().await;
            return;
        }
        let token = self.post.id("token");
        match shop {
            Shop::Bigcommerce => self.world.bigcommerce.set_access_token(&token),
            Shop::Ecwid => self.world.ecwid.set_access_token(&token),
        }
        self.tokens.rotated.insert(shop.store(), token);
    }

    /// Every process reads the configuration again.
    pub(super) async fn renew_all(&mut self) {
        let rotated = std::mem::take(&mut self.tokens.rotated);
        if rotated.is_empty() {
            return;
        }
        for (store, token) in rotated {
            let former = self.tokens.configured.insert(store, token.clone()).expect("it has one");
            self.world.change_config(|text| text.replace(&format!("\"{former}\""), &format!("\"{token}\"")));
        }
        for process in &self.processes {
            // One that has just begun would be ended by it.
            eventually("the process takes SIGHUP", || async { process.takes_hangups().then_some(()) }).await;
            process.signal("HUP").await;
        }
    }
}
