//! Every mistake at once, each with its place and its fix.

use super::*;

#[test]
fn config_file_values_are_not_coerced() {
    Case::new("[http]\nport = '8080'\nhost = 1\nopen = 'yes'\ntags = 'a,b'").fails::<Http>(&[
        "partitura.toml:2:8: `http.port` must be an integer between 0 and 65535, not a string",
        "partitura.toml:3:8: `http.host` must be a string, not 1",
        "partitura.toml:4:8: `http.open` must be `true` or `false`, not a string",
        "partitura.toml:5:8: `http.tags` must be a list, not a string",
    ]);
}

#[test]
fn config_unknown_key_names_the_nearest() {
    Case::new("[http]\nport = 1\nprot = 2")
        .fails::<Http>(&["partitura.toml:3:1: unknown key `http.prot`; did you mean `port`?"]);
    Case::new("db.url = 'x'\ndb.zebra = 1")
        .fails::<Db>(&["partitura.toml:2:4: unknown key `db.zebra`; the keys here are `url`, `pool`, `time-out`"]);
    Case::new("").env(&[("BANK__HTTP__PROT", "1")]).set("http.hots=x").fails::<Http>(&[
        "environment variable BANK__HTTP__PROT: unknown key `http.prot`; did you mean `port`?",
        "--set http.hots=..: unknown key `http.hots`; did you mean `host`?",
    ]);
    Case::new("[http.level.custom]\nvalue = 1\nvalu = 2")
        .fails::<Http>(&["partitura.toml:3:1: unknown key `http.level.custom.valu`; did you mean `value`?"]);
}

#[test]
fn config_missing_key_says_where_to_set_it() {
    let line = "missing `db.url`: set it in partitura.toml or as BANK__DB__URL";
    Case::new("").fails::<Db>(&[line]);
    Case::new("[db]\npool = 1").fails::<Db>(&[line]);
}

#[test]
fn config_all_mistakes_at_once() {
    let text = "[strict]\naddress = 'nowhere'\nwait = 5\nsize = 0\nlevel = 'hihg'\nextra = 1\n\
                [strict.inner]\nnaem = 'x'\nport = 70000\n[[strict.servers]]\nport = 'x'\n[[strict.servers]]\nname = 1";
    Case::new(text).fails::<Strict>(&[
        "partitura.toml:2:11: `strict.address` is not valid: invalid socket address syntax",
        "partitura.toml:3:8: `strict.wait` must be a duration such as \"5s\" or \"1h30m\", not 5",
        "partitura.toml:4:8: `strict.size` must be a nonzero u32, not 0",
        "partitura.toml:5:9: `strict.level` must be one of `low`, `high`, `custom`, not `hihg`; did you mean `high`?",
        "partitura.toml:6:1: unknown key `strict.extra`; the keys here are `address`, `wait`, `size`, `level`, \
         `inner`, `servers`",
        "partitura.toml:8:1: unknown key `strict.inner.naem`; did you mean `name`?",
        "partitura.toml:9:8: `strict.inner.port` must be an integer between 0 and 65535, not 70000",
        "partitura.toml:10:1: missing `strict.servers[0].name`: set it here",
        "partitura.toml:11:8: `strict.servers[0].port` must be an integer between 0 and 65535, not a string",
        "partitura.toml:12:1: missing `strict.servers[1].port`: set it here",
        "partitura.toml:13:8: `strict.servers[1].name` must be a string, not 1",
        "missing `strict.inner.name`: set it in partitura.toml or as BANK__STRICT__INNER__NAME",
    ]);
    Case::new("").fails::<Strict>(&[
        "missing `strict.address`: set it in partitura.toml or as BANK__STRICT__ADDRESS",
        "missing `strict.inner`: set it in partitura.toml or as BANK__STRICT__INNER",
        "missing `strict.level`: set it in partitura.toml or as BANK__STRICT__LEVEL",
        "missing `strict.servers`: set it in partitura.toml or as BANK__STRICT__SERVERS",
        "missing `strict.size`: set it in partitura.toml or as BANK__STRICT__SIZE",
        "missing `strict.wait`: set it in partitura.toml or as BANK__STRICT__WAIT",
    ]);
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Guarded {
    word: Picky,
    later: u8,
    last: String,
}

section!(
    Guarded,
    "guarded",
    [Field::required("word", "Picky"), Field::required("later", "u8"), Field::required("last", "String")]
);

#[test]
fn config_all_mistakes_even_behind_a_type_without_stand_in() {
    Case::new("guarded.word = 'no'\nguarded.later = 'x'").fails::<Guarded>(&[
        "partitura.toml:1:16: `guarded.word` is not valid: `no` is not the word",
        "partitura.toml:2:17: `guarded.later` must be an integer between 0 and 255, not a string",
        "missing `guarded.last`: set it in partitura.toml or as BANK__GUARDED__LAST",
    ]);
    assert!(Case::new("[guarded]\nword='xyzzy'\nlater=1\nlast=''").read::<Guarded>().is_ok());
}

/// A rule over two fields must not be judged by stand-ins.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawRange")]
struct Range;

#[derive(Debug, Deserialize)]
struct RawRange {
    low: u8,
    high: u8,
}

impl TryFrom<RawRange> for Range {
    type Error = &'static str;

    fn try_from(raw: RawRange) -> Result<Self, &'static str> {
        if raw.low < raw.high { Ok(Range) } else { Err("`low` must be below `high`") }
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Ranges {
    one: Range,
    two: Range,
}

section!(Ranges, "ranges", [Field::required("one", "Range"), Field::required("two", "Range")]);

#[test]
fn config_a_stand_in_is_never_blamed() {
    Case::new("[ranges]\none = { low = 2, high = 'x' }\ntwo = { low = 2, high = 1 }").fails::<Ranges>(&[
        "partitura.toml:2:25: `ranges.one.high` must be an integer between 0 and 255, not a string",
        "partitura.toml:3:7: `ranges.two` is not valid: `low` must be below `high`",
    ]);
}

/// A type that holds itself has no end of stand-ins.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "only its mistakes matter")]
enum Rule {
    Not(Box<Rule>),
    Is(String),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Rules {
    rule: Rule,
    other: u8,
}

section!(Rules, "rules", [Field::required("rule", "Rule"), Field::required("other", "u8")]);

#[test]
fn config_recursive_types_end() {
    Case::new("rules.rule.not.not.is = 5").fails::<Rules>(&[
        "partitura.toml:1:25: `rules.rule.not.not.is` must be a string, not 5",
        "missing `rules.other`: set it in partitura.toml or as BANK__RULES__OTHER",
    ]);
    Case::new("rules.rule = 5").fails::<Rules>(&[
        "partitura.toml:1:14: `rules.rule` must be a string, not 5",
        "missing `rules.other`: set it in partitura.toml or as BANK__RULES__OTHER",
    ]);
}

#[test]
fn config_section_must_be_a_table() {
    Case::new("http = 5").fails::<Http>(&["partitura.toml:1:8: `http` must be a table, not an integer"]);
}

#[derive(Debug, Deserialize)]
struct Primary {
    url: String,
}

section!(Primary, "db.primary", [Field::required("url", "String")]);

#[test]
fn config_dotted_section_stands_in_another() {
    let sections = [SectionInfo::of::<Db>(), SectionInfo::of::<Primary>()];
    let case = Case::new("[db]\nurl = 'x'\n[db.primary]\nurl = 'y'").with(|l| l.sections(sections));
    assert_eq!(case.read::<Primary>().unwrap().url, "y");
    assert_eq!(case.read::<Db>().unwrap().url.expose(), "x");
    case.config().unwrap().check().unwrap();
}

#[test]
fn config_unknown_sections_name_the_nearest() {
    let case = Case::new("top = 1\n[htpp]\nport = 1\n[db.primry]\nx = 1\n[db.primary]\nx = 1\n[http]\nanything = 1")
        .env(&[("BANK__DBB__X", "1")]);
    let mistakes = case.config().unwrap().unknown_sections(["http", "db.primary"]);
    let expected = [
        "partitura.toml:1:1: unknown key `top`",
        "partitura.toml:2:2: unknown section `htpp`; did you mean `http`?",
        "partitura.toml:4:5: unknown section `db.primry`; did you mean `db.primary`?",
        "environment variable BANK__DBB__X: unknown section `dbb`",
    ];
    assert_eq!(case.plain(mistakes).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn config_check_tells_the_mistakes_of_all_sections() {
    let sections = [SectionInfo::of::<Db>(), SectionInfo::of::<Http>()];
    let case = Case::new("[http]\nport = ''\n[htp]").with(|l| l.sections(sections));
    let text = case.plain(case.config().unwrap().check().unwrap_err());
    let expected = [
        "partitura.toml:2:8: `http.port` must be an integer between 0 and 65535, not a string",
        "partitura.toml:3:2: unknown section `htp`; did you mean `http`?",
        "missing `db.url`: set it in partitura.toml or as BANK__DB__URL",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn config_mistakes_merge_and_are_errors() {
    let mut mistakes = Mistakes::from(Mistake::nowhere("b\n  two lines"));
    mistakes.merge([Mistake::nowhere("a"), Mistake::nowhere("a")].into_iter().collect());
    assert_eq!(mistakes.to_string(), "a\nb two lines");
    let error: Box<dyn std::error::Error> = Box::new(mistakes);
    assert!(error.source().is_none());
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Cache {
    size: u8,
    #[serde(default, rename = "time-to-live")]
    time: u8,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its mistakes matter")]
struct Store {
    path: String,
    size: u8,
}

section!(Cache, "shared", [Field::required("size", "u8"), Field::optional("time-to-live", "u8")]);
section!(Store, "shared", [Field::required("path", "String"), Field::required("size", "u8")]);

#[test]
fn config_two_structs_of_one_section_take_the_keys_of_both() {
    let sections = [SectionInfo::of::<Cache>(), SectionInfo::of::<Store>()];
    let case = |text: &str| Case::new(text).with(|l| l.sections(sections));
    let both = case("[shared]\nsize = 1\npath = 'x'").env(&[("BANK__SHARED__TIME_TO_LIVE", "5")]);
    both.config().unwrap().check().unwrap();
    let wrong = case("[shared]\nsize = 'x'\npth = 'x'\nzebra = 1");
    let text = wrong.plain(wrong.config().unwrap().check().unwrap_err());
    let expected = [
        "partitura.toml:2:8: `shared.size` must be an integer between 0 and 255, not a string",
        "partitura.toml:3:1: unknown key `shared.pth`; did you mean `path`?",
        "partitura.toml:4:1: unknown key `shared.zebra`; the keys here are `size`, `time-to-live`, `path`",
        "missing `shared.path`: set it in partitura.toml or as BANK__SHARED__PATH",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{text}");
}
