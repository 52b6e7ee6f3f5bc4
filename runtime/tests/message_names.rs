//! What `verify` tells of messages that have one name.
#![allow(missing_docs)]

use partitura_runtime::app::Blueprint;
use partitura_runtime::event::EventInfo;
use partitura_runtime::message::{MessageInfo, MessageKind};
use partitura_runtime::module::{Entry, Handler, Module, NamedCall, Subscriber, name_hash};
use partitura_runtime::table::Table;
use partitura_runtime::wiring::Surround;
use partitura_runtime::wiring::place::Place;
use std::borrow::Cow;

struct A;
struct B;

const fn at(line: u32) -> Place {
    Place { file: "src/lib.rs", line, column: 1 }
}

const fn info<M: 'static>(kind: MessageKind, name: &'static str, line: u32) -> MessageInfo {
    MessageInfo::new::<M>(kind, "bank", name, at(line))
}

static OPEN: MessageInfo = info::<A>(MessageKind::Command, "Open", 1);
static OTHER_OPEN: MessageInfo = info::<B>(MessageKind::Command, "Open", 2);
static OPEN_2: MessageInfo = info::<B>(MessageKind::Command, "Open", 3).version(2);
static OPEN_EVENT: MessageInfo = info::<B>(MessageKind::Event, "Open", 4);
static OPENED: MessageInfo = info::<A>(MessageKind::Event, "Opened", 5);
static OTHER_OPENED: MessageInfo = info::<B>(MessageKind::Event, "Opened", 6);

const fn handler(message: &'static MessageInfo, line: u32) -> Entry {
    Entry::Handler(Handler {
        message,
        name: "handler",
        instance: None,
        name_hash: name_hash(message, None),
        routes: &[],
        agent: None,
        needs: &[],
        call: NamedCall::Once(|_, _, value| Box::pin(std::future::ready(Ok(value)))),
        check: |_, _| Ok(()),
        schema: || None,
        reply_schema: || None,
        reply: "()",
        timeout_ms: 0,
        around: &Surround::NONE,
        behaviors: None,
        copied: true,
        has_rules: false,
        says: false,
        contract: None,
        plan: None,
        place: at(line),
    })
}

const fn subscriber(events: &'static [EventInfo], line: u32) -> Entry {
    Entry::Subscriber(Subscriber {
        of: std::any::TypeId::of::<Subscriber>(),
        events,
        topic: None,
        name: "subscriber",
        needs: &[],
        call: |_, _| Box::pin(std::future::ready(Ok(()))),
        timeout_ms: 0,
        around: &Surround::NONE,
        behaviors: None,
        place: at(line),
    })
}

const fn listener(events: &'static [EventInfo], topic: &'static str, line: u32) -> Entry {
    match subscriber(events, line) {
        Entry::Subscriber(subscriber) => Entry::Subscriber(Subscriber { topic: Some(topic), ..subscriber }),
        other => other,
    }
}

/// What is told of an application of these entries: code and places.
fn told(entries: fn() -> &'static [Entry]) -> Vec<(&'static str, String)> {
    let module = Module {
        name: "bank",
        package: "bank",
        version: "0",
        place: at(0),
        entries: Box::leak(Box::new(Table::told(entries))),
        imports: &[],
        exports: &[],
        handles: &[],
        contracts: &[],
    };
    let modules = Vec::leak(vec![&*Box::leak(Box::new(module))]);
    let blueprint = Blueprint {
        name: "Bank",
        version: "0",
        env_prefix: "BANK",
        modules,
        behaviors: &[],
        authorization: false,
        fakes: &[],
        place: at(0),
    };
    let findings = Box::leak(Box::new(blueprint)).verify();
    let code = |code: Cow<'static, str>| match code {
        Cow::Borrowed(code) => code,
        Cow::Owned(code) => panic!("a code that is not in the program's text: {code}"),
    };
    let lines = |places: Vec<String>| places.join(" ").replace("src/lib.rs:", "");
    findings.into_iter().map(|finding| (code(finding.code), lines(finding.places))).collect()
}

macro_rules! told {
    ($($entry:expr),*) => {{
        static ENTRIES: &[Entry] = &[$($entry),*];
        told(|| ENTRIES)
    }};
}

#[test]
fn two_messages_of_one_name_are_told() {
    assert_eq!(told![handler(&OTHER_OPEN, 11), handler(&OPEN, 10)], [("PT0118", "10 11 2".to_owned())]);
    assert_eq!(told![handler(&OPEN, 10), handler(&OPEN, 11)], [("PT0117", "10 11".to_owned())]);
    assert_eq!(
        told![handler(&OPEN, 10), subscriber(&[EventInfo { info: &OPEN_EVENT, schema: || None, topic: "" }], 11)],
        [("PT0118", "10 11 4".to_owned())]
    );
    assert_eq!(
        told![
            subscriber(&[EventInfo { info: &OPENED, schema: || None, topic: "" }], 10),
            subscriber(&[EventInfo { info: &OTHER_OPENED, schema: || None, topic: "" }], 11)
        ],
        [("PT0118", "10 11 6".to_owned())]
    );
    let three = told![handler(&OPEN, 10), handler(&OPEN, 11), handler(&OTHER_OPEN, 12)];
    assert_eq!(three, [("PT0117", "10 11".to_owned()), ("PT0118", "10 12 2".to_owned())]);
}

#[test]
fn names_that_differ_are_not_told() {
    assert_eq!(
        told![
            handler(&OPEN, 10),
            handler(&OPEN_2, 11),
            subscriber(&[EventInfo { info: &OPENED, schema: || None, topic: "" }], 12),
            subscriber(&[EventInfo { info: &OPENED, schema: || None, topic: "" }], 13)
        ],
        []
    );
    let both = told![handler(&OPEN, 10).instance("u8"), handler(&OPEN, 11).instance("u16")];
    assert_eq!(both, [], "instances of a generic handler");
}

#[test]
fn a_subscriber_whose_pattern_fits_none_of_its_events_is_told() {
    const BY_NAME: EventInfo = EventInfo { info: &OPENED, schema: || None, topic: "" };
    const DECLARED: EventInfo = EventInfo { info: &OPENED, schema: || None, topic: "accounts.{branch}.opened" };
    let told = told![
        listener(&[BY_NAME], "bank.*", 10),
        listener(&[DECLARED], "accounts.#", 11),
        listener(&[DECLARED], "account.#", 12),
        listener(&[BY_NAME, DECLARED], "bank.Opened", 13),
        listener(&[], "nobody.knows", 14)
    ];
    assert_eq!(told, [("PT0152", "12".to_owned())]);
}
