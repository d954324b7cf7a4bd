//! Opening a database: new, again, by several at once, and what cannot be opened.

use crossdock_domain::{Classify, Mend, OrderId};
use crossdock_ledger::LedgerError;
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions as _;
use tokio::task::JoinSet;

use crate::database::{Engine, TestDatabase, fresh};
use crate::samples::{au, happening, minute, number, order_1001, release_1001, told_of_1001};

async fn refusal(url: &str) -> LedgerError {
    crossdock_ledger::open(&SecretString::from(url)).await.err().expect("this URL cannot be opened")
}

async fn refusal_to_look_at(url: &str) -> LedgerError {
    crossdock_ledger::open_existing(&SecretString::from(url)).await.err().expect("this is no ledger yet")
}

#[rstest]
#[tokio::test]
async fn what_was_kept_is_there_after_reopening(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let ledger = database.open().await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let (order, told) = (order_1001(&*ledger).await, told_of_1001(&*ledger).await);
    drop(ledger);
    let reopened = database.open().await;
    reopened.ping().await.unwrap();
    assert_eq!(order_1001(&*reopened).await, order);
    assert_eq!(told_of_1001(&*reopened).await, told);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_database_may_be_opened_by_several_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    // Enough rounds that without a lock, or without waiting for it, one of them fails.
    let rounds = if engine == Engine::Sqlite { 40 } else { 3 };
    for _ in 0..rounds {
        let database = TestDatabase::new(engine).await;
        let mut tasks = JoinSet::new();
        for task in 0..5 {
            let url = database.url();
            tasks.spawn(async move {
                let ledger = crossdock_ledger::open(&url).await.unwrap();
                let happening = happening(&format!("task {task}"), minute(task));
                ledger.tell(&au(), &OrderId::from("1001"), &happening).await.unwrap();
            });
        }
        tasks.join_all().await;
        assert_eq!(told_of_1001(&*database.open().await).await.len(), 5);
    }
}

#[rstest]
#[case::another_database("mysql://localhost/crossdock")]
#[case::no_url("crossdock.db")]
#[case::nothing("")]
#[case::no_file("sqlite://")]
#[case::no_place_that_lasts("sqlite://:memory:")]
#[case::memory_by_another_name("sqlite://file?mode=memory")]
#[case::not_even_a_url("postgres://[")]
#[tokio::test]
async fn a_url_that_names_no_ledger_is_refused_for_good(#[case] url: &str) {
    let error = refusal(url).await;
    assert!(matches!(error, LedgerError::Url), "{error:?}");
    assert_eq!(error.mend(), Mend::Never);
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_and_named_without_its_password() {
    // Nobody listens on a port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://postgres:hunter2@127.0.0.1:{port}/crossdock");
    for error in [refusal(&url).await, refusal_to_look_at(&url).await] {
        assert_eq!((error.mend(), error.class()), (Mend::Wait, "ledger-unavailable"), "{error:?}");
        let says = "is not available; start it, or correct ledger.url";
        assert_eq!(error.to_string(), format!("the ledger's database at 127.0.0.1:{port} {says}"));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_one_is_refused_for_good_and_named() {
    let folder = tempfile::tempdir().unwrap();
    for file in [folder.path().join("missing/ledger.db"), folder.path().to_owned()] {
        let url = format!("sqlite://{}", file.display());
        for error in [refusal(&url).await, refusal_to_look_at(&url).await] {
            assert!(matches!(&error, LedgerError::File { file: named, .. } if *named == file), "{error:?}");
            assert_eq!(error.mend(), Mend::Never);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_called_so_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (file, text) = (folder.path().join("notes.txt"), "no database, but long enough to be one".repeat(20));
    std::fs::write(&file, &text).unwrap();
    let url = format!("sqlite://{}", file.display());
    for error in [refusal(&url).await, refusal_to_look_at(&url).await] {
        let named = format!("the ledger's file {} is no SQLite database", file.display());
        assert!(error.to_string().starts_with(&named), "{error}");
        assert_eq!(error.mend(), Mend::Never);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_ledger_that_is_only_read_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.db");
    let url = SecretString::from(format!("sqlite://{}", file.display()));
    let error = refusal_to_look_at(url.expose_secret()).await;
    assert!(matches!(&error, LedgerError::FileMissing { file: named } if *named == file), "{error:?}");
    assert!(!file.exists());
    crossdock_ledger::open(&url).await.unwrap();
    crossdock_ledger::open_existing(&url).await.unwrap().ping().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_ledger_without_tables_is_opened_by_who_runs_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    if let TestDatabase::Sqlite { folder } = &database {
        std::fs::write(folder.path().join("ledger.db"), "").unwrap();
    }
    // Twice: the first opening has made none.
    for _ in 0..2 {
        let refused = crossdock_ledger::open_existing(&database.url()).await;
        assert!(matches!(refused, Err(LedgerError::Outdated)), "{:?}", refused.err());
    }
    if let TestDatabase::Sqlite { folder } = &database {
        assert!(std::fs::read(folder.path().join("ledger.db")).unwrap().is_empty());
    }
    database.open().await;
    crossdock_ledger::open_existing(&database.url()).await.unwrap().ping().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn tables_of_an_older_version_are_brought_up_to_date_by_who_runs_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (_, database) = fresh(engine).await;
    database.meddle("DELETE FROM _sqlx_migrations WHERE version > 1").await;
    let refused = crossdock_ledger::open_existing(&database.url()).await;
    assert!(matches!(refused, Err(LedgerError::Outdated)), "{:?}", refused.err());
    let from_the_future = "UPDATE _sqlx_migrations SET version = 9999";
    database.meddle(from_the_future).await;
    let refused = crossdock_ledger::open_existing(&database.url()).await;
    assert!(matches!(refused, Err(LedgerError::Migration(_))), "{:?}", refused.err());
}

#[tokio::test]
async fn a_relative_file_is_named_in_full_and_made_where_the_process_runs() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let url = SecretString::from(format!("sqlite://{name}/ledger.db"));
    let error = refusal_to_look_at(url.expose_secret()).await;
    let whole = std::env::current_dir().unwrap().join(name).join("ledger.db");
    assert!(matches!(&error, LedgerError::FileMissing { file } if *file == whole), "{error:?}");
    crossdock_ledger::open(&url).await.unwrap().ping().await.unwrap();
    assert!(folder.path().join("ledger.db").is_file());
}

#[rstest]
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_for_good(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (_, database) = fresh(engine).await;
    let from_the_future = "INSERT INTO _sqlx_migrations
         SELECT 9999, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    database.meddle(from_the_future).await;
    let error = refusal(database.url().expose_secret()).await;
    assert!(matches!(error, LedgerError::Migration(_)), "{error:?}");
    assert_eq!(error.mend(), Mend::Never);
}

#[tokio::test]
async fn a_user_who_may_make_no_tables_is_not_waited_for() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let TestDatabase::Postgres { server, name } = &database else { unreachable!("it was asked for") };
    let guest = format!("guest_of_{name}");
    database.meddle(&format!("CREATE ROLE {guest} LOGIN PASSWORD 'guest'")).await;
    let url = server.clone().database(name).username(&guest).password("guest").to_url_lossy();
    let error = refusal(url.as_str()).await;
    database.meddle(&format!("DROP ROLE {guest}")).await;
    assert!(matches!(error, LedgerError::Migration(_)), "{error:?}");
    assert_eq!(error.mend(), Mend::Never);
}

#[rstest]
#[tokio::test]
async fn what_we_did_not_write_is_named_and_no_panic(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    database.meddle("UPDATE orders SET released = '{}'").await;
    let error = ledger.order_by_number(&number("1001")).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unreadable { what: "released order", .. }), "{error:?}");
    assert_eq!(error.mend(), Mend::Never);
}
