//! The graph of providers as the compiler sees it, and the checks that run while it compiles.
//!
//! A const can neither compare two `TypeId`s nor call `type_name`, so the identity of a provider here is its *node*:
//! the trait solver matches the types, and a node carries the name and the place that an error shows.

use super::place::Place;
use super::text::{Text, order, same};
use crate::container::key::{Key, Slot};

/// How long an object lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// One per application.
    Singleton,
    /// One per message handled.
    Scoped,
    /// A new one per use.
    Transient,
}

impl Lifetime {
    /// The word that errors and attributes use.
    pub const fn name(self) -> &'static str {
        match self {
            Lifetime::Singleton => "singleton",
            Lifetime::Scoped => "scoped",
            Lifetime::Transient => "transient",
        }
    }
}

/// One provider, or one import of a module.
pub struct Node {
    /// The type as the user wrote it.
    pub name: &'static str,
    /// Where it is declared.
    pub place: Place,
    /// How long what it makes lives; for an import what its module was promised.
    pub lifetime: Lifetime,
    /// For an import the name of the importing module.
    pub import: Option<&'static str>,
    /// What it needs.
    pub needs: &'static [Ref],
}

/// A reference to a [`Node`]. It is a raw pointer because the compiler follows a `&'static` from one static into the
/// other when it checks them, and would report a cycle as a chain of fifteen notes before our own check runs.
#[derive(Clone, Copy)]
pub struct Ref(*const Node);

// SAFETY: it is only ever made from a `&'static Node`, and a `Node` is plain, shared, immutable data.
#[allow(unsafe_code)]
unsafe impl Sync for Ref {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Send for Ref {}

impl Ref {
    /// A reference to `node`.
    pub const fn to(node: &'static Node) -> Self {
        Ref(node)
    }

    /// The node.
    pub const fn get(self) -> &'static Node {
        // SAFETY: `to` is the only constructor, and it takes a `&'static Node`.
        #[allow(unsafe_code)]
        unsafe {
            &*self.0
        }
    }
}

/// What an application gives for an import of one of its modules.
#[derive(Clone, Copy)]
pub struct Link {
    /// The import.
    pub from: Ref,
    /// The provider, or another module's import that is exported on.
    pub to: Ref,
}

impl Node {
    const fn is(&self, other: &Node) -> bool {
        self.place.line == other.place.line
            && self.place.column == other.place.column
            && same(self.name, other.name)
            && same(self.place.file, other.place.file)
    }

    const fn before(&self, other: &Node) -> bool {
        match order(self.place.file, other.place.file) {
            0 => self.place.line < other.place.line,
            order => order < 0,
        }
    }
}

impl Text {
    const fn place(&mut self, place: &Place) {
        self.put(place.file);
        self.put(":");
        self.number(place.line);
    }

    const fn named(&mut self, node: &Node) {
        self.put("`");
        self.put(node.name);
        self.put("` (");
        self.place(&node.place);
        self.put(")");
    }
}

/// Refuses a cycle of providers within a module. One call per provider; a cycle is reported once, at its first member.
#[track_caller]
pub const fn check_provider(node: Ref) {
    let mut text = Text::new();
    let mut search = Search::new(&[], &mut text);
    search.visit(node, 0, false);
    if search.found > 0 {
        panic!("{}", text.as_str());
    }
}

/// Who keeps something. No [`Node`], since a node names its needs, and they would lead back to it.
pub struct Holder {
    /// The type as the user wrote it.
    pub name: &'static str,
    /// Where it is declared.
    pub place: Place,
    /// How long it lives.
    pub lifetime: Lifetime,
}

impl Holder {
    /// One per application.
    pub const fn singleton(name: &'static str, place: Place) -> Self {
        Holder { name, place, lifetime: Lifetime::Singleton }
    }

    /// One per message.
    pub const fn scoped(name: &'static str, place: Place) -> Self {
        Holder { name, place, lifetime: Lifetime::Scoped }
    }

    /// One per use.
    pub const fn transient(name: &'static str, place: Place) -> Self {
        Holder { name, place, lifetime: Lifetime::Transient }
    }

    /// Its node in the graph.
    pub const fn node(&self, needs: &'static [Ref]) -> Node {
        Node { name: self.name, place: self.place, lifetime: self.lifetime, import: None, needs }
    }

    /// The node of an import of `module`.
    pub const fn import(&self, module: &'static str) -> Node {
        Node { name: self.name, place: self.place, lifetime: self.lifetime, import: Some(module), needs: &[] }
    }

    /// All that the wiring knows of it. Nothing is read from the node, whose needs may lead back here.
    pub const fn key<T: ?Sized>(&self, slot: &'static Slot<T>, node: &'static Node) -> Key<T> {
        Key { slot, lifetime: self.lifetime, node: Ref::to(node) }
    }
}

/// Refuses a singleton that keeps what lives only as long as a message, also through transients in between.
#[track_caller]
pub(super) const fn check_held(holder: &Holder, held: Ref) {
    if !matches!(holder.lifetime, Lifetime::Singleton) {
        return;
    }
    let mut text = Text::new();
    if captive(holder, held, None, 0, &mut text) {
        panic!("{}", text.as_str());
    }
}

const fn captive(holder: &Holder, held: Ref, through: Option<&Node>, depth: usize, text: &mut Text) -> bool {
    let held = held.get();
    match held.lifetime {
        Lifetime::Singleton => false,
        Lifetime::Scoped => {
            text.put("singleton `");
            text.put(holder.name);
            text.put("` (");
            text.place(&holder.place);
            text.put(") cannot hold scoped ");
            text.named(held);
            if let Some(through) = through {
                text.put(" through transient ");
                text.named(through);
            }
            text.put(": it would outlive the message. Make `");
            text.put(holder.name);
            text.put("` scoped, or take `");
            text.put(held.name);
            text.put("` where it is used, as a parameter of the handler [PT0107]");
            true
        }
        Lifetime::Transient => {
            let mut need = 0;
            while need < held.needs.len() && depth < 8 {
                if captive(holder, held.needs[need], Some(held), depth + 1, text) {
                    return true;
                }
                need += 1;
            }
            false
        }
    }
}

/// Refuses `&T` and `Arc<T>` of a transient.
#[track_caller]
pub(super) const fn refuse_shared_transient(node: Ref) -> ! {
    let mut text = Text::new();
    text.put("transient ");
    text.named(node.get());
    text.put(" is made anew for each use, so it is not shared: take it by value, or as `Box<dyn ..>` [PT0107]");
    panic!("{}", text.as_str());
}

/// What [`check_provider`] does, for a whole application: across modules, through their imports; and that each import
/// lives as long as its module was promised. Everything that is wrong is in one text.
#[track_caller]
pub const fn check_application(exports: &[&[Ref]], links: &[&[Link]]) {
    let mut text = Text::new();
    let mut search = Search::new(links, &mut text);
    let mut module = 0;
    while module < links.len() {
        let mut at = 0;
        while at < links[module].len() {
            search.keeps_promise(links[module][at]);
            at += 1;
        }
        module += 1;
    }
    let mut module = 0;
    while module < exports.len() {
        let mut at = 0;
        while at < exports[module].len() {
            search.across = true;
            search.forget();
            search.visit(exports[module][at], 0, false);
            at += 1;
        }
        module += 1;
    }
    if search.found > 0 {
        panic!("{}", text.as_str());
    }
}

/// How deep a chain of providers may be before the compile-time search gives up on it; the search when the
/// application is built has no such bound.
const DEPTH: usize = 64;
/// How many nodes one search remembers; beyond that it only gets slower.
const MEMORY: usize = 256;

struct Search<'a> {
    links: &'a [&'a [Link]],
    text: &'a mut Text,
    found: usize,
    /// Only cycles that leave a module: those within one are told in that module.
    across: bool,
    path: [Option<Ref>; DEPTH],
    done: [Option<Ref>; MEMORY],
    count: usize,
}

impl<'a> Search<'a> {
    const fn new(links: &'a [&'a [Link]], text: &'a mut Text) -> Self {
        Search { links, text, found: 0, across: false, path: [None; DEPTH], done: [None; MEMORY], count: 0 }
    }

    const fn forget(&mut self) {
        self.count = 0;
    }

    /// Depth first, for a path that comes back to where it began.
    const fn visit(&mut self, at: Ref, depth: usize, crossed: bool) {
        let node = at.get();
        if node.import.is_some() {
            if let Some(target) = self.target(node) {
                self.visit(target, depth, true);
            }
            return;
        }
        if depth > 0
            && let Some(start) = self.path[0]
            && start.get().is(node)
        {
            if crossed || !self.across {
                self.cycle(depth);
            }
            return;
        }
        if depth == DEPTH || (depth > 0 && self.seen(node)) {
            return;
        }
        self.path[depth] = Some(at);
        let mut need = 0;
        while need < node.needs.len() {
            self.visit(node.needs[need], depth + 1, crossed);
            need += 1;
        }
    }

    const fn seen(&mut self, node: &Node) -> bool {
        let mut at = 0;
        while at < self.count {
            if let Some(other) = self.done[at]
                && other.get().is(node)
            {
                return true;
            }
            at += 1;
        }
        if self.count < MEMORY {
            self.done[self.count] = Some(Ref(node));
            self.count += 1;
        }
        false
    }

    const fn cycle(&mut self, depth: usize) {
        let Some(first) = self.path[0] else { return };
        let mut at = 1;
        while at < depth {
            if let Some(other) = self.path[at]
                && other.get().before(first.get())
            {
                // Told where the search begins at that one.
                return;
            }
            at += 1;
        }
        self.begin();
        self.text.put("cycle: ");
        let mut at = 0;
        while at < depth {
            if let Some(step) = self.path[at] {
                self.text.named(step.get());
                self.text.put(" needs ");
            }
            at += 1;
        }
        self.text.named(first.get());
        self.text.put(": none of them can be built first. Let one of them take what it needs from a third, or emit an event instead of calling back [PT0109]");
    }

    const fn keeps_promise(&mut self, link: Link) {
        let (import, mut target) = (link.from.get(), link.to.get());
        let mut hops = 0;
        while target.import.is_some() && hops < DEPTH {
            match self.target(target) {
                Some(next) => target = next.get(),
                None => return,
            }
            hops += 1;
        }
        let kept = match (import.lifetime, target.lifetime) {
            (Lifetime::Transient, Lifetime::Transient) => true,
            (Lifetime::Transient, _) | (_, Lifetime::Transient) => false,
            (Lifetime::Scoped, _) | (_, Lifetime::Singleton) => true,
            (Lifetime::Singleton, Lifetime::Scoped) => false,
        };
        if kept {
            return;
        }
        self.begin();
        if let Some(module) = import.import {
            self.text.put("module `");
            self.text.put(module);
            self.text.put("` imports ");
        }
        self.text.named(import);
        self.text.put(" as a ");
        self.text.put(import.lifetime.name());
        self.text.put(", and it is provided as a ");
        self.text.put(target.lifetime.name());
        self.text.put(" (");
        self.text.place(&target.place);
        self.text.put("): write `imports: [");
        if !matches!(target.lifetime, Lifetime::Singleton) {
            self.text.put(target.lifetime.name());
            self.text.put(" ");
        }
        self.text.put(import.name);
        self.text.put("]`, or change its lifetime [PT0107]");
    }

    const fn target(&self, import: &Node) -> Option<Ref> {
        let mut module = 0;
        while module < self.links.len() {
            let mut at = 0;
            while at < self.links[module].len() {
                if self.links[module][at].from.get().is(import) {
                    return Some(self.links[module][at].to);
                }
                at += 1;
            }
            module += 1;
        }
        None
    }

    const fn begin(&mut self) {
        if self.found > 0 {
            self.text.put("\n");
        }
        self.found += 1;
    }
}
