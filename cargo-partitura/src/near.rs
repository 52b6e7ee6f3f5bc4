//! Names that are alike.

/// `` ; did you mean `service`? `` or nothing.
pub(crate) fn did_you_mean<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, all) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

fn nearest<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    let name = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&name, &other.to_lowercase());
    let near = all.into_iter().map(|other| (distance(other), other)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| *distance <= allowed).map(|(_, other)| other)
}
