//! What `#[validate(..)]` says.

use proc_macro2::Ident;
use syn::{Expr, ExprPath, LitStr, Type};

/// The rules of a type.
#[derive(Default)]
pub(super) struct Model {
    /// Of the whole.
    pub(super) whole: Vec<Group>,
    /// Whether another type is read from JSON and converted.
    pub(super) converted: bool,
    pub(super) shape: Shape,
}

/// A struct is its fields; an enum has those of each variant.
pub(super) enum Shape {
    Struct(Vec<Field>),
    Enum {
        variants: Vec<Variant>,
        /// Whether there are variants without rules.
        more: bool,
    },
}

impl Default for Shape {
    fn default() -> Self {
        Shape::Struct(Vec::new())
    }
}

impl Model {
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
            && match &self.shape {
                Shape::Struct(fields) => fields.is_empty(),
                Shape::Enum { variants, .. } => variants.is_empty(),
            }
    }
}

/// A variant with rules.
pub(super) struct Variant {
    pub(super) name: Ident,
    /// What is around its fields in JSON.
    pub(super) around: Vec<String>,
    pub(super) fields: Vec<Field>,
}

/// A field with rules.
pub(super) struct Field {
    pub(super) member: syn::Member,
    pub(super) ty: Type,
    /// Its name in JSON; nothing if its value stands where the type's own does.
    pub(super) name: Option<String>,
    pub(super) reading: Reading,
    pub(super) groups: Vec<Group>,
}

/// How a field comes from JSON, as far as its rules can be said of what is in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As its type does.
    AsIs,
    /// Its fields stand among those around it.
    Flat,
    /// By a fn or a type of the user's: what is in JSON may be anything.
    Otherwise,
}

/// One attribute, or the parentheses of `each` or `when`.
pub(super) struct Group {
    pub(super) rules: Vec<Rule>,
    pub(super) says: Says,
}

/// What a rule, or each of a group, tells instead of its own words.
#[derive(Default)]
pub(super) struct Says {
    pub(super) code: Option<LitStr>,
    pub(super) message: Option<LitStr>,
}

/// A path, or an expression as text, in which `self` is the value with the rules.
pub(super) enum Condition {
    Path(ExprPath),
    Text(Box<Expr>),
}

pub(super) struct Rule {
    /// The token by which the rule is called: where its errors are shown.
    pub(super) name: Ident,
    pub(super) form: Form,
    pub(super) says: Says,
}

pub(super) enum Form {
    Required,
    Length {
        min: Option<Expr>,
        max: Option<Expr>,
        equal: Option<Expr>,
    },
    Range {
        min: Option<Expr>,
        max: Option<Expr>,
        above: Option<Expr>,
        below: Option<Expr>,
    },
    Pattern(LitStr),
    Email,
    Url,
    Nested,
    Each(Group),
    Custom(ExprPath),
    When(Condition, Group),
    /// Of the whole.
    With(ExprPath),
}
