//! What an `oneOf` or `anyOf` stands for: the forms that serde's enums take.

use serde_json::Value;

use super::walk::resolve;

/// A union without its `null` branch, which is an `Option`'s.
pub(super) enum Union<'s> {
    /// Names only: an enum of unit variants.
    Names(Vec<&'s str>),
    /// Objects, told apart by the value of one field: internally and adjacently tagged enums.
    Tagged { tag: &'s str, variants: Vec<(&'s str, &'s Value)> },
    /// A name, or an object of one field that is the name: externally tagged enums.
    Keyed { names: Vec<&'s str>, variants: Vec<(&'s str, &'s Value)> },
    /// Anything else, first of all untagged enums; also an `Option`, as one branch.
    Other(Vec<&'s Value>),
}

/// The union of `schema`'s `key` (`oneOf`, `anyOf`), and whether it may be null; none if there is no such key.
pub(super) fn union_of<'s>(root: &'s Value, schema: &'s Value, key: &str) -> Option<(Union<'s>, bool)> {
    let all = schema.get(key)?.as_array()?;
    let is_null = |branch: &&Value| resolve(root, branch).get("type").is_some_and(|kind| kind == "null");
    let nullable = all.iter().any(|branch| is_null(&branch));
    let branches: Vec<&Value> = all.iter().filter(|branch| !is_null(branch)).collect();
    let union = names(root, &branches)
        .or_else(|| tagged(root, &branches))
        // schemars writes `oneOf` for tags of any kind and `anyOf` for untagged.
        .or_else(|| (key == "oneOf").then(|| keyed(root, &branches)).flatten())
        .unwrap_or(Union::Other(branches));
    Some((union, nullable))
}

/// The names that `schema` is: its `const`, or its `enum` of strings.
pub(super) fn names_of(schema: &Value) -> Option<Vec<&str>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(Value::String(name)), _) => Some(vec![name]),
        (None, Some(Value::Array(all))) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn names<'s>(root: &'s Value, branches: &[&'s Value]) -> Option<Union<'s>> {
    let all: Option<Vec<_>> = branches.iter().map(|branch| names_of(resolve(root, branch))).collect();
    // A lone branch explains itself.
    (branches.len() > 1).then_some(Union::Names(all?.concat()))
}

fn tagged<'s>(root: &'s Value, branches: &[&'s Value]) -> Option<Union<'s>> {
    let variant = |branch: &&'s Value, tag: &str| -> Option<(&'s str, &'s Value)> {
        let schema = tag_holder(root, branch, tag)?;
        Some((schema.get("const")?.as_str()?, *branch))
    };
    let first = resolve(root, branches.first()?).get("properties")?.as_object()?;
    first.keys().find_map(|tag| {
        let variants: Option<Vec<_>> = branches.iter().map(|branch| variant(branch, tag)).collect();
        Some(Union::Tagged { tag, variants: variants? })
    })
}

/// The schema of the required field `tag`.
fn tag_holder<'s>(root: &'s Value, branch: &'s Value, tag: &str) -> Option<&'s Value> {
    let own = branch.get("properties").and_then(|fields| fields.get(tag));
    let schema = if own.is_some() { branch } else { resolve(root, branch) };
    let is_required = schema.get("required")?.as_array()?.iter().any(|name| name == tag);
    is_required.then(|| schema.get("properties")?.get(tag)).flatten()
}

fn keyed<'s>(root: &'s Value, branches: &[&'s Value]) -> Option<Union<'s>> {
    let (mut names, mut variants) = (Vec::new(), Vec::new());
    for branch in branches {
        let schema = resolve(root, branch);
        if let Some(more) = names_of(schema) {
            names.extend(more);
            continue;
        }
        let fields = schema.get("properties")?.as_object()?;
        let required = schema.get("required")?.as_array()?;
        let (name, _) = fields.iter().next()?;
        if fields.len() != 1 || required.len() != 1 || required[0] != *name || schema.get("$ref").is_some() {
            return None;
        }
        if variants.iter().any(|(other, _)| other == name) {
            return None;
        }
        variants.push((name.as_str(), schema));
    }
    (!variants.is_empty()).then_some(Union::Keyed { names, variants })
}
