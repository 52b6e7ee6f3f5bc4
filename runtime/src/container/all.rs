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
