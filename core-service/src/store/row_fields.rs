//! The fields of rows as parameters of their own, in the order in which a row has them, and their texts in
//! one parameter behind them ([`FieldRows`](super::row_sql::FieldRows)).
//!
//! SQLite takes the columns of a row from these for a tenth of what a look into a document costs for each
//! of them. A text by itself would be two pieces of memory that one thread takes and that of SQLite gives
//! back; all texts together are one. Must never know which rows.

use super::StoreError;
use super::parameter::unwritable;
use super::row_sql::LENGTH_BITS;
use sea_orm::Value;
use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeStruct, Serializer};
use serde_json::Error;
use std::mem;

/// What a statement is given of rows.
pub(super) struct RowFields {
    parameters: Vec<Value>,
    texts: Vec<u8>,
    /// What one field is written into.
    json: Vec<u8>,
}

impl RowFields {
    /// Nothing, with room for so many fields and for two parameters behind them.
    pub(super) fn with_capacity(fields: usize) -> Self {
        let parameters = Vec::with_capacity(fields + 2);
        Self { parameters, texts: Vec::new(), json: Vec::new() }
    }

    /// Adds the fields of rows, and for each row that the statement takes beyond those a NULL for each field.
    pub(super) fn add<R: Serialize>(
        &mut self,
        rows: &[R],
        places: usize,
        width: usize,
    ) -> Result<(), StoreError> {
        let end = self.parameters.len() + places * width;
        for row in rows {
            row.serialize(&mut *self).map_err(|error| unwritable(&error))?;
        }
        self.parameters.resize(end, Value::BigInt(None));
        Ok(())
    }

    /// The parameters: all fields, then the texts.
    pub(super) fn end(self) -> Vec<Value> {
        let Self { mut parameters, texts, json: _ } = self;
        parameters.push(Value::Bytes(Some(texts)));
        parameters
    }

    /// Keeps a text, and answers where.
    fn text(&mut self, text: &[u8]) -> Result<Value, Error> {
        let (from, length) = (self.texts.len() + 1, text.len());
        if length >> LENGTH_BITS != 0 {
            return Err(Error::custom("a text is too long for a field"));
        }
        self.texts.extend_from_slice(text);
        let place = i64::try_from(from << LENGTH_BITS | length).map_err(Error::custom)?;
        Ok(Value::BigInt(Some(place)))
    }

    /// What JSON says as SQL would have it. Objects and arrays are kept as documents.
    fn parameter(&mut self, json: &str) -> Result<Value, Error> {
        Ok(match json {
            "null" => Value::BigInt(None),
            "true" => Value::Bool(Some(true)),
            "false" => Value::Bool(Some(false)),
            _ if json.starts_with(['{', '[']) => self.text(json.as_bytes())?,
            _ => match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(within) if !within.contains('\\') => self.text(within.as_bytes())?,
                Some(_) => self.text(serde_json::from_str::<String>(json)?.as_bytes())?,
                None => Value::BigInt(Some(serde_json::from_str(json)?)),
            },
        })
    }
}

impl SerializeStruct for &mut RowFields {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut json = mem::take(&mut self.json);
        json.clear();
        serde_json::to_writer(&mut json, value)?;
        let parameter = self.parameter(str::from_utf8(&json).map_err(Error::custom)?)?;
        self.parameters.push(parameter);
        self.json = json;
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

macro_rules! no_rows {
    ($($method:ident($($argument:ty),*) -> $written:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$written, Error> {
            Err(no_row())
        })*
    };
}

fn no_row() -> Error {
    Error::custom("a row is a struct with a field for each column")
}

type Never = Impossible<(), Error>;

impl Serializer for &mut RowFields {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    no_rows! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Error> {
        Err(no_row())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(no_row())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(no_row())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        number: i64,
        flag: bool,
        text: &'static str,
        nothing: Option<i64>,
        list: Vec<&'static str>,
    }

    #[test]
    fn fields_come_as_sql_has_them_and_missing_rows_as_null() {
        let row =
            Row { number: -1, flag: true, text: "\"é\\\n\u{1}", nothing: None, list: vec!["\""] };
        let mut fields = RowFields::with_capacity(10);
        fields.add(&[row], 2, 5).unwrap();
        fields.add(&[1], 1, 1).unwrap_err();
        let null = || Value::BigInt(None);
        let place = |from: i64, length: i64| Value::BigInt(Some((from << 24) + length));
        let first =
            [Value::BigInt(Some(-1)), Value::Bool(Some(true)), place(1, 6), null(), place(7, 6)];
        let parameters = fields.end();
        assert_eq!(parameters[..5], first);
        assert_eq!(parameters[5..10], [null(), null(), null(), null(), null()]);
        assert_eq!(parameters[10], Value::Bytes(Some("\"é\\\n\u{1}[\"\\\"\"]".into())));
    }
}
