//! What is known of a shop's webhooks.

use crossdock_ledger::WebhookWatch;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, minute, store};

#[rstest]
#[tokio::test]
async fn a_shops_webhooks_are_known_as_they_were_last_kept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, database) = fresh(engine).await;
    assert_eq!(ledger.webhook_watch(&au()).await.unwrap(), WebhookWatch::default());
    let nothing = WebhookWatch::default();
    let dead = WebhookWatch { alive_at: Some(minute(1)), missed_from: Some(minute(0)), ..nothing };
    let mended = WebhookWatch { mended_at: Some(minute(3)), ..dead };
    let alive = WebhookWatch { alive_at: Some(minute(5)), ..nothing };
    let removed = WebhookWatch { removed_at: Some(minute(7)), ..nothing };
    for watch in [dead, mended, mended, alive, removed, dead] {
        ledger.keep_webhook_watch(&au(), &watch).await.unwrap();
        assert_eq!(ledger.webhook_watch(&au()).await.unwrap(), watch);
    }
    ledger.keep_webhook_watch(&store("acme-nz"), &alive).await.unwrap();
    assert_eq!(database.open().await.webhook_watch(&au()).await.unwrap(), dead, "another shop's are its own");
}
