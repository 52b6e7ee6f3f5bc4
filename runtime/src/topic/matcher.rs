//! Many patterns at once: a trie of their words, walked as a nondeterministic automaton.

use std::collections::HashMap;
use std::fmt;

use super::{Pattern, Topic};

/// Finds the values whose patterns choose a topic. Whoever wants to be rid of a pattern builds a new one.
///
/// # Cost
/// Patterns without wildcards are found by one hash of the topic. The others share a trie: a topic visits each node at
/// most once per word, so that no set of patterns, however many `#` it has, takes more than *words of all patterns* ×
/// *words of the topic* steps. As a rule it is a handful. Nothing is allocated for a topic that no pattern with a
/// wildcard chooses, as long as no more than 32 partial matches and 256 `#` are under way.
///
/// ```
/// use partitura_runtime::topic::{Matcher, Pattern, Topic};
///
/// let matcher = Matcher::new([(Pattern::literal("orders.#"), "audit"), (Pattern::literal("*.paid"), "ledger")]);
/// let found: Vec<_> = matcher.matches(&Topic::literal("orders.paid")).collect();
/// assert_eq!(found, [&"audit", &"ledger"]);
/// ```
#[derive(Clone)]
pub struct Matcher<T> {
    values: Vec<T>,
    /// The values of the patterns without wildcards.
    exact: HashMap<Box<str>, Vec<usize>>,
    /// The numbers of the words that are in patterns with wildcards.
    words: HashMap<Box<str>, usize>,
    /// From a node by a word to a node.
    edges: HashMap<(usize, usize), usize>,
    /// The root is the first.
    nodes: Vec<Node>,
    /// How many nodes a `#` leads to.
    repeats: usize,
}

#[derive(Clone, Default)]
struct Node {
    /// Whether it is in `edges`.
    has_words: bool,
    /// Where `*` leads.
    one: Option<usize>,
    /// Where `#` leads.
    many: Option<usize>,
    /// Its number among the nodes that a `#` leads to. Such a node takes any word and stays where it is.
    repeats: Option<usize>,
    /// The values of the patterns that end here.
    values: Vec<usize>,
}

impl<T> Matcher<T> {
    /// Compiles patterns, each with its value. One pattern may come with several values.
    pub fn new(patterns: impl IntoIterator<Item = (Pattern, T)>) -> Self {
        let mut matcher = Matcher::default();
        for (pattern, value) in patterns {
            matcher.insert(&pattern, value);
        }
        matcher
    }

    /// Adds a pattern with its value, behind those that are in. Costs what the pattern has of words, however many there are.
    pub(crate) fn insert(&mut self, pattern: &Pattern, value: T) {
        let number = self.values.len();
        self.values.push(value);
        if pattern.is_exact() {
            self.exact.entry(pattern.as_str().into()).or_default().push(number);
        } else {
            let end = pattern.words().fold(0, |node, word| self.grow(node, word));
            self.nodes[end].values.push(number);
        }
    }

    /// The values, in the order in which they were given.
    pub(crate) fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The values whose patterns choose `topic`, in the order in which they were given, each once.
    pub fn matches(&self, topic: &Topic) -> impl Iterator<Item = &T> {
        let topic = topic.as_str();
        // Without exact patterns this does not even hash.
        let mut exact = self.exact.get(topic).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        self.walk(topic, &mut found);
        if !found.is_empty() {
            found.extend_from_slice(exact);
            found.sort_unstable();
            exact = &[];
        }
        exact.iter().copied().chain(found).map(|number| &self.values[number])
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True if there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The node to which `word` of a pattern leads, made if there is none.
    fn grow(&mut self, from: usize, word: &str) -> usize {
        let new = self.nodes.len();
        let to = match word {
            "*" => *self.nodes[from].one.get_or_insert(new),
            "#" => *self.nodes[from].many.get_or_insert(new),
            _ => {
                let next = self.words.len();
                let word = *self.words.entry(word.into()).or_insert(next);
                self.nodes[from].has_words = true;
                *self.edges.entry((from, word)).or_insert(new)
            }
        };
        if to == new {
            let repeats = (word == "#").then_some(self.repeats);
            self.repeats += usize::from(repeats.is_some());
            self.nodes.push(Node { repeats, ..Node::default() });
        }
        to
    }

    /// Adds to `found` the values of the patterns with wildcards, each once, and tells how many nodes it visited.
    ///
    /// Each node has one way in, except that one behind a `#` also leads to itself. So nodes of the second sort are all
    /// that could be reached twice by the same words; they are reached once and stay to the end.
    pub(super) fn walk(&self, topic: &str, found: &mut Vec<usize>) -> usize {
        if self.nodes.len() == 1 {
            return 0;
        }
        let mut visits = 0;
        let (mut here, mut next, mut staying) = (List::new(), List::new(), List::new());
        let mut reached = Bits::new(self.repeats);
        self.enter(0, &mut here, &mut staying, &mut reached);
        for word in topic.split('.') {
            let word = self.words.get(word).copied();
            let stayed = staying.len();
            for index in 0..here.len() + stayed {
                let at = if index < stayed { staying.get(index) } else { here.get(index - stayed) };
                visits += 1;
                let node = &self.nodes[at];
                let by_word = word.filter(|_| node.has_words).and_then(|word| self.edges.get(&(at, word)));
                for to in by_word.into_iter().chain(&node.one) {
                    self.enter(*to, &mut next, &mut staying, &mut reached);
                }
            }
            std::mem::swap(&mut here, &mut next);
            next.clear();
            if here.len() + staying.len() == 0 {
                break;
            }
        }
        for at in (0..here.len()).map(|index| here.get(index)).chain((0..staying.len()).map(|index| staying.get(index)))
        {
            found.extend_from_slice(&self.nodes[at].values);
        }
        visits
    }

    /// Reaches a node, and those behind it that `#` leads to without a word.
    fn enter(&self, mut at: usize, here: &mut List, staying: &mut List, reached: &mut Bits) {
        loop {
            match self.nodes[at].repeats {
                Some(number) if !reached.insert(number) => return,
                Some(_) => staying.push(at),
                None => here.push(at),
            }
            let Some(next) = self.nodes[at].many else { return };
            at = next;
        }
    }
}

/// No patterns.
impl<T> Default for Matcher<T> {
    fn default() -> Self {
        Matcher {
            values: Vec::new(),
            exact: HashMap::new(),
            words: HashMap::new(),
            edges: HashMap::new(),
            nodes: vec![Node::default()],
            repeats: 0,
        }
    }
}

impl<T> FromIterator<(Pattern, T)> for Matcher<T> {
    fn from_iter<I: IntoIterator<Item = (Pattern, T)>>(patterns: I) -> Self {
        Matcher::new(patterns)
    }
}

impl<T: fmt::Debug> fmt::Debug for Matcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher").field("values", &self.values).finish_non_exhaustive()
    }
}

/// Numbers of nodes, on the stack as long as they are few.
struct List {
    few: [usize; 32],
    len: usize,
    more: Vec<usize>,
}

impl List {
    fn new() -> Self {
        List { few: [0; 32], len: 0, more: Vec::new() }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> usize {
        self.few.get(index).copied().unwrap_or_else(|| self.more[index - self.few.len()])
    }

    fn push(&mut self, node: usize) {
        match self.few.get_mut(self.len) {
            Some(slot) => *slot = node,
            None => self.more.push(node),
        }
        self.len += 1;
    }

    fn clear(&mut self) {
        self.len = 0;
        self.more.clear();
    }
}

/// A set of small numbers, on the stack as long as they are below 256.
struct Bits {
    few: [u64; 4],
    more: Vec<u64>,
}

impl Bits {
    fn new(size: usize) -> Self {
        Bits { few: [0; 4], more: vec![0; size.div_ceil(64).saturating_sub(4)] }
    }

    /// False if it was in.
    fn insert(&mut self, number: usize) -> bool {
        let (block, bit) = (number / 64, 1 << (number % 64));
        let block = match self.few.get_mut(block) {
            Some(block) => block,
            None => &mut self.more[block - 4],
        };
        let is_new = *block & bit == 0;
        *block |= bit;
        is_new
    }
}
