//! The fields of rows as parameters of their own, in the order in which a row has them.
//!
//! SQLite takes the columns of a row from these for a tenth of what a look into a document costs for each
//! of them. Must never know which rows.

use super::StoreError;
use super::parameter::unwritable;
use sea_orm::Value;
use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeStruct, Serializer};
use serde_json::Error;

/// Adds the fields of rows to the parameters of a statement, and for each row that it takes beyond those
/// a NULL for each field.
pub(super) fn add_fields<R: Serialize>(
    parameters: &mut Vec<Value>,
    rows: &[R],
    places: usize,
    width: usize,
) -> Result<(), StoreError> {
    let end = parameters.len() + places * width;
    parameters.reserve(places * width);
    let mut fields = FieldWriter { parameters, text: Vec::new() };
    for row in rows {
        row.serialize(&mut fields).map_err(|error| unwritable(&error))?;
    }
    parameters.resize(end, Value::BigInt(None));
    Ok(())
}

struct FieldWriter<'p> {
    parameters: &'p mut Vec<Value>,
    /// What one field is written into.
    text: Vec<u8>,
}

impl SerializeStruct for &mut FieldWriter<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.text.clear();
        serde_json::to_writer(&mut self.text, value)?;
        let json = str::from_utf8(&self.text).map_err(Error::custom)?;
        self.parameters.push(parameter(json)?);
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// What JSON says as SQL would have it. Objects and arrays are kept as documents.
fn parameter(json: &str) -> Result<Value, Error> {
    let text = |text: &str| Value::String(Some(text.to_owned()));
    Ok(match json {
        "null" => Value::BigInt(None),
        "true" => Value::Bool(Some(true)),
        "false" => Value::Bool(Some(false)),
        _ if json.starts_with(['{', '[']) => text(json),
        _ => match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(within) if !within.contains('\\') => text(within),
            Some(_) => Value::String(serde_json::from_str(json)?),
            None => Value::BigInt(Some(serde_json::from_str(json)?)),
        },
    })
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

impl Serializer for &mut FieldWriter<'_> {
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
        let mut parameters = vec![Value::from(0_i64)];
        add_fields(&mut parameters, &[row], 2, 5).unwrap();
        let null = || Value::BigInt(None);
        let text = |text: &str| Value::String(Some(text.to_owned()));
        let fields = [
            Value::BigInt(Some(-1)),
            Value::Bool(Some(true)),
            text("\"é\\\n\u{1}"),
            null(),
            text(r#"["\""]"#),
        ];
        assert_eq!(parameters[1..6], fields);
        assert_eq!(parameters[6..], [null(), null(), null(), null(), null()]);
        add_fields(&mut parameters, &[1], 1, 1).unwrap_err();
    }
}
