//! A list that only grows: what is in it is found without a lock.

use std::sync::OnceLock;

/// A list of few values, each of which stays where it is. The first ones are found soonest.
#[derive(Debug)]
pub(crate) struct GrowingList<T>(OnceLock<Box<Link<T>>>);

#[derive(Debug)]
struct Link<T> {
    value: T,
    rest: GrowingList<T>,
}

impl<T> Default for GrowingList<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> GrowingList<T> {
    /// The value that is the right one, which is added where there is none; nothing where there are so
    /// many others already.
    pub(crate) fn find_or_add(
        &self,
        most: usize,
        is_right: impl Fn(&T) -> bool,
        make: impl Fn() -> T,
    ) -> Option<&T> {
        let mut list = self;
        for _ in 0..most {
            // Whoever adds something else meanwhile is come upon next.
            let link =
                list.0.get_or_init(|| Box::new(Link { value: make(), rest: Self::default() }));
            if is_right(&link.value) {
                return Some(&link.value);
            }
            list = &link.rest;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::GrowingList;

    #[test]
    fn what_is_added_once_is_found_by_everybody_and_no_more_than_so_many() {
        let list = GrowingList::default();
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for number in 0..8 {
                        let found = list.find_or_add(8, |other| *other == number, || number);
                        assert_eq!(found, Some(&number));
                    }
                });
            }
        });
        assert_eq!(list.find_or_add(8, |other| *other == 8, || 8), None);
        assert_eq!(list.find_or_add(8, |other| *other == 7, || 9), Some(&7));
    }
}
