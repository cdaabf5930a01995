//! Values at some steps of time, and nothing for the others: what nobody used costs nothing. Pure.

use std::collections::VecDeque;

/// Values at the last `steps` steps, oldest first; a step without a value is not kept.
#[derive(Debug, Clone)]
pub struct Sparse<T> {
    /// How many steps are remembered.
    steps: usize,
    values: VecDeque<(u32, T)>,
}

impl<T: Default> Sparse<T> {
    /// Remembers the last `steps` steps.
    pub fn new(steps: usize) -> Self {
        Self { steps, values: VecDeque::new() }
    }

    /// Returns the value at `step`, which must not be before the newest.
    pub fn at(&mut self, step: u32) -> Option<&mut T> {
        self.forget(step);
        if self.values.back().is_none_or(|(newest, _)| *newest < step) {
            self.make_room();
            self.values.push_back((step, T::default()));
        }
        self.values.back_mut().map(|(_, value)| value)
    }

    /// Forgets what is not among the last steps when `now` is the newest.
    pub fn forget(&mut self, now: u32) {
        let oldest = first_of(now, self.steps);
        while self.values.front().is_some_and(|(step, _)| *step < oldest) {
            self.values.pop_front();
        }
        if self.values.is_empty() {
            self.values = VecDeque::new();
        }
    }

    /// Returns the values of the last `count` steps, newest first, when `now` is the newest.
    pub fn last(&self, now: u32, count: usize) -> impl Iterator<Item = (u32, &T)> {
        let oldest = first_of(now, count);
        let newest_first = self.values.iter().rev();
        newest_first
            .take_while(move |(step, _)| *step >= oldest)
            .map(|(step, value)| (*step, value))
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the bytes that are allocated.
    pub fn allocated(&self) -> usize {
        self.values.capacity() * size_of::<(u32, T)>()
    }

    /// Grows by half, not to the double: there are many of these.
    fn make_room(&mut self) {
        let len = self.values.len();
        if len == self.values.capacity() {
            self.values.reserve_exact((len / 2 + 2).min(self.steps.saturating_sub(len).max(1)));
        }
    }
}

/// Returns the first of the `count` steps that end with `now`.
fn first_of(now: u32, count: usize) -> u32 {
    now.saturating_add(1).saturating_sub(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_steps_are_remembered_and_only_those_with_a_value() {
        let mut sparse = Sparse::<u32>::new(10);
        for step in [1, 2, 2, 9, 11] {
            *sparse.at(step).unwrap() += 1;
        }

        let all: Vec<_> = sparse.last(11, 10).map(|(step, value)| (step, *value)).collect();

        assert_eq!(all, [(11, 1), (9, 1), (2, 2)]);
        assert_eq!(sparse.last(11, 3).count(), 2);
    }

    #[test]
    fn what_is_forgotten_takes_no_memory() {
        let mut sparse = Sparse::<u64>::new(10);
        *sparse.at(5).unwrap() = 1;

        sparse.forget(15);

        assert!(sparse.is_empty());
        assert_eq!(sparse.allocated(), 0);
    }

    #[test]
    fn a_full_one_holds_no_more_room_than_it_has_steps() {
        let mut sparse = Sparse::<u64>::new(300);
        for step in 0..1_000 {
            *sparse.at(step).unwrap() = 1;
        }

        assert_eq!(sparse.allocated(), 300 * 16);
    }
}
