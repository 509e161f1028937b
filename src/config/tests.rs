//! Precedence of the layers, and a sentence for each kind of mistake.

use super::{Config, Flag, Inputs};
use crate::mode::Mode;

fn variable(name: &str, value: &str) -> Inputs {
    Inputs { variables: vec![(name.to_owned(), value.to_owned())], ..Inputs::default() }
}

fn sentence(name: &str, value: &str) -> String {
    Config::load(&variable(name, value)).unwrap_err().to_string()
}

fn file_with(text: &str) -> (tempfile::TempDir, Inputs) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("provost.toml"), text).unwrap();
    let inputs = Inputs { folder: Some(folder.path().to_owned()), ..Inputs::default() };
    (folder, inputs)
}

#[test]
fn the_defaults_stand_alone() {
    let config = Config::embedded().unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.grpc.listen.to_string(), "127.0.0.1:50051");
    assert_eq!(config.core_address(), "http://127.0.0.1:50051");
    assert_eq!(config.database_url(), "sqlite://provost-data/provost.db");
    assert!(config.http.hosts.is_empty());
}

#[test]
fn each_layer_lies_over_the_one_before() {
    let (_folder, mut inputs) =
        file_with("data_dir = 'file'\n[http]\nlisten = '127.0.0.1:1'\nbody_limit_bytes = 7\n");
    inputs.variables = vec![
        ("PROVOST_DATA_DIR".to_owned(), "variable".to_owned()),
        ("PROVOST_HTTP__LISTEN".to_owned(), "127.0.0.1:2".to_owned()),
        ("PROVOST_CORE__TIMEOUT_MS".to_owned(), "250".to_owned()),
        ("PROVOST_TELEMETRY__SAMPLE_RATIO".to_owned(), "0.5".to_owned()),
    ];
    inputs.flags = vec![Flag { name: "--data-dir", key: "data_dir", value: "flag".to_owned() }];
    let (config, listing) = Config::load(&inputs).unwrap();
    assert_eq!(config.data_dir.to_str(), Some("flag"));
    assert_eq!(config.http.listen.port(), 2);
    assert_eq!(config.http.body_limit_bytes, 7);
    assert_eq!(config.core.timeout.as_millis(), 250);
    assert!((config.telemetry.sample_ratio - 0.5).abs() < f64::EPSILON);

    let source = |key: &str| {
        let setting = listing.settings().find(|setting| setting.key == key);
        setting.unwrap().source.clone()
    };
    assert_eq!(source("data_dir"), "the flag --data-dir");
    assert_eq!(source("http.listen"), "the variable PROVOST_HTTP__LISTEN");
    assert!(source("http.body_limit_bytes").ends_with("provost.toml"));
    assert_eq!(source("log.level"), "default");
}

#[test]
fn the_core_is_where_it_listens_unless_something_else_is_said() {
    for (listen, address) in [
        ("127.0.0.1:6000", "http://127.0.0.1:6000"),
        ("0.0.0.0:6000", "http://127.0.0.1:6000"),
        ("[::]:6000", "http://[::1]:6000"),
    ] {
        let mut inputs = variable("PROVOST_GRPC__LISTEN", listen);
        assert_eq!(Config::load(&inputs).unwrap().0.core_address(), address);
        let elsewhere = ("PROVOST_CORE__ADDRESS".to_owned(), "http://core:1".to_owned());
        inputs.variables.push(elsewhere);
        assert_eq!(Config::load(&inputs).unwrap().0.core_address(), "http://core:1");
    }
}

#[test]
fn both_halves_are_asked_about_their_health_on_one_machine() {
    let ports = |config: &Config| {
        [Mode::AllInOne, Mode::Core, Mode::Gateway, Mode::Console]
            .map(|mode| config.admin_listen(mode).port())
    };
    assert_eq!(ports(&Config::embedded().unwrap()), [9464, 9464, 9465, 9466]);
    let (config, _) = Config::load(&variable("PROVOST_ADMIN__LISTEN", "[::]:1")).unwrap();
    assert_eq!(ports(&config), [1, 1, 1, 1]);
}

#[test]
fn a_folder_of_any_name_can_be_written_into_a_url() {
    let (config, _) = Config::load(&variable("PROVOST_DATA_DIR", "100%/what?")).unwrap();
    assert_eq!(config.database_url(), "sqlite://100%25/what%3F/provost.db");
}

#[test]
fn the_public_address_may_have_a_path_of_its_own() {
    for (set, kept) in [
        ("https://id.example.com/", "https://id.example.com"),
        ("https://example.com/identity/", "https://example.com/identity"),
        ("https://example.com/api", "https://example.com/api"),
        ("", ""),
    ] {
        let (config, _) = Config::load(&variable("PROVOST_HTTP__PUBLIC_URL", set)).unwrap();
        assert_eq!(config.http.public_url, kept);
    }
}

#[test]
fn host_names_keep_their_dots() {
    let (_folder, inputs) = file_with("[http.hosts]\n\"SCIM.acme.example\" = \"acme\"\n");
    let (config, _) = Config::load(&inputs).unwrap();
    assert_eq!(config.http.hosts.get("scim.acme.example").unwrap(), "acme");
}

#[test]
fn variables_of_others_and_of_tests_are_left_alone() {
    for name in [
        "PATH",
        "PROVOST_CONVERSATIONS",
        "PROVOST_TEST_POSTGRES",
        "PROVOST_OPERATOR_TOKEN",
        "PROVOST_SCIM_TOKEN",
    ] {
        assert!(Config::load(&variable(name, "x")).is_ok(), "{name}");
    }
}

#[test]
fn each_mistake_has_its_sentence() {
    let table = [
        ("PROVOST_HTTP__LISTEN", "nowhere", "is not an address to listen on"),
        ("PROVOST_GRPC__LISTEN", "50051", "is not an address to listen on"),
        ("PROVOST_GRPC__LISTEN", "127.0.0.1:8080", "is the port of http.listen"),
        ("PROVOST_GRPC__LISTEN", "0.0.0.0:8080", "is the port of http.listen"),
        ("PROVOST_CONSOLE__LISTEN", "8081", "leave it empty to serve no pages"),
        ("PROVOST_CONSOLE__LISTEN", "127.0.0.1:50051", "is the port of grpc.listen"),
        ("PROVOST_ADMIN__LISTEN", "127.0.0.1:8081", "is the port of console.listen"),
        ("PROVOST_ADMIN__LISTEN", "9464", "is not an address to listen on"),
        ("PROVOST_ADMIN__LISTEN", "127.0.0.1:8080", "is the port of http.listen"),
        ("PROVOST_ADMIN__LISTEN", "0.0.0.0:50051", "is the port of grpc.listen"),
        ("PROVOST_HTTP__BODY_LIMIT_BYTES", "0", "would refuse every request"),
        ("PROVOST_HTTP__BODY_LIMIT_BYTES", "-1", "is not a whole number"),
        ("PROVOST_HTTP__BODY_LIMIT_BYTES", "many", "is not a whole number"),
        ("PROVOST_HTTP__PUBLIC_URL", "id.example.com", "is not a web address"),
        ("PROVOST_HTTP__PUBLIC_URL", "https://id.example.com/api/scim/v2", "in front of it"),
        ("PROVOST_HTTP__PUBLIC_URL", "https://id.example.com/API/scim/v2/", "in front of it"),
        ("PROVOST_HTTP__PUBLIC_URL", "https://x.example/c/acme/auth/scim/v2", "in front of it"),
        ("PROVOST_CORE__TIMEOUT_MS", "0", "leaves no time at all"),
        ("PROVOST_CORE__ADDRESS", "https://core:50051/path", "is not the address of a core"),
        ("PROVOST_CORE__ADDRESS", "core:50051", "is not the address of a core"),
        ("PROVOST_CORE__ADDRESS", "http://core:50051/x", "is not the address of a core"),
        ("PROVOST_TELEMETRY__SAMPLE_RATIO", "1.5", "is not a share"),
        ("PROVOST_ADMIN__TOLD_APART", "0", "is not from 1 to 10000"),
        ("PROVOST_ADMIN__TOLD_APART", "10001", "is not from 1 to 10000"),
        ("PROVOST_TELEMETRY__SAMPLE_RATIO", "NaN", "is not a share"),
        ("PROVOST_TELEMETRY__SAMPLE_RATIO", "half", "is not a number"),
        ("PROVOST_TELEMETRY__OTLP_ENDPOINT", "here", "is not the address of a collector"),
        ("PROVOST_LOG__FORMAT", "xml", "is not a log format"),
        ("PROVOST_LOG__LEVEL", "loud", "is not a log level"),
        ("PROVOST_DATABASE__URL", "mysql://db/p", "is neither SQLite nor PostgreSQL"),
        ("PROVOST_DATA_DIR", "", "is empty"),
        ("PROVOST_HTTP__HOSTS__X", "No Site", "which can't be a site"),
        ("PROVOST_HTTP__HOSTS__X", "-acme-", "which can't be a site"),
        ("PROVOST_HTTP__HOSTS__X", "", "which can't be a site"),
        ("PROVOST_SHUTDOWN__GRACE_SECONDS", "soon", "is not a whole number"),
        ("PROVOST_HTTP__LISTNE", "127.0.0.1:1", "[http] has body_limit_bytes, listen, public_url"),
        ("PROVOST_HTTPS__LISTEN", "127.0.0.1:1", "there is no section [https]"),
        ("PROVOST_HTTP_LISTEN", "127.0.0.1:1", "write PROVOST_HTTP__LISTEN, with two underscores"),
        ("PROVOST_HTTP_BODY_LIMIT_BYTES", "1", "write PROVOST_HTTP__BODY_LIMIT_BYTES, with two"),
        ("PROVOST_HTTP__BODY__LIMIT__BYTES", "1", "write PROVOST_HTTP__BODY_LIMIT_BYTES, with"),
        ("PROVOST_DATA__DIR", "x", "write PROVOST_DATA_DIR, "),
        ("PROVOST_PORT", "80", "outside of sections there is data_dir"),
    ];
    for (name, value, expected) in table {
        let sentence = sentence(name, value);
        assert!(sentence.contains(expected), "{name}={value}: {sentence}");
        assert!(sentence.contains(&format!("set by the variable {name}")), "{sentence}");
        assert!(!sentence.contains('\n') && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn a_misspelt_key_of_a_file_is_named_with_the_file() {
    let (_folder, inputs) = file_with("[http]\nlisten_on = '127.0.0.1:1'\n");
    let sentence = Config::load(&inputs).unwrap_err().to_string();
    assert!(
        sentence.starts_with("http.listen_on = \"127.0.0.1:1\", set by the file "),
        "{sentence}"
    );
    for (text, remedy) in [
        ("http_listen = '127.0.0.1:1'\n", "write listen below [http]"),
        ("[http]\nbody-limit-bytes = 1\n", "write body_limit_bytes below [http]"),
        ("[data]\ndir = 'x'\n", "write data_dir above all sections"),
    ] {
        let (_folder, inputs) = file_with(text);
        let sentence = Config::load(&inputs).unwrap_err().to_string();
        assert!(sentence.contains(remedy), "{sentence}");
    }
}

#[test]
fn a_file_that_is_not_there_or_not_toml_stops_the_start() {
    let missing = Inputs { file: Some("no/such.toml".into()), ..Inputs::default() };
    let sentence = Config::load(&missing).unwrap_err().to_string();
    assert!(sentence.contains("no/such.toml can't be read"), "{sentence}");

    let (_folder, inputs) = file_with("[http]\nlisten = = 1\n");
    let sentence = Config::load(&inputs).unwrap_err().to_string();
    let lines: Vec<&str> = sentence.lines().collect();
    assert!(lines[0].ends_with("provost.toml is not TOML:"), "{sentence}");
    assert!(lines[1].contains("at line 2, column 10"), "{sentence}");
    assert!(lines.contains(&"2 | listen = = 1"), "{sentence}");
}

#[test]
fn no_sentence_and_no_listing_shows_a_password() {
    let shown = sentence("PROVOST_DATABASE__URL", "mysql://ada:s3cret@db/p");
    assert!(shown.contains("mysql://ada:***@db/p"), "{shown}");
    let misspelt = sentence("PROVOST_OPERATOR_TOKEN_VALUE", "s3cret");
    assert!(!misspelt.contains("s3cret"), "{misspelt}");

    let (config, listing) =
        Config::load(&variable("PROVOST_DATABASE__URL", "postgres://ada:s3cret@db/p")).unwrap();
    assert_eq!(config.database_url(), "postgres://ada:s3cret@db/p");
    assert!(!format!("{config:?}").contains("s3cret"));
    assert!(listing.settings().all(|setting| !setting.value.contains("s3cret")));
}
