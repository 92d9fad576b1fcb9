//! The texts that users read use standard terms: `tests/style/words.txt` has the words that are not to be used, and
//! `tests/style/counts.txt` how many of them are left.

use crate::support;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A row of the word list: words that must not be used.
struct Row {
    is_error: bool,
    pattern: String,
    regex: Regex,
    instead: String,
}

/// The kind of a text, as in `counts.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// A string of two or more words in the code of the program.
    Strings,
    /// A doc comment in the WIT package.
    Wit,
    /// A paragraph of the documentation, or a comment in a policy or a configuration.
    Documents,
    /// A comment in Rust.
    Comments,
}

/// A text, and where it is.
struct Text {
    scope: Scope,
    file: String,
    line: usize,
    text: String,
}

/// Places at which a word is correct: the end of the path of a file, and a part of the text.
const EXCEPTIONS: [(&str, &str); 13] = [
    // Names of files.
    ("docs/SUMMARY.md", "0008"),
    ("docs/SUMMARY.md", "0030"),
    ("docs/SUMMARY.md", "0013"),
    ("docs/SUMMARY.md", "0028"),
    ("docs/SUMMARY.md", "0016"),
    // Questions.
    (".md", "?"),
    // Names of variables.
    ("host/policy/src/denial.rs", "{told}"),
    ("", "{held}"),
    // A name of the API's documentation, which the WIT quotes.
    ("", "self_harm"),
    ("", "Self-harm"),
    // SQL.
    ("host/audit/src/store/migration.rs", "CREATE TRIGGER"),
    // Phrases about other programs.
    ("CHANGELOG.md", "Keep a Changelog"),
    ("", "keep working"),
];

fn rows() -> Vec<Row> {
    let table = fs::read_to_string(support::workspace().join("tests/style/words.txt")).unwrap();
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (pattern, instead) = line.split_once(" => ").unwrap_or_else(|| panic!("no replacement: {line}"));
        let (mode, pattern) = pattern.split_once(' ').unwrap();
        assert!(["fail", "less"].contains(&mode), "{line}");
        let regex = RegexBuilder::new(pattern).case_insensitive(true).build().unwrap();
        Row { is_error: mode == "fail", pattern: pattern.to_owned(), regex, instead: instead.to_owned() }
    });
    rows.collect()
}

/// The files of the project below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", ".venv", "deps", ".git", "golden", "generated"].contains(&name.as_str()) {
                files(&path, found);
            }
        } else if ["rs", "wit", "md", "cedar", "toml"].iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
            found.push(path);
        }
    }
}

fn texts() -> Vec<Text> {
    let workspace = support::workspace();
    let mut found = Vec::new();
    files(workspace, &mut found);
    found.sort();
    let mut texts = Vec::new();
    for path in found {
        let file = path.strip_prefix(workspace).unwrap().to_string_lossy().into_owned();
        let content = fs::read_to_string(&path).unwrap();
        let mut add = |scope, line, text: String| texts.push(Text { scope, file: file.clone(), line, text });
        if file.ends_with(".rs") {
            let is_test = ["tests/", "tests.rs", "testing", "benches/"].iter().any(|part| file.contains(part));
            let pieces = pieces(&content);
            // The errors of the simulator quote those of the API.
            if !is_test && !file.starts_with("simulator/") {
                let end =
                    content.find("#[cfg(test)]\nmod tests {").map_or(usize::MAX, |at| content[..at].lines().count());
                let strings = pieces.iter().filter(|piece| !piece.is_comment && piece.line <= end);
                let worded = strings.filter(|piece| piece.text.split_whitespace().count() >= 2);
                worded.for_each(|piece| add(Scope::Strings, piece.line, piece.text.clone()));
            }
            let comments =
                pieces.iter().filter(|piece| piece.is_comment).map(|piece| (piece.line, piece.text.as_str()));
            let is_item = |text: &str| text.starts_with(['*', '-', '|', '#']);
            paragraphs(comments, is_item).into_iter().for_each(|(line, text)| add(Scope::Comments, line, text));
        } else if file.ends_with(".wit") {
            let lines = content.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
            let docs = lines.filter_map(|(line, text)| Some((line, text.strip_prefix("///")?.trim())));
            let texts = paragraphs(docs, |text| text.starts_with('@'));
            for (line, text) in texts {
                let prose = match text.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
                    None => text,
                    Some(("effect" | "ask" | "reason", prose)) => prose.to_owned(),
                    Some(("param", rest)) => rest.split_once(' ').map_or(String::new(), |(_, prose)| prose.to_owned()),
                    Some(_) => continue,
                };
                add(Scope::Wit, line, prose);
            }
        } else if file != "docs/reference.md" {
            let mut in_fence = false;
            let lines = content.lines().enumerate().filter_map(|(index, line)| {
                let line = if file.ends_with(".md") {
                    let is_fence = line.trim_start().starts_with("```");
                    in_fence ^= is_fence;
                    if in_fence || is_fence { "" } else { line.trim() }
                } else {
                    let comment = line.trim_start().strip_prefix("//").or_else(|| line.trim_start().strip_prefix('#'));
                    comment.unwrap_or_default().trim()
                };
                (!line.is_empty()).then_some((index + 1, line))
            });
            let lines: Vec<(usize, &str)> = lines.collect();
            let is_item = |text: &str| text.starts_with(['*', '-', '|', '#']);
            paragraphs(lines.into_iter(), is_item)
                .into_iter()
                .for_each(|(line, text)| add(Scope::Documents, line, text));
        }
    }
    texts
}

/// Joins consecutive lines. Each item of a list is a separate paragraph.
fn paragraphs<'t>(
    lines: impl Iterator<Item = (usize, &'t str)>,
    is_item: impl Fn(&str) -> bool,
) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut last = 0;
    for (line, text) in lines {
        match found.last_mut() {
            Some((_, paragraph)) if line == last + 1 && !text.is_empty() && !is_item(text) && !paragraph.is_empty() => {
                paragraph.push(' ');
                paragraph.push_str(text);
            }
            _ => found.push((line, text.to_owned())),
        }
        last = line;
    }
    found
}

/// A string or a comment in Rust.
struct Piece {
    is_comment: bool,
    line: usize,
    text: String,
}

/// The strings and comments of a file. Everything else is skipped.
fn pieces(source: &str) -> Vec<Piece> {
    let one =
        Regex::new(r##"(?s)//[^\n]*|/\*.*?\*/|b?r#"(.*?)"#|\bb?r"([^"]*)"|"((?:[^"\\]|\\.)*)"|'(?:\\.[^']*|[^\\'])'"##)
            .unwrap();
    let continued = Regex::new(r"\\\n\s*").unwrap();
    let mut pieces = Vec::new();
    let (mut at, mut line) = (0, 1);
    for found in one.captures_iter(source) {
        let whole = found.get(0).unwrap();
        line += source[at..whole.start()].matches('\n').count();
        at = whole.start();
        if let Some(comment) = whole.as_str().strip_prefix("//") {
            let text = comment.trim_start_matches(['/', '!']).trim().to_owned();
            pieces.push(Piece { is_comment: true, line, text });
        } else if let Some(string) = (1..4).find_map(|group| found.get(group)) {
            let text = continued.replace_all(string.as_str(), "").replace("\\\"", "\"").replace("\\n", "\n");
            pieces.push(Piece { is_comment: false, line, text });
        }
    }
    pieces
}

fn is_exception(text: &Text, hit: &str) -> bool {
    EXCEPTIONS.iter().any(|(file, part)| {
        let is_question = *part == "?" && text.text.trim_end().ends_with('?');
        text.file.ends_with(file) && (is_question || (*part != "?" && text.text.contains(part)))
    }) || (hit.to_lowercase().ends_with("how to"))
}

#[test]
fn texts_have_no_listed_word_and_comments_no_more_than_before() {
    let (rows, texts) = (rows(), texts());
    let code = Regex::new("`[^`]*`").unwrap();
    let mut errors = Vec::new();
    let mut counts: BTreeMap<(Scope, &str), usize> = BTreeMap::new();
    for text in &texts {
        let without_code = code.replace_all(&text.text, "`x`");
        for row in &rows {
            for hit in row.regex.find_iter(&without_code).filter(|hit| !is_exception(text, hit.as_str())) {
                if row.is_error && text.scope != Scope::Comments {
                    let Text { file, line, text, .. } = text;
                    errors.push(format!(
                        "{file}:{line}: `{}`, better: {}\n    {text}",
                        hit.as_str().trim(),
                        row.instead
                    ));
                } else {
                    *counts.entry((text.scope, &row.pattern)).or_default() += 1;
                }
            }
        }
    }
    assert!(errors.is_empty(), "{} places:\n{}", errors.len(), errors.join("\n"));
    let path = support::workspace().join("tests/style/counts.txt");
    let known = fs::read_to_string(&path).unwrap();
    let known: BTreeMap<(&str, &str), usize> = known
        .lines()
        .filter_map(|line| {
            let (scope, rest) = line.split_once(' ')?;
            let (count, pattern) = rest.split_once(' ')?;
            Some(((scope, pattern), count.parse().ok()?))
        })
        .collect();
    let grown: Vec<String> = counts
        .iter()
        .filter_map(|((scope, pattern), count)| {
            let before = known.get(&(format!("{scope:?}").as_str(), *pattern)).copied().unwrap_or_default();
            (*count > before).then(|| format!("{scope:?}: {pattern}: {count}, and it was {before}"))
        })
        .collect();
    assert!(grown.is_empty(), "more than before; write it in another way:\n{}", grown.join("\n"));
    assert!(texts.len() > 10_000, "{} texts", texts.len());
    let written: String =
        counts.iter().map(|((scope, pattern), count)| format!("{scope:?} {count} {pattern}\n")).collect();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, written).unwrap();
    }
}

#[test]
fn strings_and_comments_of_rust_are_found() {
    let source =
        "// a\nlet x = \"one \\\n   two\"; // b\nlet y = r#\"three \"four\" five\"#; let z = '\"'; /* c */\n\"six\"";
    let found: Vec<(bool, usize, String)> =
        pieces(source).into_iter().map(|piece| (piece.is_comment, piece.line, piece.text)).collect();
    let expected =
        [(true, 1, "a"), (false, 2, "one two"), (true, 3, "b"), (false, 4, "three \"four\" five"), (false, 5, "six")];
    assert_eq!(found, expected.map(|(is_comment, line, text)| (is_comment, line, text.to_owned())));
}
