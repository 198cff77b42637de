//! The codec says what Python says: `fixtures.py` asked it.

use super::*;

#[derive(Deserialize)]
struct Fixtures {
    unpacked: Vec<Unpacked>,
    packed: Vec<Packed>,
}

/// Without bytes Python does not take the format.
#[derive(Deserialize)]
struct Unpacked {
    format: String,
    bytes: Option<String>,
    values: Option<Vec<String>>,
}

/// Without bytes Python does not take the value.
#[derive(Deserialize)]
struct Packed {
    format: String,
    bytes: Option<String>,
    value: String,
}

fn fixtures() -> Fixtures {
    serde_json::from_str(include_str!("fixtures.json")).unwrap()
}

fn format(text: &str) -> Format {
    text.to_owned().try_into().unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The value that a text of the fixtures stands for, of the same kind as `like`.
fn value(text: &str, like: &Value) -> Value {
    match like {
        Value::Bool(_) => Value::Bool(text.parse().unwrap()),
        Value::Integer(_) => Value::Integer(text.parse().unwrap()),
        Value::Float(_) => Value::Float(text.parse().unwrap()),
        Value::Text(_) => Value::Text(text.to_owned()),
    }
}

#[test]
fn values_are_read_as_python_reads_them() {
    for Unpacked { format: text, bytes: hex, values } in fixtures().unpacked {
        let Some(hex) = hex else {
            assert!(Format::try_from(text.clone()).is_err(), "{text:?}");
            continue;
        };
        let (unpacked, values) = (format(&text).unpack(&bytes(&hex)).unwrap(), values.unwrap());
        let expected: Vec<_> =
            values.iter().zip(&unpacked).map(|(v, like)| value(v, like)).collect();
        assert_eq!((&unpacked, unpacked.len()), (&expected, values.len()), "{text:?} of {hex}");
    }
}

#[test]
fn values_are_written_as_python_writes_them_or_refused_as_it_does() {
    for Packed { format: text, bytes: hex, value } in fixtures().packed {
        let number = match value.parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::Float(value.parse().unwrap()),
        };
        let packed = format(&text).pack(&number).ok();
        assert_eq!(packed, hex.as_deref().map(bytes), "{text:?} of {value}");
    }
}

#[test]
fn what_was_written_is_read_again() {
    for Unpacked { format: text, bytes: hex, .. } in fixtures().unpacked {
        let (format, Some(hex)) = (Format::try_from(text).ok(), hex) else { continue };
        let Some(format) = format.filter(|format| format.fields.len() == 1) else { continue };
        let values = format.unpack(&bytes(&hex)).unwrap();
        let packed = format.pack(&values[0]).unwrap();
        assert_eq!(format.unpack(&packed).unwrap(), values);
    }
}

#[test]
fn each_value_lies_where_the_padding_leaves_it() {
    let offsets = |text| format(text).fields.iter().map(|field| field.offset).collect::<Vec<_>>();
    assert_eq!(offsets(">xbxb2H3xf"), [1, 3, 4, 6, 11]);
    assert_eq!(offsets("@bhilq"), [0, 2, 4, 8, 16]);
    assert_eq!(offsets("=bhilq"), [0, 1, 3, 7, 11]);
    assert_eq!(offsets(">4sH"), [0, 4]);
}

#[test]
fn text_ends_with_its_last_character_that_is_not_nul() {
    let read = |text, bytes: &[u8]| format(text).unpack(bytes).unwrap();
    assert_eq!(read("6s", b"ab\0c\0\0"), [Value::Text("ab\0c".to_owned())]);
    assert_eq!(read("4s", "5 °".as_bytes()), [Value::Text("5 °".to_owned())]);
    assert_eq!(read("2s", b"a\xb0"), [Value::Text("a\u{fffd}".to_owned())]);
    assert_eq!(read("4p", b"\x02abc"), [Value::Text("ab".to_owned())]);
    assert_eq!(read("4p", b"\xffabc"), [Value::Text("abc".to_owned())]);
    assert_eq!(read("0s0pH", b"\x01\0"), [Value::Integer(1)]);
}

#[test]
fn text_is_filled_up_and_never_cut() {
    let write = |format_text, text: &str| format(format_text).pack(&Value::Text(text.to_owned()));
    assert_eq!(write("4s", "ab").unwrap(), b"ab\0\0");
    assert_eq!(write("2x4sx", "abcd").unwrap(), b"\0\0abcd\0");
    assert_eq!(write("4p", "abc").unwrap(), b"\x03abc");
    assert_eq!(write("c", "a").unwrap(), b"a");
    for (format, text) in [("4s", "abcde"), ("3s", "5 °"), ("4p", "abcd"), ("c", "ab"), ("H", "1")]
    {
        assert!(write(format, text).is_err(), "{format}");
    }
}

#[test]
fn a_value_of_another_kind_is_refused() {
    let (yes, one, half) = (Value::Bool(true), Value::Integer(1), Value::Float(0.5));
    assert_eq!(format("x?").pack(&yes).unwrap(), [0, 1]);
    for (text, value) in [("?", &one), ("h", &half), ("f", &one), ("H", &yes), ("2s", &one)] {
        assert!(format(text).pack(value).is_err(), "{text}");
    }
    for text in ["2H", "2x", ""] {
        let error = format(text).pack(&one).unwrap_err().to_string();
        assert!(error.contains("expected one value"), "{error}");
    }
}

#[test]
fn what_no_device_can_send_is_no_format() {
    let error = |text: &str| Format::try_from(text.to_owned()).unwrap_err().to_string();
    assert_eq!(error(">H3"), "the number at the end has no format character");
    assert_eq!(error(">Hw"), "'w' is not a format character with this byte order");
    assert_eq!(error(">n"), "'n' is not a format character with this byte order");
    for text in [">126H", "99999999999999999999999x", ">251s"] {
        assert_eq!(error(text), "it has more than 250 bytes");
    }
    for text in [">>H", ">3 H", "H>", "é", ">-1H"] {
        assert!(Format::try_from(text.to_owned()).is_err(), "{text}");
    }
    assert!(format(">H").unpack(&[1]).is_err());
}

#[test]
fn not_a_number_is_read_as_such() {
    let read = |text, bytes: &[u8]| format(text).unpack(bytes).unwrap();
    let [Value::Float(nan)] = read(">f", &[0x7f, 0xc0, 0, 0])[..] else { panic!("a float") };
    assert!(nan.is_nan());
    assert_eq!(read(">e", &[0x7c, 0]), [Value::Float(f64::INFINITY)]);
}
