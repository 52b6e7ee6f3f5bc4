//! What is shown of a configuration, and what never is.

use super::*;

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Vault {
    pin: Secret<u16>,
    word: Secret<Picky>,
    api_token: u16,
    level: Secret<Level>,
}

section!(
    Vault,
    "vault",
    [
        Field::required("pin", "Secret<u16>"),
        Field::required("word", "Secret<Picky>"),
        Field::required("api_token", "u16"),
        Field::required("level", "Secret<Level>"),
    ]
);

#[test]
fn config_mistakes_tell_no_secret() {
    let text = [("PIN", "hunter2"), ("WORD", "hunter2"), ("API_TOKEN", "hunter2"), ("LEVEL", "hunter2")];
    let flags = text
        .iter()
        .fold(Case::new(""), |case, (key, value)| case.set(&format!("vault.{}={value}", key.to_lowercase())));
    let variables: Vec<_> = text.iter().map(|(key, value)| (format!("BANK__VAULT__{key}"), *value)).collect();
    let env = Case::new("").env(&variables.iter().map(|(key, value)| (key.as_str(), *value)).collect::<Vec<_>>());
    for case in
        [flags, env, Case::new("[vault]\npin = 999999\nword = 'hunter2'\napi_token = 999999\nlevel = 'hunter2'")]
    {
        let config = case.config().unwrap();
        let mistakes = config.section::<Vault>().map(drop).unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes}");
        for shown in
            [mistakes.to_string(), format!("{mistakes:?}"), format!("{config:?}"), format!("{:?}", config.entries())]
        {
            assert!(!shown.contains("hunter2") && !shown.contains("999999"), "{shown}");
        }
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only what is shown of it matters")]
struct Shown {
    host: String,
    #[serde(flatten)]
    rest: HashMap<String, toml::Value>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only what is shown of it matters")]
struct Typed {
    host: String,
    port: u16,
    url: Option<Secret<String>>,
    inner: HashMap<String, Secret<String>>,
    list: Vec<Secret<u8>>,
    plain: Vec<u8>,
    api_key: String,
    #[serde(rename = "a-b")]
    ab: f64,
    blind: toml::Value,
}

section!(Typed, "typed", []);
section!(Shown, "open", []);

#[test]
fn config_entries_show_what_is_known_to_be_no_secret() {
    let text = "nobody = 1\n[typed]\nhost = 'h\"'\nport = 1\nurl = 'x'\ninner.a = 'x'\nlist = [1]\nplain = [1, 2]\napi_key = 'x'\n\
                blind = 1\nmispelt = 'x'\n[open]\nhost = 'x'\nother = 'x'";
    let case = Case::new(text)
        .env(&[("BANK__TYPED__PORT", "2"), ("BANK__TYPED__A_B", "1")])
        .set("typed.host=flag")
        .with(|l| l.sections([SectionInfo::of::<Typed>(), SectionInfo::of::<Shown>()]));
    let lines: Vec<String> = case
        .config()
        .unwrap()
        .entries()
        .into_iter()
        .map(|e| {
            format!("{} = {} # {}", e.key, e.value, e.origin).replace(&format!("{}/", case.directory.display()), "")
        })
        .collect();
    let expected = [
        "nobody = *** # partitura.toml:1:10",
        "open.host = \"x\" # partitura.toml:13:8",
        "open.other = *** # partitura.toml:14:9",
        "typed.a-b = 1 # environment variable BANK__TYPED__A_B",
        "typed.api_key = *** # partitura.toml:9:11",
        "typed.blind = 1 # partitura.toml:10:9",
        "typed.host = \"flag\" # --set typed.host=..",
        "typed.inner.a = *** # partitura.toml:6:11",
        "typed.list = *** # partitura.toml:7:8",
        "typed.mispelt = *** # partitura.toml:11:11",
        "typed.plain = [1, 2] # partitura.toml:8:9",
        "typed.port = 2 # environment variable BANK__TYPED__PORT",
        "typed.url = *** # partitura.toml:5:7",
    ];
    assert_eq!(lines, expected, "\n{}", lines.join("\n"));
}

/// As `[http.routes]` has them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only what is shown of it matters")]
enum Untagged {
    Switch(bool),
    Text(String),
    List(Vec<String>),
    Sealed { user: String, seal: Secret<String> },
    Pool { least: u8, most: Option<u8>, seal: Option<Secret<String>> },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(dead_code, reason = "only what is shown of it matters")]
enum Tagged {
    Open { user: String },
    Shut { user: Secret<String> },
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only what is shown of it matters")]
struct Flat {
    #[serde(flatten)]
    inner: Sealed,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only what is shown of it matters")]
struct Sealed {
    name: String,
    seal: Secret<String>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only what is shown of it matters")]
struct Loose {
    each: HashMap<String, Untagged>,
    all: Vec<Untagged>,
    some: Option<Untagged>,
    tagged: Vec<Tagged>,
    flat: Flat,
}

section!(Loose, "loose", []);

#[test]
fn config_entries_show_what_an_untagged_type_takes_unless_it_is_a_secret() {
    let text = "[loose]\nall = ['a', ['b', 'c'], true]\nsome = ['d']\ntagged = [{ kind = 'open', user = 'ada' }]\n\
                flat = { name = 'n', seal = 'hunter2' }\n\
                [loose.each]\none = 'POST /open'\ntwo = false\nthree = ['GET /a', 'POST /b']\n\
                pool = { least = 1, sael = 'x', passwrod = 'hunter2' }\nsealed = { user = 'ada', seal = 'hunter2' }\n\
                rest = { least = 1, seal = 'hunter2' }";
    let shown = |case: Case| -> Vec<String> {
        let config = case.with(|l| l.sections([SectionInfo::of::<Loose>()])).config().unwrap();
        assert!(config.check().is_ok(), "{:?}", config.check());
        config.entries().into_iter().map(|entry| format!("{} = {}", entry.key, entry.value)).collect()
    };
    let lines = shown(Case::new(text));
    let expected = [
        "loose.all = [\"a\", [\"b\", \"c\"], true]",
        "loose.each.one = \"POST /open\"",
        "loose.each.pool.least = 1",
        "loose.each.pool.passwrod = ***",
        "loose.each.pool.sael = \"x\"",
        "loose.each.rest = ***",
        "loose.each.sealed = ***",
        "loose.each.three = [\"GET /a\", \"POST /b\"]",
        "loose.each.two = false",
        "loose.flat.name = ***",
        "loose.flat.seal = ***",
        "loose.some = [\"d\"]",
        "loose.tagged = [{ kind = \"open\", user = \"ada\" }]",
    ];
    assert_eq!(lines, expected, "\n{}", lines.join("\n"));
    let secret = shown(Case::new(&text.replace("'open', user = 'ada'", "'shut', user = 'hunter2'")));
    assert!(!secret.iter().any(|line| line.contains("hunter2")), "{secret:#?}");
    // One text for a whole list: what one of its elements hides, another does not show.
    let flags = Case::new(text).set(r#"loose.all=[{ user = "u", seal = "hunter2" }, "a"]"#);
    assert!(!shown(flags).iter().any(|line| line.contains("hunter2")));
}

/// Where a section is wrong, nobody knows what a value of it would have been read as.
#[test]
fn config_entries_of_what_is_wrong_stay_hidden() {
    let case = Case::new(
        "[loose]\nall = []\nsome = { most = 1 }\ntagged = []\nflat = { name = 'n', seal = 's' }\neach.a = 'x'",
    );
    let config = case.with(|l| l.sections([SectionInfo::of::<Loose>()])).config().unwrap();
    assert!(config.check().is_err());
    let entries = config.entries();
    assert_eq!(entries.iter().find(|entry| entry.key == "loose.some.most").unwrap().value, "***");
}

#[test]
fn config_entries_redact_the_fields_that_the_macro_calls_secret() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only what is shown of it matters")]
    struct Named {
        url: String,
    }
    section!(Named, "named", [Field::required("url", "Alias").secret()]);
    let case = Case::new("named.url = 'x'").with(|l| l.sections([SectionInfo::of::<Named>()]));
    assert_eq!(case.config().unwrap().entries()[0].value, "***");
}

#[test]
fn config_secret_shows_nothing() {
    let secret = Secret::new("hunter2".to_owned());
    assert_eq!((format!("{secret:?}"), format!("{secret}")), ("***".into(), "***".into()));
    assert_eq!(secret.clone().expose(), "hunter2");
    assert_eq!(serde_json::from_str::<Secret<u8>>("5").unwrap().expose(), &5, "any deserializer will do");
    let db: Db = Case::new("").env(&[("BANK__DB__URL", "0123")]).read().unwrap();
    assert_eq!((db.url.expose().as_str(), db.pool, db.timeout), ("0123", 10, None));
}

/// A word that is refused, and told in the refusal.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Tok;

impl TryFrom<String> for Tok {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "fine" { Ok(Tok) } else { Err(format!("`{text}` is no token")) }
    }
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Seals {
    pin: Option<Secret<u16>>,
    tok: Option<Secret<Tok>>,
    list: Vec<Secret<u16>>,
    whole: Secret<Vec<u16>>,
    map: HashMap<String, Secret<u16>>,
    nested: Option<Secret<Pair>>,
    new: Option<Newtype>,
    held: Option<Held>,
    quoted: Option<Quoted>,
    /// Secret by its name alone.
    api_token: Option<u16>,
}

#[derive(Debug, Deserialize, Clone, PartialEq)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Pair {
    user: String,
    pin: u16,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Newtype(Secret<u16>);

#[derive(Debug, Deserialize)]
#[serde(try_from = "Newtype")]
struct Held;

impl TryFrom<Newtype> for Held {
    type Error = String;

    fn try_from(_: Newtype) -> Result<Self, String> {
        Ok(Held)
    }
}

/// Puts the error of what it reads into its own.
#[derive(Debug)]
struct Quoted;

impl<'de> Deserialize<'de> for Quoted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Secret::<u16>::deserialize(deserializer);
        read.map(|_| Quoted).map_err(|error| serde::de::Error::custom(format!("it says {error}, {error:?}")))
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(dead_code, reason = "only its mistakes matter")]
enum Internal {
    Net(Box<Seals>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "content", rename_all = "lowercase")]
#[allow(dead_code, reason = "only its mistakes matter")]
enum Adjacent {
    Net(Box<Seals>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "only its mistakes matter")]
enum External {
    Net(Box<Seals>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its mistakes matter")]
enum Any {
    Net(Box<Seals>),
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Forms {
    plain: Option<Box<Seals>>,
    internal: Option<Internal>,
    adjacent: Option<Adjacent>,
    external: Option<External>,
    any: Option<Any>,
    flat: Option<Flattened>,
    deep: Option<Vec<Internal>>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Flattened {
    #[serde(flatten)]
    seals: Box<Seals>,
}

section!(Forms, "forms", []);

/// Every form in which serde reads a struct, and every form of a secret in it.
#[test]
fn config_mistakes_tell_no_secret_that_serde_has_buffered() {
    let wrong = [
        ("pin", "777777"),
        ("pin", "'hunter2'"),
        ("pin", "77.7777"),
        ("pin", "[777777]"),
        ("tok", "'hunter2'"),
        ("tok", "777777"),
        ("list", "[1, 777777]"),
        ("list", "['hunter2']"),
        ("whole", "[1, 777777]"),
        ("whole", "'hunter2'"),
        ("map", "{ a = 777777 }"),
        ("map", "{ a = 'hunter2' }"),
        ("nested", "{ user = 'hunter2', pin = 777777 }"),
        ("nested", "{ user = 777777, pin = 1 }"),
        ("nested", "'hunter2'"),
        ("new", "777777"),
        ("new", "'hunter2'"),
        ("held", "777777"),
        ("quoted", "777777"),
        ("api_token", "777777"),
    ];
    type Whole = fn(&str) -> String;
    let forms: [(&str, &[&str], Whole); 7] = [
        ("plain", &[], |field| format!("{{ {field} }}")),
        ("internal", &[], |field| format!("{{ type = 'net', {field} }}")),
        ("adjacent", &["content"], |field| format!("{{ type = 'net', content = {{ {field} }} }}")),
        ("external", &["net"], |field| format!("{{ net = {{ {field} }} }}")),
        ("any", &[], |field| format!("{{ {field} }}")),
        ("flat", &[], |field| format!("{{ {field} }}")),
        ("deep", &[], |field| format!("[{{ type = 'net', {field} }}]")),
    ];
    for (form, within, whole) in forms {
        for (key, value) in wrong {
            let all = format!("{form} = {}", whole(&format!("{key} = {value}")));
            let path = [&[form], within, &[key]].concat();
            // The rest of the form stands in the file.
            let file = format!("[forms]\n{form} = {}", whole("list = []"));
            let variable = format!("BANK__FORMS__{}", path.join("__").to_uppercase());
            let mut cases = vec![
                Case::new(&format!("[forms]\n{all}")),
                Case::new("").set(&format!("forms.{}", all.replace(" = ", "=").replace('\'', "\""))),
                Case::new("").env(&[(
                    &format!("BANK__FORMS__{}", form.to_uppercase()),
                    whole(&format!("{key} = {value}")).as_str(),
                )]),
            ];
            if form != "deep" {
                cases.push(Case::new(&file).set(&format!("forms.{}={}", path.join("."), value.trim_matches('\''))));
                cases.push(Case::new(&file).env(&[(&variable, value.trim_matches('\''))]));
            }
            for (at, case) in cases.into_iter().enumerate() {
                let config = case.config().unwrap();
                let Err(mistakes) = config.section::<Forms>() else {
                    // A text of the environment may be read as what it is not in a file.
                    assert!(at > 0, "{all} is wrong");
                    continue;
                };
                let shown = format!("{mistakes} {mistakes:?}");
                let is_told = shown.contains("hunter2") || shown.contains("777777") || shown.contains("77.7777");
                assert!(!is_told, "{all}, {at}: {shown}");
                assert!(shown.contains(&format!("forms.{form}")), "{all}, {at}: {shown}");
            }
        }
    }
}

#[test]
fn config_mistakes_of_a_buffered_secret_say_where_and_why_nothing_is_said() {
    let why = "a secret in it is not valid; why is not shown, because it would show the secret";
    Case::new("[forms.internal]\ntype = 'net'\npin = 777777")
        .fails::<Forms>(&[&format!("partitura.toml:1:1: `forms.internal` is not valid: {why}")]);
    // What is no secret is told as ever.
    Case::new("[forms.plain]\npin = 777777\nlist = 5").fails::<Forms>(&[
        "partitura.toml:2:7: `forms.plain.pin` must be an integer between 0 and 65535, not an integer",
        "partitura.toml:3:8: `forms.plain.list` must be a list, not 5",
    ]);
    let error = serde_json::from_str::<Secret<u16>>("777777").unwrap_err().to_string();
    assert!(error.starts_with("a secret in it is not valid"), "{error}");
}
