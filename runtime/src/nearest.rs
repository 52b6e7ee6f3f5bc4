//! Near names: what somebody who mistyped a name may have meant.

/// The names of `all` that are near `name`, nearest first, at most three; ties in the order given.
pub fn nearest<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = name.to_lowercase();
    let last = lower.rsplit('.').next().unwrap_or(&lower);
    // One mistake in three letters of the last part, which is what people mistype; one letter alone is like any other.
    let allowed = match last.chars().count() {
        0 | 1 => 0,
        letters => (letters / 3).max(1),
    };
    let length = lower.chars().count();
    let mut near: Vec<(usize, &str)> = all
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            // Comparing takes the product of both lengths, and a stranger may have made one of them huge. The difference of
            // the lengths is the least that there is to change.
            let shortest = other.rsplit('.').next().unwrap_or(&other).chars().count();
            if length > other.chars().count() + allowed || shortest > length + allowed {
                return None;
            }
            let mut distance = strsim::damerau_levenshtein(&lower, &other);
            if !lower.contains('.') {
                // The last part is what people remember: `Greet` for `quickstart.Greet`.
                let tail = other.rsplit('.').next().unwrap_or(&other);
                distance = distance.min(strsim::damerau_levenshtein(&lower, tail));
            }
            (distance <= allowed).then_some((distance, candidate))
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

/// A half sentence that offers the near names, to put behind an error: `` ; did you mean `port`? `` or nothing.
pub fn did_you_mean<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, all).as_slice() {
        [] => String::new(),
        [one] => format!("; did you mean `{one}`?"),
        many => {
            format!("; did you mean one of {}?", many.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_nearest_first() {
        assert_eq!(nearest("porta", ["host", "port", "ports"]), ["port", "ports"]);
        assert_eq!(nearest("greet", ["quickstart.Greet", "quickstart.Leave"]), ["quickstart.Greet"]);
        assert_eq!(nearest("shop.Wrok", ["shop.Who", "shop.Work"]), ["shop.Work"]);
        assert!(nearest("x", ["a", "b"]).is_empty());
        assert!(nearest("zebra", ["host", "port"]).is_empty());
        assert_eq!(did_you_mean("prot", ["host", "port"]), "; did you mean `port`?");
        assert_eq!(did_you_mean("x", ["host"]), "");
    }
}
