//! Which layer wins, what text becomes, and what cannot be loaded.

use super::*;

#[test]
fn config_later_layer_wins() {
    let port = |case: &Case| case.read::<Http>().unwrap().port;
    assert_eq!(port(&Case::new("")), 80, "the default of serde");
    let case = Case::new("[http]\nport = 1");
    assert_eq!(port(&case), 1);
    let case = case.file("partitura.dev.toml", "http.port = 2").with(|l| l.profile("dev"));
    assert_eq!(port(&case), 2);
    let case = case.file(".env", "BANK__HTTP__PORT=3").with(|l| l.dotenv(".env"));
    assert_eq!(port(&case), 3);
    let case = case.env(&[("BANK__HTTP__PORT", "4")]);
    assert_eq!(port(&case), 4);
    let case = case.set("http.port=5");
    assert_eq!(port(&case), 5);
    assert_eq!(port(&case.set("http.port=6")), 6);
}

#[test]
fn config_tables_merge_deeply_and_all_else_replaces() {
    let case = Case::new("[http]\nhost = 'a'\ntags = ['x', 'y']\n[http.limits]\na = 1\nb = 1")
        .file("partitura.dev.toml", "[http]\ntags = ['z']\n[http.limits]\nb = 2")
        .env(&[("BANK__HTTP__LIMITS__C", "3"), ("BANK_PROFILE", "dev")]);
    let http: Http = case.read().unwrap();
    assert_eq!((http.host.as_str(), http.tags), ("a", vec!["z".to_owned()]));
    assert_eq!(http.limits, HashMap::from([("a".into(), 1), ("b".into(), 2), ("c".into(), 3)]));
}

#[test]
fn config_environment_text_becomes_what_is_wanted() {
    type Holds = fn(&Http) -> bool;
    let rows: [(&str, &str, Holds); 21] = [
        ("PORT", "8080", |h| h.port == 8080),
        ("PORT", "0x10", |h| h.port == 16),
        ("PORT", "0080", |h| h.port == 80),
        ("PORT", "\"81\"", |h| h.port == 81),
        ("HOST", "123", |h| h.host == "123"),
        ("HOST", "1.10", |h| h.host == "1.10"),
        ("HOST", "true", |h| h.host == "true"),
        ("HOST", "{ a = 1 }", |h| h.host == "{ a = 1 }"),
        ("HOST", "[a", |h| h.host == "[a"),
        ("HOST", "\"q\"", |h| h.host == "q"),
        ("HOST", "", |h| h.host.is_empty()),
        ("OPEN", "yes", |h| h.open),
        ("OPEN", "1", |h| h.open),
        ("RATIO", "2", |h| h.ratio == 2.0),
        ("TAGS", "a, b,c", |h| h.tags == ["a", "b", "c"]),
        ("TAGS", "1,b", |h| h.tags == ["1", "b"]),
        ("PORTS", "[1, 2]", |h| h.ports == [1, 2]),
        ("PORTS", "1", |h| h.ports == [1]),
        ("PORTS", "", |h| h.ports.is_empty()),
        ("TIME_OUT", "5s", |h| h.timeout.as_deref() == Some("5s")),
        ("LEVEL", "{ custom = { value = 3 } }", |h| h.level == Level::Custom { value: 3 }),
    ];
    for (key, value, holds) in rows {
        let http: Http = Case::new("").env(&[(&format!("BANK__HTTP__{key}"), value)]).read().unwrap();
        assert!(holds(&http), "{key}={value}: {http:?}");
        let http: Http =
            Case::new("").set(&format!("http.{}={value}", key.to_lowercase().replace('_', "-"))).read().unwrap();
        assert!(holds(&http), "--set {key}={value}: {http:?}");
    }
}

#[test]
fn config_environment_has_no_case_and_no_dashes() {
    let case = Case::new("[http]\ntime-out = 'file'").env(&[("BANK__Http__time_OUT", "env")]);
    assert_eq!(case.read::<Http>().unwrap().timeout.as_deref(), Some("env"));
    let case = case.set("http.time-out=flag");
    assert_eq!(case.read::<Http>().unwrap().timeout.as_deref(), Some("flag"));
    // The flag is the first to spell it with a dash.
    let case = Case::new("").env(&[("BANK__HTTP__TIME_OUT", "env")]).set("http.time-out=flag");
    assert_eq!(case.read::<Http>().unwrap().timeout.as_deref(), Some("flag"));
}

#[test]
fn config_empty_environment_takes_an_option_away() {
    let case = Case::new("[http]\ntime-out = 'file'").env(&[("BANK__HTTP__TIME_OUT", "")]);
    assert_eq!(case.read::<Http>().unwrap().timeout, None);
}

#[test]
fn config_mistakes_of_all_layers_come_together() {
    Case::new("a = 1\nb = = 2\n")
        .file("partitura.dev.toml", "x = 1\nx = 2\n")
        .file(".env", "BANK__A=1\nnonsense\n  B='open\n")
        .env(&[("BANK_PROFILE", "dev"), ("BANK__A____B", "1")])
        .with(|l| l.dotenv(".env"))
        .set("http.port")
        .set("=5")
        .set("a..b=5")
        .does_not_load(&[
            ".env:2:1: is not a line of the form `NAME=value`",
            ".env:3:3: `B` has a quote that does not end on this line, or text behind it",
            "partitura.dev.toml:2:1: this is not TOML: duplicate key",
            "partitura.toml:2:5: this is not TOML: extra `=`, expected nothing",
            "environment variable BANK__A____B: `BANK__A____B` has an empty level: write one `__` between two names, as in \
             BANK__HTTP__PORT",
            "--set =..: has an empty key: write `--set http.port=8080`",
            "--set a..b=..: has an empty key: write `--set http.port=8080`",
            "--set http.port: has no `=`: write `--set http.port=8080`",
        ]);
}

#[test]
fn config_profile_must_have_a_file() {
    let case = Case::new("").file("partitura.prod.toml", "");
    let named = |name: &str| Case::new("").file("partitura.prod.toml", "").with(|l| l.profile(name));
    let line =
        "profile `prodd` has no file partitura.prodd.toml: create it or name another profile; did you mean `prod`?";
    named("prodd").does_not_load(&[line]);
    named("../x").does_not_load(&["`../x` is no name of a profile: use letters, digits, `-` and `_`"]);
    assert_eq!(named("prod").config().unwrap().profile(), Some("prod"));
    let case = case.env(&[("BANK_PROFILE", "prodd")]);
    case.does_not_load(&[&format!("environment variable BANK_PROFILE: {line}")]);
    let case = case.with(|l| l.profile("prod"));
    assert_eq!(case.config().unwrap().profile(), Some("prod"), "the explicit one wins");
    assert_eq!(Case::new("").env(&[("BANK_PROFILE", "")]).config().unwrap().profile(), None);
    let case = Case::new("").file(".env", "BANK_PROFILE=dev").with(|l| l.dotenv(".env"));
    let case = case.file("partitura.dev.toml", "").file("partitura.prod.toml", "");
    assert_eq!(case.config().unwrap().profile(), Some("dev"));
    let case = case.env(&[("BANK_PROFILE", "prod")]);
    assert_eq!(case.config().unwrap().profile(), Some("prod"), "the real environment wins over `.env`");
}

#[test]
fn config_no_file_is_fine() {
    let case = Case::new("");
    std::fs::remove_file(case.directory.join(FILE)).unwrap();
    assert_eq!(case.read::<Http>().unwrap(), Http::default());
}

#[test]
fn config_dotenv_is_read_only_when_asked() {
    let text = "# comment\n\nexport BANK__HTTP__HOST = \"a\\n\\\"b\" # why\n\
                BANK__HTTP__TIME_OUT='x # \\n'\nBANK__HTTP__TAGS=a # no\nOTHER=1";
    let case = Case::new("").file(".env", text);
    assert_eq!(case.read::<Http>().unwrap(), Http::default());
    let http: Http = case.with(|l| l.dotenv(".env")).read().unwrap();
    assert_eq!((http.host.as_str(), http.timeout.as_deref()), ("a\n\"b", Some("x # \\n")));
    assert_eq!(http.tags, ["a"]);
    let case = Case::new("").file(".env", "BANK__HTTP__PORT=x").with(|l| l.dotenv(".env"));
    case.fails::<Http>(&[".env:1:1: `http.port` must be an integer between 0 and 65535, not `x`"]);
    let text = Case::new("").with(|l| l.dotenv("nowhere")).config().map(drop).unwrap_err();
    assert_eq!(text, "nowhere does not exist: create it or do not ask for it");
}

#[test]
fn config_input_is_bounded() {
    Case::new(&format!("# {}", "x".repeat(1024 * 1024)))
        .does_not_load(&["partitura.toml:1:1: is larger than 1 MiB: a configuration is not a place for data"]);
    assert!(Case::new(&format!("# {}", "x".repeat(1024 * 1024 - 2))).config().is_ok(), "exactly 1 MiB");
    let deep = |levels: usize| vec!["a"; levels].join(".");
    assert!(Case::new(&format!("{} = 1", deep(64))).config().is_ok());
    for deep in [
        format!("{} = 1", deep(65)),
        format!("[{}]\n{} = 1", deep(40), deep(40)),
        format!("a = {}{}", "[".repeat(5000), "]".repeat(5000)),
    ] {
        assert_eq!(Case::new(&deep).config().map(drop).unwrap_err().lines().count(), 1);
    }
    Case::new("").set(&format!("{}=1", deep(65))).config().map(drop).unwrap_err();
    let name = format!("BANK__{}", deep(65).replace('.', "__"));
    Case::new("").env(&[(&name, "1")]).config().map(drop).unwrap_err();
    let case = Case::new("").file("partitura.toml", b"a = 1\nb = '\xff'");
    case.does_not_load(&["partitura.toml:2:6: is not UTF-8 from here on"]);
}

#[test]
fn config_dates_and_large_numbers_are_read() {
    #[derive(Deserialize)]
    struct Odd {
        day: toml::value::Datetime,
        text: String,
        big: u64,
        maybe: Option<f32>,
    }
    section!(Odd, "odd", []);
    let odd: Odd =
        Case::new("[odd]\nday = 2026-01-02\ntext = 2026-01-02\nbig = 18446744073709551615\nmaybe = 1").read().unwrap();
    assert_eq!((odd.day.to_string().as_str(), odd.text.as_str()), ("2026-01-02", "2026-01-02"));
    assert_eq!((odd.big, odd.maybe), (u64::MAX, Some(1.0)));
}

#[test]
fn config_flatten_takes_any_key() {
    #[derive(Deserialize)]
    struct Open {
        port: u16,
        #[serde(flatten)]
        rest: HashMap<String, toml::Value>,
    }
    section!(Open, "open", [Field::required("port", "u16")]);
    let open: Open = Case::new("[open]\nport = 1\nother = 'x'").read().unwrap();
    assert_eq!((open.port, open.rest.len()), (1, 1));
}

#[test]
fn config_one_variable_in_two_spellings_is_a_mistake() {
    Case::new("")
        .env(&[("BANK__HTTP__PORT", "1"), ("BANK__http__Port", "2"), ("bank__HTTP__HOST", "x")])
        .does_not_load(&[
            "environment variable BANK__http__Port: means the same as BANK__HTTP__PORT: keep one of the two",
        ]);
    Case::new("")
        .file(".env", "BANK__HTTP__PORT=1\nbank__HTTP__PORT=2")
        .with(|l| l.dotenv(".env"))
        .does_not_load(&[".env:2:1: means the same as BANK__HTTP__PORT: keep one of the two"]);
    // The environment wins over the file, and the later of one name over the earlier, in whatever spelling.
    let case = Case::new("")
        .file(".env", "BANK__http__port=1")
        .with(|l| l.dotenv(".env"))
        .env(&[("BANK__HTTP__PORT", "2"), ("BANK__HTTP__PORT", "3")]);
    assert_eq!(case.read::<Http>().unwrap().port, 3);
}
