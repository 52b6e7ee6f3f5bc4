//! `docs/expansions.md` is written from the forms of `expansions.rs`, so that it cannot go stale.

use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use super::expansions::FORMS;
use super::{expand, pretty};

const HEAD: &str = "# What the attributes write

What you write stays as it is; beside it stands a block that nobody can name, with impls on the marker of your module and
one element of the module's table. It calls helpers of the runtime and computes nothing: what is decided, the compiler
decides by looking for an impl. `cargo expand` shows the same; here `rt::` is short for the path of the runtime,
`__partitura` is the hidden module that `module!` or `app!` puts at the root of your crate, and derives of others are
left out.

This page is written by a test of `partitura-macros` from what the macros answer: `BLESS=1 cargo test -p partitura-macros`.
";

/// The forms of the document, with what there is to say about each.
const CHAPTERS: &[(&str, &str, &str)] = &[
    (
        "handler_command",
        "`#[handler]` of a command or query",
        "A typed key for each dependency is where the compiler looks for a provider; `Handles` is where a sender finds \
         the handler. `cx.send` calls `handle`, which is your fn with what it needs.",
    ),
    (
        "handler_with_context",
        "`#[handler]` that takes its context",
        "`enter` makes the message a context of its own; the rest is the same.",
    ),
    ("handler_transient", "`#[handler]` that takes a fresh object", "What is made for this call is made before it."),
    (
        "handler_stream",
        "`#[handler]` that streams",
        "A source runs the fn where its context is kept, and pours the items into an outlet, from which the reply takes them.",
    ),
    (
        "handler_surrounded",
        "`#[handler]` with something around it",
        "Constants and a type say what stands around the fn: a sender that finds none pays for none. A policy is a dependency \
         as any other.",
    ),
    (
        "handler_agent",
        "`#[handler]` whose message is a tool of agents",
        "The entry says so, and the compiler checks that the message travels.",
    ),
    ("handler_event", "`#[handler]` of an event", "A subscriber is a type of its own, since an event may have many."),
    (
        "controller",
        "`#[controller]`",
        "The controller and what its methods need are keys as any others. A method is an endpoint of the adapter for HTTP: what is \
         read from the request, then your fn. How a type is read, and what a document says of it, is asked of the type.",
    ),
    (
        "behavior_fn",
        "`#[behavior]`",
        "A type of the fn's name, which `behaviors: [audit]` finds; its impl calls the fn, as a handler's does.",
    ),
    ("behavior_struct", "`#[behavior]` on a struct", "An injectable, and an impl that calls its method `around`."),
    (
        "injectable_plain",
        "`#[injectable]`",
        "A slot, in which an application keeps the object; a node, by which the compiler finds cycles and what would \
         outlive its parts; the facts; the fn that builds one.",
    ),
    ("provider_async", "`#[provider]`", "As above, and your fn is called."),
    ("config", "`#[config]`", "As above, and the section's keys."),
    (
        "command",
        "`#[derive(Command)]`, `#[derive(Query)]`",
        "The home is the module that must handle it: where nothing does, the compiler says so at the message's name. \
         The last line is one per name in a module.",
    ),
    (
        "command_contract",
        "`#[derive(Command)]` of a contract",
        "The home is a door: the application puts the handler of another crate behind it.",
    ),
    ("event", "`#[derive(Event)]`", ""),
    ("event_set", "`#[derive(EventSet)]`", "What it listens to, and how each event becomes a variant."),
    (
        "command_with_rules",
        "`#[validate(..)]` on a message",
        "A call for each rule, with the report at the field's place in JSON. `RULES` is how a sender finds them; a \
         message without rules has none.",
    ),
    ("validate", "`#[derive(Validate)]`", "The same for what stands inside of messages."),
    ("problem", "`#[derive(Problem)]`", ""),
    (
        "orchestrate",
        "`#[orchestrate]`",
        "A constant for each step: a fn that calls yours with what it needs, and what you said of it. The runtime makes the plan \
         of them; `Run` is its message.",
    ),
    ("step_of_a_file", "`#[step]` of a file", "The constant by which `folder!` finds it."),
    ("folder_orchestrated", "`folder!`", "A module for each file, and a plan as above."),
    (
        "module_bare",
        "`module!`",
        "The hidden module, with the marker and the table; and the macro through which `app!` links the module.",
    ),
    ("app", "`app!`", "The list, the check across modules, and the program."),
];

#[test]
fn the_document_is_what_the_macros_write() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expansions.md");
    let written = document();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &written).expect("docs/expansions.md can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == written, "docs/expansions.md is stale: `BLESS=1 cargo test -p partitura-macros`");
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    for (name, title, about) in CHAPTERS {
        let form = FORMS.iter().find(|form| form.name == *name).expect("a form of this name");
        let tokens = short(beside(expand(form.source)));
        text.push_str(&format!("\n## {title}\n\n"));
        if !about.is_empty() {
            text.push_str(&format!("{about}\n\n"));
        }
        text.push_str(&format!(
            "```rust,ignore\n{}\n```\n\nbecomes\n\n```rust,ignore\n{}```\n",
            form.source,
            pretty(tokens)
        ));
    }
    text
}

/// Without the item itself: what follows the first `#[doc(hidden)]`, or all of it where that comes first.
fn beside(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let hidden = |at: &usize| tokens[*at].to_string() == "#" && tokens[*at + 1].to_string() == "[doc (hidden)]";
    let is_bang = tokens.iter().take(40).any(|token| token.to_string().contains("The application"));
    match (0..tokens.len().saturating_sub(1)).find(hidden) {
        Some(at) if !is_bang => tokens[at..].iter().cloned().collect(),
        _ => tokens.into_iter().collect(),
    }
}

/// `rt` for `__partitura::rt`, `$crate::__partitura::rt` and `::partitura::__private`.
fn short(tokens: TokenStream) -> TokenStream {
    const LONG: &[&[&str]] = &[
        &["$", "crate", ":", ":", "__partitura", ":", ":", "rt"],
        &["__partitura", ":", ":", "rt"],
        &[":", ":", "partitura", ":", ":", "__private"],
    ];
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut shown = TokenStream::new();
    let mut at = 0;
    while at < tokens.len() {
        let is = |long: &&&[&str]| {
            tokens.len() >= at + long.len()
                && long.iter().zip(&tokens[at..]).all(|(part, token)| token.to_string() == *part)
        };
        let runtime = proc_macro2::Ident::new("rt", proc_macro2::Span::call_site());
        match (LONG.iter().find(is), &tokens[at]) {
            // The line that gives it the name.
            (Some(_), _) if at > 0 && tokens[at - 1].to_string() == "use" => shown.extend([tokens[at].clone()]),
            (Some(long), _) => {
                shown.extend([TokenTree::from(runtime)]);
                at += long.len();
                continue;
            }
            (None, TokenTree::Group(group)) => {
                let group = proc_macro2::Group::new(group.delimiter(), short(group.stream()));
                shown.extend([TokenTree::from(group)]);
            }
            (None, token) => shown.extend([token.clone()]),
        }
        at += 1;
    }
    shown
}
