//! Keeps values under keys that are never mistaken for an earlier value's.

/// Where a value is, and which of the values that were there it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The place.
    pub(crate) index: u32,
    /// How many values the place had before.
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    value: Option<T>,
}

/// At most `limit` values.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
    limit: usize,
}

impl<T> Slab<T> {
    /// Nothing yet, and never more than `limit`.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            limit,
        }
    }

    /// Whether no other value has room.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.limit
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len().saturating_sub(self.free.len())
    }

    /// Keeps a value; gives it back where there is no room.
    pub(crate) fn insert(&mut self, value: T) -> Result<Key, T> {
        if self.is_full() {
            return Err(value);
        }
        let index = if let Some(index) = self.free.pop() {
            index
        } else {
            let Ok(index) = u32::try_from(self.places.len()) else {
                return Err(value);
            };
            self.places.push(Place {
                generation: 0,
                value: None,
            });
            index
        };
        match self.place(index) {
            Some(place) => {
                place.value = Some(value);
                Ok(Key {
                    index,
                    generation: place.generation,
                })
            }
            None => Err(value),
        }
    }

    fn place(&mut self, index: u32) -> Option<&mut Place<T>> {
        self.places.get_mut(usize::try_from(index).ok()?)
    }

    /// The value, unless it is gone.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.place(key.index)
            .filter(|place| place.generation == key.generation)
            .and_then(|place| place.value.as_mut())
    }

    /// The value, unless it is gone.
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        self.places
            .get(usize::try_from(key.index).ok()?)
            .filter(|place| place.generation == key.generation)
            .and_then(|place| place.value.as_ref())
    }

    /// Takes the value away.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let place = self
            .place(key.index)
            .filter(|place| place.generation == key.generation)?;
        let value = place.value.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(value)
    }

    /// The keys of the values that this is true of.
    pub(crate) fn keys(&self, mut of: impl FnMut(&T) -> bool) -> Vec<Key> {
        let mut keys = Vec::new();
        for (index, place) in (0_u32..).zip(&self.places) {
            if place.value.as_ref().is_some_and(&mut of) {
                keys.push(Key {
                    index,
                    generation: place.generation,
                });
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::Slab;

    #[test]
    fn a_key_does_not_lead_to_a_later_value() {
        let mut slab = Slab::new(2);
        let first = slab.insert('a').expect("there is room");
        assert_eq!(slab.remove(first), Some('a'));
        let second = slab.insert('b').expect("there is room");
        assert_eq!(first.index, second.index);
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(second), Some(&'b'));
    }

    #[test]
    fn no_more_than_the_limit() {
        let mut slab = Slab::new(2);
        let a = slab.insert(1).expect("there is room");
        let _b = slab.insert(2).expect("there is room");
        assert_eq!(slab.insert(3), Err(3));
        assert_eq!(slab.remove(a), Some(1));
        assert!(slab.insert(3).is_ok());
        assert_eq!(slab.keys(|value| *value == 3).len(), 1);
    }
}
