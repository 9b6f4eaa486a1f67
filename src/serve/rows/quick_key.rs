//! What stands before the values of a row, remembered for the next row.

use crate::serving::served::{Field, InputFacts};

/// What is before a value, from the quote to the colon, and whose value it is.
#[derive(Clone, Copy)]
pub struct Key<'b> {
    /// As it stands in the body.
    pub text: &'b [u8],
    /// Its bytes as a number where they are eight at most, and which bits of it count; else nothing counts.
    word: u64,
    mask: u64,
    /// What it names.
    pub field: Field,
    /// Whether a number goes into its slot as it is.
    pub is_plain: bool,
}

impl<'b> Key<'b> {
    /// Of a text, from the quote to the colon.
    pub fn new(text: &'b [u8], field: Field, inputs: &[InputFacts]) -> Self {
        let mut bytes = [0; 8];
        let mut mask = 0;
        if let Some(first) = bytes.get_mut(..text.len()) {
            first.copy_from_slice(text);
            mask = u64::MAX >> (64 - 8 * text.len());
        }
        Key {
            text,
            word: u64::from_le_bytes(bytes),
            mask,
            is_plain: matches!(field, Field::Input(position) if inputs[position].is_plain),
            field,
        }
    }

    /// Whether a text begins with it.
    #[inline]
    pub fn begins(&self, text: &[u8]) -> bool {
        match text.first_chunk() {
            Some(first) if self.mask != 0 => {
                (u64::from_le_bytes(*first) ^ self.word) & self.mask == 0
            }
            _ => text.starts_with(self.text),
        }
    }
}

/// What was in the first row, in its order.
pub struct Order<'b> {
    /// One for each column.
    pub keys: Vec<Key<'b>>,
    /// The input behind the last one of them.
    pub next_input: usize,
}

impl<'b> Order<'b> {
    /// Of no row yet; `inputs` is how many columns the model has.
    pub fn new(inputs: usize) -> Self {
        Order {
            keys: Vec::with_capacity(inputs),
            next_input: 0,
        }
    }

    /// Adds what stands next in the row.
    pub fn add(&mut self, key: Key<'b>) {
        if let Field::Input(position) = key.field {
            self.next_input = position + 1;
        }
        self.keys.push(key);
    }
}
