//! The annotations in doc comments.
//!
//! Prose comes first; from the first line that begins with `@` on, a doc comment holds annotations only, one a line.
//! A line that does not begin with `@` continues the annotation above it.
//!
//! | annotation | on | meaning |
//! | --- | --- | --- |
//! | `@http METHOD /path/{param}` | function | the one request that the function makes |
//! | `@risk read\|confidential\|reversible\|disruptive\|irreversible` | function | `GET` is `read`; every other method must say |
//! | `@auth admin-key\|oauth\|oauth:SCOPE\|scope:NAME\|none` | function, interface | a credential that opens it; default: admin key or OAuth token |
//! | `@auth KIND INPUT` or `KIND INPUT=WORD` | function | the credential that alone opens it while an input is given, or has this word |
//! | `@beta NAME` | function, interface | a required `anthropic-beta` value |
//! | `@beta NAME PARAM` or `NAME PARAM=WORD` | function | one that is required while a query parameter is given, or has this word |
//! | `@effect TEXT` or `[INPUT=WORD] TEXT` | function | what the write brings about; needed on every write; with conditions, the first that applies |
//! | `@ask TEXT` or `[INPUT=WORD] TEXT` | function | the question before the write: `{FIELD}` stands for a field of the target by its JSON name (`{FIELD.FIELD}` for one inside it), `{INPUT}` or `{--INPUT}` for an argument |
//! | `@impact WHAT: COMMAND` or `WHAT: [FIELD=VALUE] COMMAND` | function | a list whose items, or those with this value, depend on the target of the write; with names between braces as in `@ask` |
//! | `@replaces NOUN VERB: FIELD …` | function | the write replaces the item of this list whose fields are those of the arguments; it is shown before the write is decided on |
//! | `@futile done\|refused [CONDITION …] TEXT` | function | the state of the target in which the write changes nothing, or the API refuses it: `FIELD`, `FIELD=WORD,WORD`, `!FIELD` (absent or null), `--INPUT`, `--INPUT=WORD,WORD`, or `same` (every argument of the body is what the target has) |
//! | `@code CODE changed\|unchanged\|unknown TEXT` | function | an error code of the API that means more than its status: whether something was changed, and what to do |
//! | `@available console\|enterprise\|aws …` | function, interface | where it exists |
//! | `@content` | function, field | the answer carries what people wrote: the function must be `@risk confidential` |
//! | `@promised` | field | the API documents that it is always there; a reply without it is read all the same |
//! | `@owner` | field | it names the person who wrote the content: an id or an address, or an object that has them |
//! | `@unit PARAM UNIT`, `@unit UNIT` | function, field | what a number means: `cents CURRENCY`, `cents CURRENCY-FIELD`, or a plural noun |
//! | `@names FIELD` | interface | the field that holds the human name of its objects, which can be written instead of the ID; of several, the first is shown |
//! | `@example TEXT` | function | a command line; at least one |
//! | `@alias NAME` | interface, function | another spelling |
//! | `@family NAME` | interface | the group that it stands in, where interfaces are listed |
//! | `@deprecated TEXT` | interface, function | why it should not be used any more, and what to use |
//! | `@sensitive PARAM` | function | the parameter is a secret: its values are in no plan, log or card |
//! | `@sensitive` | field | the same; in an answer, only the requester gets it, once |
//! | `@param NAME TEXT` | function | documents a parameter, since parsers drop docs that stand on one |
//! | `@name PARAM WIRE` | function | the wire name of a parameter |
//! | `@name WIRE` | field, case | the wire name |
//! | `@range PARAM MIN..MAX` | function | bounds: of a number, of the length of a text, of the items of a list; `MIN..` and `MIN..MAX except N` too |
//! | `@range PARAM MIN..MAX OTHER=WORD` | function | the same, while another parameter has this word; a default counts |
//! | `@range MIN..MAX` | field | the same |
//! | `@header PARAM NAME` | function | the parameter is a request header with this name |
//! | `@empty PARAM` | function | an empty item of the list has a meaning of its own, and is sent |
//! | `@conflict INPUT OTHER,OTHER=WORD TEXT` | function | inputs that the API does not take together, and what to do instead |
//! | `@default PARAM VALUE` | function | what the server assumes when it is not sent |
//! | `@default VALUE` | field | the same |
//! | `@const NAME=VALUE` | function | a fixed field of the body |
//! | `@const VALUE` | field | it always holds this word |
//! | `@rest` | field | it holds, as JSON text, every field that no other one takes |
//! | `@null PARAM` | function | send null when the parameter is none; a person must say so |
//! | `@null` | field | send null when it is none |
//! | `@flatten PARAM` | function | the parameter is the body itself, not a field of it |
//! | `@body multipart` | function | the body is a form; parameters of the record type `upload` are files in it |
//! | `@reply bytes` | function | the answer is a file, not JSON: it goes into a record with `content-type`, `file-name` and `content` |
//! | `@span PERIOD LENGTH` | function | how long a period may be, such as `31d` or `24h`; `OTHER=WORD` may follow |
//! | `@period NAME START END` | function | two parameters that bound a time, `END` left out; people may give both as one, under this name |
//! | `@period NAME START END WIDTH` | function | the same of a report; `WIDTH` is the parameter that says how wide its buckets are, to whose borders the period is aligned |
//! | `@order FIELD` | function | the field of its items, by wire name, by which the API orders the list; it is always shown |
//! | `@level` | field | a number that does not add up: of two days or groups, their sum means nothing |
//! | `@prefix TEXT` | type | how identifiers of this type begin; a second one names another way |
//! | `@tag FIELD` | variant | the field that tells the cases apart |
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

/// A doc comment, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Docs {
    /// The text before the first annotation, trimmed.
    pub prose: String,
    /// The annotations, in order.
    pub annotations: Vec<Annotation>,
}

impl Docs {
    /// Takes a doc comment apart.
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

    /// Whether an annotation with this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// The first sentence or line of the prose, without its full stop.
    #[must_use]
    pub fn summary(&self) -> &str {
        let line = self.prose.split("\n\n").next().unwrap_or_default().lines().next().unwrap_or_default();
        line.split_once(". ").map_or(line, |(sentence, _)| sentence).trim_end_matches('.')
    }
}
