//! The rows of a file: one command each. The columns are named like the inputs of the action.
//!
//! A table has the separators, quotes and line ends that spreadsheet programs and directories write. A file can also have
//! one JSON object in each line, or one JSON array of objects.

use super::value::shown;
use super::{CommandError, CommandErrorKind, is_address};
use crate::outside_text::without_mark;
use crate::strict_json::{self, Object};
use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, Value};

/// The maximum number of bytes of a file.
pub const MAX_FILE: usize = 4 << 20;

/// The content of one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    /// The cells that are not empty, each with the header of its column; none if the file has no header.
    Cells(Vec<(Option<String>, String)>),
    /// An object.
    Object(Map<String, Value>),
}

/// A row, with the number of the line on which it begins.
pub(super) type NumberedRow = (u64, Row);

fn bad(message: String) -> CommandError {
    CommandError::new(CommandErrorKind::BadValue, message)
}

/// Reads the rows of a file.
///
/// # Errors
///
/// [`CommandError`] with the line of the problem.
pub(super) fn rows(text: &str) -> Result<Vec<NumberedRow>, CommandError> {
    let text = without_mark(text);
    match text.trim_start().chars().next() {
        None => Err(bad("The file is empty.".to_owned())),
        Some('[') => array(text),
        Some('{') => lines(text),
        Some(_) => table(text),
    }
}

fn array(text: &str) -> Result<Vec<NumberedRow>, CommandError> {
    let objects: Vec<Object> = serde_json::from_str(text)
        .map_err(|error| bad(format!("The file is not a JSON array of objects: {error}.")))?;
    // The position of an item is known, and not its line.
    Ok((1..).zip(objects.into_iter().map(|Object(object)| Row::Object(object))).collect())
}

fn lines(text: &str) -> Result<Vec<NumberedRow>, CommandError> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| match strict_json::object(line) {
            Ok(Object(object)) => Ok((number, Row::Object(object))),
            Err(error) => Err(bad(format!("Line {number} of the file is not a JSON object: {error}."))),
        })
        .collect()
}

fn table(text: &str) -> Result<Vec<NumberedRow>, CommandError> {
    // Excel reads the separator from such a line, and writes it too.
    let named = text.lines().next().and_then(|line| line.trim().strip_prefix("sep="));
    let separator = named.and_then(|named| named.bytes().next());
    let skipped = u64::from(separator.is_some());
    let body = if separator.is_some() { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
    let first = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = separator.unwrap_or_else(|| most_frequent(first));
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(body.as_bytes());
    let mut headers: Option<Vec<Option<String>>> = None;
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| bad(format!("The file is not a table: {error}.")))?;
        let line = line_of(body, &record) + skipped;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(headers) = &headers else {
            // A list of addresses often has no header.
            let is_list = record.len() == 1 && record.get(0).is_some_and(is_address);
            if is_list {
                found.push((line, cells(&record, &[None])));
            }
            headers = Some(record.iter().map(|header| (!is_list).then(|| header.to_owned())).collect());
            continue;
        };
        if record.len() > headers.len() && record.iter().skip(headers.len()).any(|cell| !cell.is_empty()) {
            return Err(bad(format!(
                "Line {line} of the file has {} cells, but the table has {} columns.",
                record.len(),
                headers.len()
            )));
        }
        found.push((line, cells(&record, headers)));
    }
    if found.is_empty() {
        return Err(bad("The file has a header and no rows.".to_owned()));
    }
    Ok(found)
}

/// The number of the line on which a record begins. The reader counts the second half of a line end as the next record.
fn line_of(text: &str, record: &StringRecord) -> u64 {
    let byte = record.position().map_or(0, csv::Position::byte);
    let (before, rest) = text.split_at_checked(usize::try_from(byte).unwrap_or(0)).unwrap_or(("", text));
    let ends = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    1 + before.bytes().chain(rest.bytes().take(ends)).filter(|byte| *byte == b'\n').count() as u64
}

fn cells(record: &StringRecord, headers: &[Option<String>]) -> Row {
    let given = headers.iter().zip(record).filter(|(_, cell)| !cell.is_empty());
    Row::Cells(given.map(|(header, cell)| (header.clone(), cell.to_owned())).collect())
}

/// The separator that occurs most often outside of quotes.
fn most_frequent(line: &str) -> u8 {
    let count = |separator: u8| {
        let mut quoted = false;
        line.bytes().fold(0, |count, byte| {
            quoted ^= byte == b'"';
            count + usize::from(byte == separator && !quoted)
        })
    };
    // The last of equal ones: a comma.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The name of an input, as the header of a column spells it.
pub(super) fn name_of(header: &str) -> String {
    let words: Vec<String> = header.split([' ', '_', '-']).map(str::to_lowercase).collect();
    words.join("-")
}

/// The place of a row in a message.
pub(super) fn in_line(number: u64, error: CommandError) -> CommandError {
    let message = format!("Row at line {number}: {}", error.message);
    CommandError { message, ..error }
}

/// The number of a row of a program in a message.
pub(super) fn in_row(number: usize, error: CommandError) -> CommandError {
    let message = format!("Row {number}: {}", error.message);
    CommandError { message, ..error }
}

/// An unknown column.
pub(super) fn unknown_column(command: &str, header: &str, names: &[&str]) -> CommandError {
    CommandError::new(
        CommandErrorKind::UnknownFlag,
        format!("`{command}` has no input for the column `{}`.", shown(header)),
    )
    .hint(format!("The columns can be: {}. Remove every other column.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells_of(text: &str) -> Vec<(u64, Vec<(String, String)>)> {
        let rows = rows(text).unwrap().into_iter();
        rows.map(|(line, row)| match row {
            Row::Cells(cells) => {
                (line, cells.into_iter().map(|(header, cell)| (header.unwrap_or_default(), cell)).collect())
            }
            Row::Object(object) => panic!("{object:?}"),
        })
        .collect()
    }

    #[test]
    fn table_is_read_as_programs_write_it() {
        let expected = [(2, "ada@example.com", "developer"), (3, "bob@example.com", "user")];
        let expected = expected.map(|(line, email, role)| {
            (line, vec![("Email".to_owned(), email.to_owned()), ("Role".to_owned(), role.to_owned())])
        });
        for text in [
            "Email,Role\nada@example.com,developer\nbob@example.com,user\n",
            "\u{FEFF}Email;Role\r\nada@example.com;developer\r\nbob@example.com;user\r\n",
            "Email\tRole\nada@example.com\tdeveloper\nbob@example.com\tuser",
            "\"Email\",\"Role\"\n\"ada@example.com\",\"developer\"\nbob@example.com,user,\n,,\n\n",
        ] {
            assert_eq!(cells_of(text), expected, "{text:?}");
        }
        assert_eq!(cells_of("sep=;\nname;note\nx;\"a;b\"\"c\nd\"\n")[0].0, 3);
        assert_eq!(cells_of("sep=;\nname;note\nx;\"a;b\"\"c\nd\"\n")[0].1[1].1, "a;b\"c\nd");
        assert_eq!(cells_of("ada@example.com\nbob@example.com\n").len(), 2);
    }

    #[test]
    fn file_that_is_no_table_names_the_line() {
        for (text, expected) in [
            ("", "empty"),
            ("email\n", "no rows"),
            ("email,role\na,b,c\n", "Line 2"),
            ("{\"a\": 1}\n[1]\n", "Line 2"),
            ("[1]", "JSON array"),
        ] {
            let error = rows(text).unwrap_err();
            assert!(error.message.contains(expected), "{text:?}: {}", error.message);
        }
        assert_eq!(rows("{\"a\": 1}\n\n{\"a\": 2}\n").unwrap().len(), 2);
        assert_eq!(rows(" [{\"a\": 1}]").unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_fails_with_a_message(text in "[\\PC\\n\\t,;\"{\\[]{0,200}") {
            if let Err(error) = rows(&text) {
                prop_assert!(error.message.len() > 10);
            }
        }

        #[test]
        fn table_that_a_program_writes_has_the_same_cells(
            table in prop::collection::vec(prop::collection::vec("[a-z ,;\"\\n]{1,8}[a-z]", 3), 1..6),
            separator in prop::sample::select(b",;\t".to_vec()),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
            writer.write_record(["one", "two", "three"]).unwrap();
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> =
                cells_of(&text).into_iter().map(|(_, row)| row.into_iter().map(|(_, cell)| cell).collect()).collect();
            let trimmed: Vec<Vec<String>> =
                table.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect();
            prop_assert_eq!(read, trimmed);
        }
    }
}
