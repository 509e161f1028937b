//! In which order operations are done: that of the request, but each behind those that it waits for.
//!
//! Must never know why one waits for another.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Numbers of operations.
pub(super) type Operations = Vec<usize>;

/// The order, and what has no place in it because it waits for itself, by what each waits for.
pub(super) fn ordered(waits_for: &[Operations]) -> (Operations, Operations) {
    let mut missing: Vec<usize> = waits_for.iter().map(Vec::len).collect();
    let mut waiting = vec![Vec::new(); waits_for.len()];
    for (number, before) in waits_for.iter().enumerate() {
        for one in before {
            waiting[*one].push(number);
        }
    }
    let free = (0..waits_for.len()).filter(|number| missing[*number] == 0);
    let mut free: BinaryHeap<_> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(waits_for.len());
    while let Some(Reverse(number)) = free.pop() {
        order.push(number);
        for behind in &waiting[number] {
            missing[*behind] -= 1;
            if missing[*behind] == 0 {
                free.push(Reverse(*behind));
            }
        }
    }
    let left = (0..waits_for.len()).filter(|number| missing[*number] > 0).collect();
    (order, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(waits_for: &[&[usize]]) -> (Operations, Operations) {
        let waits_for: Vec<_> = waits_for.iter().map(|before| before.to_vec()).collect();
        ordered(&waits_for)
    }

    #[test]
    fn what_waits_for_nothing_keeps_the_order_of_the_request() {
        assert_eq!(of(&[&[], &[], &[0]]), (vec![0, 1, 2], vec![]));
    }

    #[test]
    fn what_waits_comes_right_behind_what_it_waits_for() {
        assert_eq!(of(&[&[2], &[], &[], &[]]), (vec![1, 2, 0, 3], vec![]));
        assert_eq!(of(&[&[1], &[2], &[3], &[]]), (vec![3, 2, 1, 0], vec![]));
    }

    #[test]
    fn what_waits_for_itself_has_no_place_nor_what_waits_for_that() {
        assert_eq!(of(&[&[1], &[0], &[1], &[]]), (vec![3], vec![0, 1, 2]));
        assert_eq!(of(&[&[0]]), (vec![], vec![0]));
    }

    #[test]
    fn a_chain_of_all_operations_is_no_long_work() {
        let chain: Vec<_> = (1..1000).map(|next| vec![next]).chain([vec![]]).collect();
        let (order, left) = ordered(&chain);
        assert_eq!(order, (0..1000).rev().collect::<Vec<_>>());
        assert_eq!(left, [0; 0]);
    }
}
