//! The elements of a tensor, one after the other in row-major order: out of JSON, flat or nested, and out of bytes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::datatype::Datatype;
use crate::data::short_json_number;
use crate::features::CellRef;

/// Passes on each element of a JSON list, with its place in row-major order.
///
/// # Errors
/// What is wrong with the list, in words that hold none of it.
pub fn of_json(
    json: &str,
    datatype: Datatype,
    shape: &[usize],
    take: &mut dyn FnMut(usize, CellRef<'_>),
) -> Result<(), String> {
    let n_elements = shape.iter().product();
    let mut n_taken = 0;
    let usual = usual_list(json, datatype, n_elements, |cell| {
        take(n_taken, cell);
        n_taken += 1;
    });
    if usual.is_some() {
        return Ok(());
    }
    // Nothing is passed on twice.
    let mut take_others = |at: usize, cell: CellRef<'_>| {
        if at >= n_taken {
            take(at, cell);
        }
    };
    let mut list = List {
        datatype,
        shape,
        n_elements,
        take: &mut take_others,
        n_found: 0,
        depth: None,
        is_ragged: false,
        first_bad: None,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = Level {
        list: &mut list,
        depth: 0,
    }
    .deserialize(&mut reader);
    if read.is_err() || list.depth == Some(0) {
        return Err("`data` is not a list of elements".to_string());
    }
    if let Some(element) = list.first_bad {
        let name = datatype.name();
        return Err(format!("element {element} of `data` is not of type {name}"));
    }
    if list.n_found != n_elements {
        let found = crate::text::counted(list.n_found as u64, "element");
        return Err(format!(
            "`data` has {found} where the shape says {n_elements}"
        ));
    }
    if list.is_ragged {
        return Err("`data` is neither flat nor nested as the shape says".to_string());
    }
    Ok(())
}

/// Passes on the elements of a flat list of numbers of few digits, which nearly every list is; `None` where it is another one, after
/// those elements that could be read.
fn usual_list(
    json: &str,
    datatype: Datatype,
    n_elements: usize,
    mut take: impl FnMut(CellRef<'_>),
) -> Option<()> {
    let Datatype::Float(_) = datatype else {
        return None;
    };
    let bytes = json.as_bytes();
    let blanks = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        at + rest.iter().take_while(is_blank).count()
    };
    let mut at = blanks(0);
    let mut n_found = 0;
    let mut before = b'[';
    while n_found < n_elements && bytes.get(at) == Some(&before) {
        at = blanks(at + 1);
        let (number, length) = short_json_number(bytes.get(at..)?)?;
        take(datatype.fraction(number)?);
        n_found += 1;
        at = blanks(at + length);
        before = b',';
    }
    let is_all = n_found > 0 && n_found == n_elements && bytes.get(at) == Some(&b']');
    is_all.then_some(())
}

/// Passes on each element of a tensor's bytes.
///
/// # Errors
/// What is wrong with the bytes, in words that hold none of them.
pub fn of_bytes(
    bytes: &[u8],
    datatype: Datatype,
    n_elements: usize,
    take: &mut dyn FnMut(usize, CellRef<'_>),
) -> Result<(), String> {
    let Some(size) = datatype.size() else {
        return texts(bytes, n_elements, take);
    };
    if bytes.len() as u128 != n_elements as u128 * size as u128 {
        let (found, name) = (bytes.len(), datatype.name());
        let expected = n_elements as u128 * size as u128;
        return Err(format!(
            "`binary_data_size` is {found} where the shape of {name} says {expected}"
        ));
    }
    for (at, element) in bytes.chunks_exact(size).enumerate() {
        match datatype.element(element) {
            Some(cell) => take(at, cell),
            None => {
                let name = datatype.name();
                return Err(format!("element {at} of its bytes is not of type {name}"));
            }
        }
    }
    Ok(())
}

fn texts(
    bytes: &[u8],
    n_elements: usize,
    take: &mut dyn FnMut(usize, CellRef<'_>),
) -> Result<(), String> {
    let mut rest = bytes;
    let mut n_found = 0;
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((text, behind)) = behind.split_at_checked(length) else {
            return Err(format!(
                "element {n_found} of its bytes is longer than what is left of them"
            ));
        };
        let Ok(text) = std::str::from_utf8(text) else {
            return Err(format!("element {n_found} of its bytes is not UTF-8"));
        };
        if n_found < n_elements {
            take(n_found, CellRef::Text(text));
        }
        n_found += 1;
        rest = behind;
    }
    if !rest.is_empty() {
        return Err("its bytes end within the length of an element".to_string());
    }
    if n_found != n_elements {
        let found = crate::text::counted(n_found as u64, "element");
        return Err(format!(
            "its bytes hold {found} where the shape says {n_elements}"
        ));
    }
    Ok(())
}

/// What is known of a JSON list while it is read.
struct List<'a> {
    datatype: Datatype,
    shape: &'a [usize],
    n_elements: usize,
    take: &'a mut dyn FnMut(usize, CellRef<'_>),
    n_found: usize,
    /// Lists around each element.
    depth: Option<usize>,
    is_ragged: bool,
    first_bad: Option<usize>,
}

impl List<'_> {
    fn element(&mut self, depth: usize, cell: Option<CellRef<'_>>) {
        if *self.depth.get_or_insert(depth) != depth {
            self.is_ragged = true;
        }
        match cell {
            Some(cell) if self.n_found < self.n_elements => (self.take)(self.n_found, cell),
            Some(_) => {}
            None => {
                self.first_bad.get_or_insert(self.n_found);
            }
        }
        self.n_found += 1;
    }

    /// A list within `above` others ended after so many elements or lists.
    fn ended(&mut self, above: usize, length: usize) {
        let is_as_said = match self.depth {
            // Flat, or without any element: the number of all elements says enough.
            None | Some(1) => above == 0 || self.depth.is_none(),
            Some(depth) => depth == self.shape.len() && self.shape.get(above) == Some(&length),
        };
        self.is_ragged |= !is_as_said;
    }
}

/// A list, or an element, within `depth` lists.
struct Level<'l, 'a> {
    list: &'l mut List<'a>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of elements")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Level { list, depth } = self;
        let mut length = 0;
        while items
            .next_element_seed(Level {
                list: &mut *list,
                depth: depth + 1,
            })?
            .is_some()
        {
            length += 1;
        }
        list.ended(depth, length);
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.list.element(self.depth, None);
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.list.element(self.depth, Some(CellRef::Missing));
        Ok(())
    }
    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        let fits = self.list.datatype == Datatype::Bool;
        let cell = fits.then_some(CellRef::Boolean(flag));
        self.list.element(self.depth, cell);
        Ok(())
    }
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        let cell = self.list.datatype.whole(number.into());
        self.list.element(self.depth, cell);
        Ok(())
    }
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        let cell = self.list.datatype.whole(number.into());
        self.list.element(self.depth, cell);
        Ok(())
    }
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        let cell = self.list.datatype.fraction(number);
        self.list.element(self.depth, cell);
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let fits = self.list.datatype == Datatype::Bytes;
        self.list
            .element(self.depth, fits.then_some(CellRef::Text(text)));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
