//! The command line within the process: what is typed, and what comes back on the two streams.
#![allow(missing_docs)]

use partitura::prelude::*;
use partitura_cli::World;
use serde_json::Value;

partitura::app! { pub Shop { modules: [] } }

/// Takes an order.
///
/// It is sent the next day.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Who gets it.
    #[validate(length(min = 1, max = 40))]
    customer: String,
    /// How soon.
    #[serde(default)]
    speed: Speed,
    /// Where to.
    address: Address,
    /// What of.
    lines: Vec<Line>,
    #[serde(default)]
    gift: bool,
}

/// How soon.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    #[default]
    Usual,
    SameDay,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// The town.
    city: String,
    zip: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    sku: String,
    /// How many.
    #[serde(default)]
    count: u32,
}

#[handler(allow("clerk"))]
async fn order(command: Order) -> Result<Order> {
    Ok(command)
}

/// What there is.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Stock {
    #[serde(default)]
    output: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    sku: String,
    name: String,
    price: u32,
    tags: Vec<String>,
}

fn items() -> Vec<Item> {
    let item = |sku: &str, name: &str, price, tags: &[&str]| Item {
        sku: sku.to_owned(),
        name: name.to_owned(),
        price,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    vec![item("cup", "茶碗", 1_200, &[]), item("tea", "Tea: green", 350, &["no", "hot drink"])]
}

#[handler(public)]
async fn stock(query: Stock) -> Result<Vec<Item>> {
    Ok(items().into_iter().filter(|item| query.output.as_ref().is_none_or(|sku| *sku == item.sku)).collect())
}

/// The items one by one, then a failure if that is wanted.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Watch {
    #[serde(default)]
    fails: bool,
}

#[handler(public)]
fn watch(query: Watch) -> impl Stream<Item = Result<Item>> + Send {
    let end = query.fails.then(|| Err(Error::conflict("sold out")));
    futures_util::stream::iter(items().into_iter().map(Ok).chain(end))
}

/// It was ordered.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Ordered {}

/// Where parcels go through.
#[derive(Deserialize)]
#[config(section = "post")]
pub struct Post {
    #[serde(default)]
    office: String,
    #[serde(default)]
    password: Option<Secret<String>>,
}

#[handler]
async fn tell(_event: &Ordered, post: &Post) -> Result<()> {
    let _ = (&post.office, &post.password);
    Ok(())
}

/// Stdout, stderr, exit code.
fn run_as_wide(arguments: &[&str], width: Option<usize>) -> (String, String, u8) {
    let (mut stdin, mut out, mut err) = (std::io::empty(), Vec::new(), Vec::new());
    let world = World {
        console: None,
        program: "shop".to_owned(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: Some(Vec::new()),
        stdin: &mut stdin,
        stdout: &mut out,
        stderr: &mut err,
        notes: std::sync::Arc::new(|_| {}),
        is_terminal: false,
        width,
        log: |_| Ok(true),
        stop: || Box::pin(std::future::pending()),
    };
    let code = partitura_cli::run(Shop::BLUEPRINT, Vec::new(), world);
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

fn run(arguments: &[&str]) -> (String, String, u8) {
    run_as_wide(arguments, None)
}

/// What it answers, if it is done.
#[track_caller]
fn done(line: &str) -> String {
    let arguments: Vec<&str> = line.split(' ').collect();
    let (out, err, code) = run(&arguments);
    assert_eq!(code, 0, "{line}: {out}{err}");
    out
}

#[test]
fn what_it_says_of_itself() {
    let mut text = String::new();
    for line in [
        "--help",
        "execute --help",
        "routes --help",
        "graph --help",
        "describe --help",
        "completions --help",
        "execute command_line.Order --help",
        "describe command_line.Order",
        "describe command_line.Ordered",
        "ls --output table",
        "ls --output yaml",
        "graph",
        "graph --of messages --format dot",
    ] {
        text += &format!("$ shop {line}\n{}\n", done(line));
    }
    insta::assert_snapshot!("help", text);
}

#[test]
fn the_example_of_help_works() {
    let help = done("execute command_line.Order --help");
    let example = help.split("Example:\n").nth(1).unwrap().trim().strip_prefix("shop ").unwrap();
    assert_eq!(
        example,
        "execute command_line.Order --customer some-customer --address.city some-city --lines '{\"sku\":\"some-sku\"}'"
    );
    let words = example.replace("'{\"sku\":\"some-sku\"}'", "{\"sku\":\"some-sku\"}");
    let reply: Value = serde_json::from_str(&done(&words.replace("execute", "execute --as a --role clerk"))).unwrap();
    assert_eq!(reply["lines"][0]["sku"], "some-sku");
}

#[test]
fn a_reply_is_json_yaml_or_a_table() {
    let json = done("execute command_line.Stock");
    assert_eq!(done("execute --output json command_line.Stock"), json);
    let yaml = "- sku: cup\n  name: 茶碗\n  price: 1200\n  tags: []\n- sku: tea\n  name: \"Tea: green\"\n  price: 350\n  tags:\n    \
                - \"no\"\n    - hot drink\n";
    assert_eq!(done("execute --output yaml command_line.Stock"), yaml);
    let table =
        "SKU  NAME        PRICE  TAGS\ncup  茶碗        1200   []\ntea  Tea: green  350    [\"no\",\"hot drink\"]\n";
    assert_eq!(done("execute --output table command_line.Stock"), table);
    let (narrow, ..) = run_as_wide(&["execute", "--output", "table", "command_line.Stock"], Some(36));
    assert!(narrow.lines().all(|line| line.chars().count() <= 36) && narrow.contains('…'), "{narrow}");
    // A field of that name wins behind the name of the message.
    let (out, _, code) = run(&["execute", "command_line.Stock", "--output", "tea"]);
    assert!(code == 0 && !out.contains("cup"), "{out}");
}

#[test]
fn a_stream_is_printed_as_it_comes_and_what_has_come_is_whole() {
    let whole = |form: &str| done(&format!("execute --output {form} command_line.Stock"));
    for form in ["json", "yaml"] {
        assert_eq!(done(&format!("execute command_line.Watch --output {form}")), whole(form));
    }
    let table = done("execute command_line.Watch --output table");
    assert_eq!(table.lines().next(), Some("SKU       NAME      PRICE     TAGS"), "{table}");
    let (out, err, code) = run(&["execute", "command_line.Watch", "--fails"]);
    assert_eq!((out, err.as_str(), code), (whole("json"), "error[conflict]: sold out\n", 73));
    let (_, err, code) = run(&["execute", "command_line.Watch", "--output", "xml"]);
    assert_eq!((err.as_str(), code), ("--output: must be one of json, yaml, table, not `xml`\n", 2));
}

#[test]
fn fields_within_fields_are_typed_and_their_mistakes_are_told_at_the_flag() {
    let line = "execute --as a --role clerk command_line.Order --customer Ada --address.city Ulm --lines.1.sku b --lines.0.sku a \
                --lines.0.count 2 --speed same_day --gift";
    let reply: Value = serde_json::from_str(&done(line)).unwrap();
    let expect = serde_json::json!({
        "customer": "Ada", "speed": "same_day", "address": { "city": "Ulm", "zip": null },
        "lines": [{ "sku": "a", "count": 2 }, { "sku": "b", "count": 0 }], "gift": true,
    });
    assert_eq!(reply, expect);
    let line = "execute command_line.Order --customer Ada --adress.city Ulm --lines.0.count many --lines.0.skuu x --speed soon";
    let (_, err, code) = run(&line.split(' ').collect::<Vec<_>>());
    let told: Vec<&str> = err.lines().collect();
    assert_eq!(
        told,
        [
            "--speed: must be one of `usual`, `same_day`, not `soon`",
            "--address: missing (object)",
            "--lines.0.sku: missing (string)",
            "--lines.0.count: must be an integer, not `many`",
            "--lines.0.skuu: unknown field; did you mean `--lines.0.sku`?",
            "--adress: unknown field; did you mean `--address`?",
        ]
    );
    assert_eq!(code, 2);
}

#[test]
fn a_difference_is_told_in_words_and_by_the_exit_code() {
    let file = std::env::temp_dir().join(format!("command-line-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    let now = done("describe --json");
    std::fs::write(&file, &now).unwrap();
    assert_eq!(run(&["describe", "--diff", path]), (String::new(), "no difference\n".to_owned(), 0));
    // What there was more, is gone.
    let mut old: Value = serde_json::from_str(&now).unwrap();
    old["messages"][0]["schema"]["required"].as_array_mut().unwrap().retain(|name| name != "customer");
    std::fs::write(&file, old.to_string()).unwrap();
    let (out, _, code) = run(&["describe", "--diff", path]);
    assert_eq!((out.as_str(), code), ("breaking    field required: command_line.Order.customer\n", 1));
    let (out, ..) = run(&["describe", "--diff", path, "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told[0]["mark"], "breaking");
    // What is new breaks nobody.
    let mut old: Value = serde_json::from_str(&now).unwrap();
    old["messages"].as_array_mut().unwrap().retain(|message| message["name"] != "command_line.Stock");
    std::fs::write(&file, old.to_string()).unwrap();
    let (out, _, code) = run(&["describe", "--diff", path]);
    assert_eq!((out.as_str(), code), ("compatible  message added: command_line.Stock\n", 0));
    old["schema"] = "2.0".into();
    std::fs::write(&file, old.to_string()).unwrap();
    let (_, err, code) = run(&["describe", "--diff", path]);
    assert!(code == 2 && err.contains("the description has schema 2.0"), "{err}");
    std::fs::remove_file(&file).unwrap();
    let (_, err, code) = run(&["describe", "--diff", path]);
    assert!(code == 2 && err.starts_with(&format!("--diff {path}: ")), "{err}");
}

#[test]
fn routes_and_graph_say_when_there_is_nothing() {
    assert_eq!(run(&["routes"]), (String::new(), "Shop declares no routes\n".to_owned(), 0));
    assert_eq!(done("routes --json"), "[]\n");
    assert_eq!(run(&["routes", "--served"]).2, 2);
    assert_eq!(run(&["graph", "--of", "plans"]), (String::new(), "Shop has no plans\n".to_owned(), 0));
    let (_, err, code) = run(&["graph", "-o", "shop.png"]);
    assert!(code == 2 && err.contains("the file ends in .svg, .dot or .mmd"), "{err}");
    let (_, err, code) = run(&["graph", "x", "--of", "plans"]);
    assert!(code == 2 && err.contains("cannot be used with"), "{err}");
    let svg = done("graph --of dependencies --format svg");
    assert!(svg.starts_with("<svg ") && svg.contains(">tell<"), "{svg}");
}

#[test]
fn config_is_data_as_well() {
    let (out, err, code) = run(&["config", "--json", "--set", "post.office=north", "--set", "post.password=sesame"]);
    assert_eq!((err.as_str(), code), ("", 0));
    let config: Value = serde_json::from_str(&out).unwrap();
    let office = config["set"].as_array().unwrap().iter().find(|entry| entry["key"] == "post.office").unwrap();
    assert_eq!((&office["value"], &office["origin"]), (&"\"north\"".into(), &"--set post.office=..".into()));
    assert!(out.contains("post.password") && !out.contains("sesame"), "{out}");
    let unset = config["not_set"].as_array().unwrap();
    let level = unset.iter().find(|key| key["key"] == "log.level").unwrap();
    assert_eq!((&level["required"], &level["variable"]), (&false.into(), &"SHOP__LOG__LEVEL".into()));
}

/// What may stand at the end of the words.
#[track_caller]
fn complete(words: &[&str], expect: &[&str]) {
    let (out, err, code) = run(&[&["__complete", "fish"], words].concat());
    assert_eq!((err.as_str(), code), ("", 0), "{words:?}");
    let found: Vec<&str> = out.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(found, expect, "{words:?}");
}

#[test]
fn what_may_stand_at_the_cursor() {
    complete(&["de"], &["describe"]);
    complete(&["__"], &[]);
    complete(&["execute", ""], &["command_line.Order", "command_line.Stock", "command_line.Watch"]);
    complete(&["describe", "command_line.Ord"], &["command_line.Order", "command_line.Ordered"]);
    complete(&["--profile", "x", "execute", "--role", "clerk", "command_line.W"], &["command_line.Watch"]);
    let order = ["execute", "command_line.Order"];
    let after = |more: &[&'static str]| [&order, more].concat();
    complete(
        &after(&["--"]),
        &[
            "--customer",
            "--speed",
            "--address",
            "--lines",
            "--gift",
            "--json",
            "--output",
            "--help",
            "--set",
            "--profile",
            "--config-dir",
            "--env-file",
        ],
    );
    complete(&after(&["--customer", "Ada", "--c"]), &["--config-dir"]);
    complete(&after(&["--lines", "{}", "--l"]), &["--lines"]);
    complete(&after(&["--address."]), &["--address.city", "--address.zip"]);
    complete(&after(&["--lines.1."]), &["--lines.1.sku", "--lines.1.count"]);
    complete(&after(&["--speed", ""]), &["usual", "same_day"]);
    complete(&after(&["--speed=s"]), &["--speed=same_day"]);
    complete(&after(&["--gift", "f"]), &["false"]);
    complete(&after(&["--gift", "--s"]), &["--speed", "--set"]);
    complete(&after(&["--output", ""]), &["json", "yaml", "table"]);
    complete(&["execute", "command_line.Stock", "--output", ""], &[]);
    complete(&["execute", "--output", "t"], &["table"]);
    complete(&["graph", "--format", ""], &["mermaid", "dot", "svg"]);
    complete(&["graph", "--of=m"], &["--of=modules", "--of=messages"]);
    complete(&["completions", ""], &["bash", "zsh", "fish"]);
    complete(&["config", "--set", "post."], &["post.office=", "post.password="]);
    complete(&["config", "--set", "post.office=n"], &[]);
    complete(&["help", "ro"], &["routes"]);
}
