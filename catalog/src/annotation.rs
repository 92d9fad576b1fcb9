//! The annotations in doc comments.
//!
//! Prose comes first. From the first line that begins with `@`, a doc comment contains only annotations, one per line.
//! A line that does not begin with `@` continues the annotation above it.
//!
//! | annotation | on | meaning |
//! | --- | --- | --- |
//! | `@http METHOD /path/{param}` | function | the one request that the function makes |
//! | `@risk read\|confidential\|reversible\|disruptive\|irreversible` | function | the risk; a `GET` is `read` by default; required for every other method |
//! | `@activity TYPE` | function | the type of activity that the activity feed shows for it; without it, none is known |
//! | `@auth admin-key\|oauth\|oauth:SCOPE\|scope:NAME\|none` | function, interface | a credential that grants access to it; default: admin key or OAuth token |
//! | `@auth KIND INPUT` or `KIND INPUT=WORD` | function | the only credential that grants access to it while an input is given, or has this value |
//! | `@beta NAME` | function, interface | a required `anthropic-beta` value |
//! | `@beta NAME PARAM` or `NAME PARAM=WORD` | function | a value that is required while a query parameter is given, or has this value |
//! | `@effect TEXT` or `[INPUT=WORD] TEXT` | function | the effect of the write; required for every write; with conditions, the first that applies is used |
//! | `@ask TEXT` or `[INPUT=WORD] TEXT` | function | the question before the write: `{FIELD}` is replaced by a field of the target with this JSON name (`{FIELD.FIELD}` for a nested field), `{INPUT}` or `{--INPUT}` by an argument |
//! | `@impact WHAT: COMMAND` or `WHAT: [FIELD=VALUE] COMMAND` | function | a list whose items, or those with this value, depend on the target of the write; with names between braces as in `@ask` |
//! | `@replaces NOUN VERB: FIELD …` | function | the write replaces the item of this list whose fields equal the arguments; the item is shown before the decision about the write |
//! | `@futile done\|refused [CONDITION …] TEXT` | function | the state of the target in which the write changes nothing, or the API rejects it: `FIELD`, `FIELD=WORD,WORD`, `!FIELD` (absent or null), `--INPUT`, `--INPUT=WORD,WORD`, or `same` (every argument of the body equals the value of the target) |
//! | `@code CODE changed\|unchanged\|unknown TEXT` | function | an error code of the API with more information than its status: whether a change was made, and what to do |
//! | `@available console\|enterprise\|aws …` | function, interface | the organizations and platforms in which it exists |
//! | `@content` | function, field | the response contains text or files that people wrote: the function must be `@risk confidential` |
//! | `@promised` | field | the API documents that the field is always there; a response without it is still read |
//! | `@owner` | field | it names the person who wrote the content: an ID or an address, or an object that has them |
//! | `@unit PARAM UNIT`, `@unit UNIT` | function, field | the meaning of a number: `cents CURRENCY`, `cents CURRENCY-FIELD`, or a plural noun |
//! | `@names FIELD` | interface | the field with the human name of its objects, which can be written instead of the ID; of several, the first is shown |
//! | `@example TEXT` | function | a command line; at least one |
//! | `@alias NAME` | interface, function | another spelling |
//! | `@family NAME` | interface | the group under which lists show the interface |
//! | `@deprecated TEXT` | interface, function | the reason why it is deprecated, and the replacement |
//! | `@sensitive PARAM` | function | the parameter is a secret: its values are in no plan, log or card |
//! | `@sensitive` | field | the same; in a response, only the requester receives the value, once |
//! | `@param NAME TEXT` | function | documents a parameter, since parsers drop the doc comment of a parameter |
//! | `@name PARAM WIRE` | function | the wire name of a parameter |
//! | `@name WIRE` | field, case | the wire name |
//! | `@range PARAM MIN..MAX` | function | bounds: of a number, of the length of a text, of the items of a list; `MIN..` and `MIN..MAX except N` too |
//! | `@range PARAM MIN..MAX OTHER=WORD` | function | the same, while another parameter has this word; a default counts |
//! | `@range MIN..MAX` | field | the same |
//! | `@header PARAM NAME` | function | the parameter is a request header with this name |
//! | `@empty PARAM` | function | an empty item of the list has its own meaning, and is sent |
//! | `@conflict INPUT OTHER,OTHER=WORD TEXT` | function | inputs that the API does not accept together, and what to do instead |
//! | `@default PARAM VALUE` | function | the value that the server assumes if the parameter is not sent |
//! | `@default VALUE` | field | the same |
//! | `@const NAME=VALUE` | function | a fixed field of the body |
//! | `@const VALUE` | field | the field always has this value |
//! | `@rest` | field | it contains, as JSON text, every field that has no other declaration |
//! | `@null PARAM` | function | send null when the parameter is none; a person must request this explicitly |
//! | `@null` | field | send null when it is none |
//! | `@flatten PARAM` | function | the parameter is the body itself, not a field of it |
//! | `@body multipart` | function | the body is a form; parameters of the record type `upload` are files in it |
//! | `@reply bytes` | function | the response is a file, not JSON; the result is a record with `content-type`, `file-name` and `content` |
//! | `@span PERIOD LENGTH` | function | the maximum length of a period, such as `31d` or `24h`; can be followed by `OTHER=WORD` |
//! | `@period NAME START END` | function | two parameters that limit a period, `END` not included; people can write both as one value, under this name |
//! | `@period NAME START END WIDTH` | function | the same for a report; `WIDTH` is the parameter with the width of its buckets, and the period is aligned to their boundaries |
//! | `@order FIELD` | function | the field of its items, by wire name, by which the API orders the list; it is always shown |
//! | `@level` | field | a number that must not be added: the sum of two days or groups has no meaning |
//! | `@prefix TEXT` | type | the prefix of identifiers of this type; a second one is an alternative prefix |
//! | `@tag FIELD` | variant | the field that distinguishes the cases |
//! | `@compact` | record | people write it as one value, `FIRST=SECOND`, instead of field by field |
//! | `@embedder` | interface | its functions are for embedding programs: no request, no command |

use serde::{Deserialize, Serialize};

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// The word after `@`.
    pub name: String,
    /// The rest, trimmed, in one line.
    pub value: String,
}

/// A parsed doc comment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Docs {
    /// The text before the first annotation, trimmed.
    pub prose: String,
    /// The annotations, in order.
    pub annotations: Vec<Annotation>,
}

impl Docs {
    /// Parses a doc comment.
    ///
    /// ```
    /// let docs = claude_admin_catalog::annotation::Docs::parse("Remove it.\n\n@risk irreversible\n@effect It is\ngone.");
    /// assert_eq!(docs.prose, "Remove it.");
    /// assert_eq!(docs.annotations[1].value, "It is gone.");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut docs = Self::default();
        let mut prose = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix('@') {
                let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                docs.annotations.push(Annotation { name: name.to_owned(), value: value.trim().to_owned() });
            } else if let Some(last) = docs.annotations.last_mut() {
                if !line.is_empty() {
                    last.value.push(' ');
                    last.value.push_str(line);
                }
            } else {
                prose.push(line);
            }
        }
        docs.prose = prose.join("\n").trim().to_owned();
        docs
    }

    /// The values of every annotation with this name, in order.
    pub fn values<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d str> + 'd {
        self.annotations.iter().filter(move |annotation| annotation.name == name).map(|annotation| &*annotation.value)
    }

    /// The value of the first annotation with this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        self.values(name).next().map(str::to_owned)
    }

    /// Whether there is an annotation with this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// The first sentence or line of the prose, without its period.
    #[must_use]
    pub fn summary(&self) -> &str {
        let line = self.prose.split("\n\n").next().unwrap_or_default().lines().next().unwrap_or_default();
        line.split_once(". ").map_or(line, |(sentence, _)| sentence).trim_end_matches('.')
    }
}
