//! The whole configuration, from a file's text to values that hold together.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use crate::section::Section;
use crate::source::{LET_READ, Source};
use crate::{
    BrokerSettings, LedgerSettings, Problems, ReceiverSettings, StoreSettings, WarehouseSettings, stores,
};

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// RabbitMQ.
    pub broker: BrokerSettings,
    /// The database.
    pub ledger: LedgerSettings,
    /// The HTTP edge.
    pub receiver: ReceiverSettings,
    /// The warehouse.
    pub warehouse: WarehouseSettings,
    /// The shops, in the file's order; ids are unique.
    pub stores: Vec<Arc<StoreSettings>>,
}

impl Settings {
    /// Reads a configuration file. `env` answers a variable of the environment by its name.
    ///
    /// # Errors
    /// Everything that is wrong with the file, or that it cannot be read: show it, exit with status 78; on a reload, go on
    /// with the settings in use.
    pub fn load(file: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, file, env),
            Err(error) => {
                let source = Source::new("", file, env);
                let advice = if error.kind() == ErrorKind::PermissionDenied {
                    LET_READ
                } else {
                    "name the configuration file with --config or CROSSDOCK_CONFIG"
                };
                source.report(None, "", &format!("cannot be read: {error}; {advice}"));
                source.verdict(None)
            }
        }
    }

    /// Reads the text of a configuration file. `file` is named in problems, and files of secrets are relative to its folder.
    ///
    /// # Errors
    /// As for [`Settings::load`]. Text that is not TOML is the one problem that hides all others.
    pub fn parse(text: &str, file: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let source = Source::new(text, file, env);
        match DeTable::parse(text) {
            Ok(table) => {
                let read = Self::read(Section::root(&source, table.get_ref()));
                source.verdict(read)
            }
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                let what = format!("column {}: this is not TOML: {}", source.column(start), error.message());
                source.report(Some(source.line(start)), "", &what);
                source.verdict(None)
            }
        }
    }

    fn read(mut root: Section<'_>) -> Option<Self> {
        let broker = BrokerSettings::read(root.section("broker"));
        let ledger = LedgerSettings::read(root.section("ledger"));
        let receiver = ReceiverSettings::read(root.section("receiver"));
        let warehouse = WarehouseSettings::read(root.section("warehouse"));
        root.take_unbuilt("console");
        let stores = stores::read(&mut root, &receiver);
        root.finish();
        Some(Self { broker: broker?, ledger: ledger?, receiver, warehouse, stores })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use secrecy::{ExposeSecret as _, SecretString};

    use super::*;
    use crate::Connection;

    const WHOLE: &str = include_str!("../fixtures/whole.toml");
    const MISTAKES: &str = include_str!("../fixtures/mistakes.toml");
    const README: &str = include_str!("../../../README.md");

    /// What no test may find in a `Debug` or a problem.
    const HUSHED: &str = "hunter2";

    fn env(name: &str) -> Option<String> {
        match name {
            _ if name.starts_with("ACME_") || name.starts_with("ECWID_") => Some(format!("{HUSHED}-{name}")),
            "EMPTY" => Some(String::new()),
            "HEADER_BREAKER" => Some(format!("{HUSHED}…")),
            _ => None,
        }
    }

    fn parse(text: &str) -> Result<Settings, Problems> {
        Settings::parse(text, Path::new("crossdock.toml"), &env)
    }

    #[test]
    fn every_key_stands_in_the_readme() {
        let keys = WHOLE.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
        let is_told = |key: &str| {
            [format!("{key} = "), format!("`{key}`"), format!(".{key}`")].iter().any(|it| README.contains(it))
        };
        let untold: Vec<&str> = keys.filter(|key| !is_told(key)).collect();
        assert!(untold.is_empty(), "{untold:?}");
    }

    /// A BigCommerce shop of its own, with more keys at its end.
    fn shop(more: &str) -> String {
        format!(
            "[[store]]\nid = 'acme'\n[store.bigcommerce]\nstore_hash = 'abc'\nclient_id = 'id'\n\
             client_secrets = ['one']\naccess_token = 'token'\n{more}"
        )
    }

    #[test]
    fn every_supported_key_is_read() {
        insta::assert_debug_snapshot!("whole", parse(WHOLE).unwrap());
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line() {
        let problems = parse(MISTAKES).unwrap_err();
        assert!(!format!("{problems} {problems:?}").contains(HUSHED));
        insta::assert_snapshot!("mistakes", problems);
    }

    #[test]
    fn little_is_needed_and_the_rest_has_defaults() {
        insta::assert_debug_snapshot!("defaults", parse(&shop("")).unwrap());
    }

    #[test]
    fn a_date_may_stand_without_quotes() {
        let settings = parse(&shop("[store.orders]\nstart_date = 2026-01-31")).unwrap();
        assert_eq!(settings.stores[0].orders.placed_from, Some("2026-01-31T00:00:00Z".parse().unwrap()));
        assert!(parse(&shop("[store.orders]\nstart_date = 2026-01-31T10:00:00Z")).is_err());
    }

    #[test]
    fn no_secret_is_shown() {
        let settings =
            parse(&WHOLE.replace("guest:guest", "guest:hunter2").replace("sqlite://", "sqlite://hunter2"));
        let settings = settings.unwrap();
        assert!(settings.broker.url.expose_secret().contains(HUSHED));
        assert!(settings.ledger.url.expose_secret().contains(HUSHED));
        for shown in [format!("{settings:?}"), format!("{settings:#?}"), format!("{:?}", settings.clone())] {
            assert!(!shown.contains(HUSHED) && !shown.contains("whsec_") && shown.contains("REDACTED"));
        }
    }

    #[test]
    fn a_relative_database_stays_relative() {
        let settings = Settings::parse(WHOLE, Path::new("/etc/crossdock/crossdock.toml"), &env).unwrap();
        assert_eq!(settings.ledger.url.expose_secret(), "sqlite://crossdock.db");
    }

    #[test]
    fn broken_toml_is_told_with_line_and_column() {
        let problems = parse("[broker]\nurl = \"é\" \"x\"\n").unwrap_err();
        let line = problems.to_string();
        assert!(line.starts_with("crossdock.toml:2: column 11: this is not TOML: "), "{line}");
        assert_eq!(problems.list().len(), 1);
    }

    #[test]
    fn a_missing_file_says_how_to_name_one() {
        let folder = tempfile::tempdir().unwrap();
        let problems = Settings::load(&folder.path().join("none.toml"), &env).unwrap_err();
        let problems: &dyn Error = &problems;
        let told = problems.to_string();
        assert!(
            told.contains("none.toml: cannot be read") && told.contains("--config or CROSSDOCK_CONFIG"),
            "{told}"
        );
    }

    #[test]
    fn a_file_without_shops_is_refused() {
        for text in ["", "store = []", "[store]\nid = 'acme'"] {
            let told = parse(text).unwrap_err().to_string();
            assert!(told.contains("[[store]]"), "{told}");
        }
    }

    #[test]
    fn a_shop_that_is_told_of_stock_is_told_at_some_time() {
        let stock = |text: &str| {
            let settings = parse(&shop(&format!("[store.stock]\n{text}")))?;
            Ok::<_, Problems>(settings.stores[0].stock.clone())
        };
        let evening = stock("push = 'on_hand'\non_change = false\ndaily_at = '18:05'").unwrap();
        assert_eq!(
            (evening.daily_at, evening.follows_changes()),
            (Some(jiff::civil::time(18, 5, 0, 0)), false)
        );
        assert_eq!(stock("push = 'available'").unwrap().daily_at, None);
        assert!(!stock("push = 'off'\non_change = false").unwrap().follows_changes());
        for (text, says) in [
            ("push = 'on_hand'\non_change = false", "store.stock.on_change: false needs daily_at"),
            ("daily_at = '6pm'", "store.stock.daily_at: '6pm' is no time of day; write it like \"18:00\""),
            ("daily_at = '24:00'", "'24:00' is no time of day"),
            ("daily_at = '9:30'", "'9:30' is no time of day"),
        ] {
            let problems = stock(text).unwrap_err();
            assert_eq!(problems.list().len(), 1, "{problems}");
            assert!(problems.to_string().contains(says), "{problems}");
        }
    }

    #[test]
    fn what_is_not_built_is_refused_where_it_would_be_turned_on() {
        let outside = ["[console]\nlisten = '127.0.0.1:8081'", "[console]"];
        for text in outside.map(|text| format!("{text}\n{}", shop(""))) {
            let problems = parse(&text).unwrap_err();
            assert_eq!(problems.list().len(), 1, "{problems}");
            assert!(problems.to_string().contains("not supported yet"), "{problems}");
        }
    }

    #[test]
    fn a_store_is_reached_by_one_kind_of_account() {
        let legacy = "legacy = { api_path = 'https://store-abc.mybigcommerce.com/api/v2', username = 'npf', \
                      token = 'hunter2' }";
        let store = |lines: &str| {
            parse(&format!(
                "[receiver]\npublic_url = 'https://a.com'\n[[store]]\nid = 'old'\n[store.bigcommerce]\n{lines}"
            ))
        };
        let settings = store(legacy).unwrap();
        assert!(!format!("{settings:?}").contains(HUSHED));
        let old = &settings.stores[0];
        let Connection::BigcommerceLegacy(account) = &old.connection else { panic!("another account") };
        assert_eq!(account.api_path.as_str(), "https://store-abc.mybigcommerce.com/api/v2/");
        assert_eq!((account.username.as_str(), account.token.expose_secret()), ("npf", HUSHED));
        assert!(old.webhook_url.is_none() && !old.connection.has_webhooks());

        let only = |problems: Problems| {
            assert_eq!(problems.list().len(), 1, "{problems}");
            problems.to_string()
        };
        let both = only(parse(&shop(legacy)).unwrap_err());
        assert!(
            both.contains("does not go with store_hash, client_id, client_secrets, access_token"),
            "{both}"
        );
        let added = store(&format!("{legacy}\napi_url = 'https://api.bigcommerce.com'"));
        assert!(added.unwrap_err().to_string().contains("does not go with api_url"));
        let neither = only(store("").unwrap_err());
        assert!(neither.contains("or legacy = { api_path, username, token }"), "{neither}");
        let twice = only(parse(&format!("{}\n[store.orders]\nprefix = 'A'\n[[store]]\nid = 'old'\n[store.orders]\nprefix = 'B'\n[store.bigcommerce]\n{legacy}", shop(""))).unwrap_err());
        assert!(twice.contains("legacy.api_path: line 4 is for this shop too"), "{twice}");
    }

    #[test]
    fn an_empty_folder_turns_the_spool_off() {
        let spool = |text: &str| {
            parse(&format!("[receiver]\n{text}\n{}", shop(""))).map(|settings| settings.receiver.spool)
        };
        assert_eq!(spool("spool_dir = ''").unwrap(), None);
        let on = spool("spool_dir = '/var/spool/crossdock'").unwrap().unwrap();
        assert_eq!((on.dir.to_str().unwrap(), on.bytes_max), ("/var/spool/crossdock", 1_073_741_824));
        assert!(spool("spool_bytes_max = 0").is_err());
    }

    #[test]
    fn secrets_come_from_text_environment_and_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "from-file\r\n").unwrap();
        let text = "[[store]]\nid = 'acme'\n[store.ecwid]\nstore_id = 1\naccess_token = { file = 'token' }\n\
                    client_secrets = ['from-text', { env = 'ECWID_CLIENT_SECRET' }]";
        let settings = Settings::parse(text, &folder.path().join("crossdock.toml"), &env).unwrap();
        let Connection::Ecwid(ecwid) = &settings.stores[0].connection else { panic!("not an Ecwid shop") };
        assert_eq!(ecwid.access_token.expose_secret(), "from-file");
        let secrets: Vec<_> = ecwid.client_secrets.iter().map(SecretString::expose_secret).collect();
        assert_eq!(secrets, ["from-text", "hunter2-ECWID_CLIENT_SECRET"]);
    }

    #[test]
    fn client_secrets_may_be_left_out_only_with_a_webhook_header_that_is_enough_alone() {
        let told = |header: &str| {
            let settings = parse(&shop(header).replace("client_secrets = ['one']\n", ""))?;
            let Connection::Bigcommerce(shop) = &settings.stores[0].connection else {
                panic!("another platform")
            };
            assert!(shop.client_secrets.is_empty());
            Ok::<_, Problems>(shop.webhook_header.as_ref().map(|header| (header.name.clone(), header.alone)))
        };
        let header = |rest: &str| {
            format!("webhook_header = {{ name = 'X-Token', value = 'open sesame, forty'{rest} }}")
        };
        assert_eq!(told(&header(", alone = true")).unwrap(), Some(("x-token".to_owned(), true)));
        for header in [header(""), header(", alone = false"), String::new()] {
            let told = told(&header).unwrap_err();
            assert_eq!(told.list().len(), 1, "{told}");
            assert!(told.to_string().contains("store.bigcommerce.client_secrets: is missing"), "{told}");
        }
    }

    #[test]
    fn a_webhook_header_is_enough_alone_only_with_a_value_that_is_hard_to_guess() {
        let told = |name: &str, value: &str, rest: &str| {
            let header = format!("webhook_header = {{ name = '{name}', value = '{value}'{rest} }}");
            parse(&shop(&header)).map(drop).map_err(|problems| problems.to_string())
        };
        told("X-Token", "open sesame", "").unwrap();
        told("X-Token", "0123456789abcdef", ", alone = true").unwrap();
        for (name, value, rest, says) in [
            (
                "X-Token",
                "0123456789abcde",
                ", alone = true",
                "webhook_header.value: is too short to be enough alone",
            ),
            ("X-Token", "0123456789abcdef ", "", "webhook_header.value: begins or ends with a space"),
            ("X-Token", "0123456789abcdef", ", alone = 'yes'", "webhook_header.alone: must be true or false"),
            (
                "Webhook-Signature",
                "0123456789abcdef",
                "",
                "'Webhook-Signature' may be a header of the signature",
            ),
            (&"x".repeat(101), "0123456789abcdef", "", "is no header name"),
        ] {
            let told = told(name, value, rest).unwrap_err();
            assert!(told.contains(says) && !told.contains(value), "{told}");
        }
    }
}
