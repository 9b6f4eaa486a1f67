//! The records of a JSON file as they stand in it.

use std::io::{BufReader, Read};
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Error;
use super::encoding::TextFile;
use super::encoding_name::Encoding;
use super::io::rejected;
use super::json_file::first_byte;
use super::json_layout::{Members, RawRow, other_layout};
use super::options::ReadOptions;
use super::table::TableError;

/// Records one after the other, or in a list.
pub(super) struct JsonFile {
    is_list: bool,
    encoding: Option<Encoding>,
}

impl JsonFile {
    /// Looks at a file; and its records, where it is one object in another layout.
    ///
    /// # Errors
    /// When it cannot be read, or is not a text.
    pub fn look(
        path: &Path,
        options: &ReadOptions,
    ) -> Result<(JsonFile, Option<Vec<RawRow>>), Error> {
        let file =
            TextFile::find(path, options.text.encoding).map_err(|error| rejected(path, error))?;
        let (first, _) = first_byte(&mut open(&file)?).map_err(|error| read_error(path, error))?;
        let is_list = first == Some(b'[');
        let records = if is_list {
            None
        } else {
            laid_out(&file, options)?
        };
        let encoding = file.encoding;
        Ok((JsonFile { is_list, encoding }, records))
    }

    /// Gives each record to a function.
    ///
    /// # Errors
    /// When the file is not JSON of records (any more), or the function's.
    pub fn each_object(
        &self,
        path: &Path,
        take: &mut dyn FnMut(&RawRow) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let bad = |error: serde_json::Error| Error::BadFile {
            path: path.display().to_string(),
            line: (error.line() > 0).then_some(error.line() as u64),
            column: None,
            reason: "not valid JSON".to_string(),
        };
        let encoding = self.encoding;
        let reader = json_reader(&TextFile { path, encoding })?;
        let mut json = serde_json::Deserializer::from_reader(reader);
        if !self.is_list {
            for members in json.into_iter::<Members>() {
                take(&members.map_err(bad)?.0)?;
            }
            return Ok(());
        }
        let mut stopped = None;
        let read = Each {
            take,
            stopped: &mut stopped,
        }
        .deserialize(&mut json);
        match (stopped, read) {
            (Some(error), _) => Err(error),
            (None, read) => read.map_err(bad),
        }
    }
}

/// The records of a file that is one object in another layout; only a file that begins with a nested value is read for it.
fn laid_out(file: &TextFile<'_>, options: &ReadOptions) -> Result<Option<Vec<RawRow>>, Error> {
    let mut stream =
        serde_json::Deserializer::from_reader(json_reader(file)?).into_iter::<Members>();
    let is_nested = |value: &RawValue| value.get().starts_with(['{', '[']);
    match stream.next() {
        Some(Ok(Members(members))) if members.iter().any(|(_, value)| is_nested(value)) => {}
        _ => return Ok(None),
    }
    other_layout(file, options).map_err(|error| rejected(file.path, error))
}

fn open(file: &TextFile<'_>) -> Result<BufReader<Box<dyn Read + Send>>, Error> {
    file.open()
        .map(|reader| BufReader::with_capacity(1 << 18, reader))
        .map_err(|error| read_error(file.path, error))
}

/// A reader that is before the first value, behind a byte order mark.
fn json_reader(file: &TextFile<'_>) -> Result<BufReader<Box<dyn Read + Send>>, Error> {
    let mut reader = open(file)?;
    first_byte(&mut reader).map_err(|error| read_error(file.path, error))?;
    Ok(reader)
}

fn read_error(path: &Path, error: std::io::Error) -> Error {
    rejected(path, TableError::Io(error))
}

/// The elements of a list, one after the other.
struct Each<'a> {
    take: &'a mut dyn FnMut(&RawRow) -> Result<(), Error>,
    stopped: &'a mut Option<Error>,
}

impl<'de> Visitor<'de> for Each<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of records")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(Members(members)) = elements.next_element()? {
            if let Err(error) = (self.take)(&members) {
                *self.stopped = Some(error);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Each<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}
