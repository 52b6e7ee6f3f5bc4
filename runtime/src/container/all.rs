//! Every provider of one type.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::cells::Shared;

/// Every provider of `T` in the application, in declared order: modules as the application lists them, and within a
/// module by line. The same objects as single injection gives. Cheap to clone, so it can be kept in a field.
pub struct All<T: ?Sized + 'static>(Arc<[Arc<T>]>);

impl<T: ?Sized> All<T> {
    /// A list made by hand, to call a handler in a test.
    pub fn new(members: impl IntoIterator<Item = Arc<T>>) -> Self {
        All(members.into_iter().collect())
    }

    /// The objects, shared, to keep one.
    pub fn shared(&self) -> &[Arc<T>] {
        &self.0
    }

    /// The objects in declared order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        self.0.iter().map(|member| &**member)
    }
}

/// The objects in declared order: `for plugin in &plugins`.
impl<'a, T: ?Sized> IntoIterator for &'a All<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        Iter(self.0.iter())
    }
}

/// The objects in declared order, shared: `for plugin in plugins`.
impl<T: ?Sized> IntoIterator for All<T> {
    type Item = Arc<T>;
    type IntoIter = std::vec::IntoIter<Arc<T>>;

    fn into_iter(self) -> Self::IntoIter {
        Vec::from(&*self.0).into_iter()
    }
}

/// The objects of an [`All`], one after the other.
pub struct Iter<'a, T: ?Sized>(std::slice::Iter<'a, Arc<T>>);

impl<'a, T: ?Sized> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(|member| &**member)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: ?Sized> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|member| &**member)
    }
}

impl<T: ?Sized> ExactSizeIterator for Iter<'_, T> {}

impl<T: ?Sized> Clone for All<T> {
    fn clone(&self) -> Self {
        All(self.0.clone())
    }
}

impl<T: ?Sized> Deref for All<T> {
    type Target = [Arc<T>];

    fn deref(&self) -> &[Arc<T>] {
        &self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for All<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Makes the `Arc<All<T>>` of the members, each an `Arc<T>`. `None` if one holds another type.
pub fn collect<T: ?Sized + Send + Sync + 'static>(members: &[Shared]) -> Option<Shared> {
    let members: Option<Arc<[Arc<T>]>> = members.iter().map(|member| member.get::<T>().cloned()).collect();
    Some(Shared::new(Arc::new(All(members?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_goes_through_all_in_order_by_reference_and_by_value() {
        let all: All<dyn fmt::Display> = All::new([Arc::new(1) as Arc<dyn fmt::Display>, Arc::new("two")]);
        let mut seen = Vec::new();
        for one in &all {
            seen.push(one.to_string());
        }
        seen.extend((&all).into_iter().rev().map(ToString::to_string));
        assert_eq!((&all).into_iter().len(), 2);
        for one in all {
            let one: Arc<dyn fmt::Display> = one;
            seen.push(one.to_string());
        }
        assert_eq!(seen, ["1", "two", "two", "1", "1", "two"]);
    }
}
