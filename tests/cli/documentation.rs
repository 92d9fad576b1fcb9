//! The documentation: its links, its chapters, the recipes for policies, excerpts of the demo, and the map of the tree.

use super::command_line::{claude_admin, output, stderr, stdout};
use crate::support::workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The README is a summary; details are in chapters.
const MAX_LINES_OF_README: usize = 250;
/// The first words of a chapter, after its title.
const FIRST_WORDS: &str = "After this chapter, ";
/// Folders that tools create, except those whose names begin with a dot.
const CREATED: [&str; 3] = ["__pycache__", "node_modules", "target"];

fn read(page: &Path) -> String {
    std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// The content of a folder, except what tools create: names and paths, in order.
fn entries(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    named.filter(|(name, _)| !name.starts_with('.') && !CREATED.contains(&name.as_str())).collect()
}

/// Adds the pages in a folder and in the folders below it.
fn add_pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for (name, path) in entries(folder) {
        if path.is_dir() {
            add_pages(&path, pages);
        } else if name.ends_with(".md") {
            pages.push(path);
        }
    }
}

/// The lines outside of fenced code.
fn prose(text: &str) -> Vec<&str> {
    let mut fence: Option<usize> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            Some(opened) if ticks >= opened => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => lines.push(line),
        }
    }
    lines
}

/// The fenced blocks of one language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("\n```{language}\n");
    text.split(opening.as_str()).skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0)).collect()
}

/// A paragraph without its code: a span ends in as many backticks as it begins with.
fn without_code(paragraph: &str) -> String {
    let mut kept = String::new();
    let mut rest = paragraph;
    while let Some(start) = rest.find('`') {
        kept.push_str(&rest[..start]);
        let ticks = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let inside = &rest[start + ticks..];
        rest = end_of_code(inside, ticks).map_or(inside, |end| &inside[end..]);
    }
    kept + rest
}

/// The end of code that began with this number of backticks.
fn end_of_code(inside: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = inside[at..].find('`') {
        let start = at + found;
        let length = inside[start..].bytes().take_while(|byte| *byte == b'`').count();
        at = start + length;
        if length == ticks {
            return Some(at);
        }
    }
    None
}

/// The targets of the links of a page.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for paragraph in prose(text).join("\n").split("\n\n") {
        let paragraph = without_code(paragraph);
        let targets = paragraph.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
        links.extend(targets);
    }
    links
}

/// The anchor of a heading on GitHub: letters, digits, dashes and underscores in lower case, with dashes for spaces.
fn slug(heading: &str) -> String {
    let letters = heading.trim().chars().flat_map(char::to_lowercase);
    let kept = letters.filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The anchors of a page: the second heading of a name ends in `-1`, the third one in `-2`.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in prose(text) {
        let Some((marks, heading)) = line.split_once(' ') else { continue };
        if marks.is_empty() || marks.len() > 6 || !marks.bytes().all(|byte| byte == b'#') {
            continue;
        }
        let slug = slug(heading);
        let earlier = seen.entry(slug.clone()).or_default();
        anchors.insert(if *earlier == 0 { slug } else { format!("{slug}-{earlier}") });
        *earlier += 1;
    }
    anchors
}

/// The problem of a link of a page.
fn problem(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some(format!("{}: `{link}`: there is no such file", page.display()));
    }
    let is_missing = !anchor.is_empty() && (target.is_dir() || !anchors(&read(&target)).contains(anchor));
    is_missing.then(|| format!("{}: `{link}`: there is no such heading", page.display()))
}

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let mut pages: Vec<PathBuf> =
        ["CHANGELOG.md", "CONTRIBUTING.md", "README.md"].iter().map(|name| workspace().join(name)).collect();
    for folder in ["benches", "docs", "examples", "tests"] {
        add_pages(&workspace().join(folder), &mut pages);
    }
    let mut problems = Vec::new();
    let mut checked = 0;
    for page in &pages {
        let links = links(&read(page));
        checked += links.len();
        problems.extend(links.iter().filter_map(|link| problem(page, link)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(checked > 200, "{checked} links in {} pages", pages.len());
}

#[test]
fn anchor_of_a_heading_is_that_of_github() {
    let page = "# One & two: `a-b`!\n\n```sh\n# no heading\n```\n\n## One\n\n### One\n\n#no heading\n";
    let expected = ["one", "one--two-a-b", "one-1"].map(str::to_owned);
    assert_eq!(anchors(page), BTreeSet::from(expected));
}

#[test]
fn links_in_code_are_no_links() {
    let page = "[`a`](b.md) and `[c](d.md)` and ``[`](e.md)``\n\n```text\n[f](g.md)\n```\n";
    assert_eq!(links(page), ["b.md"]);
}

#[test]
fn readme_is_a_summary() {
    let lines = read(&workspace().join("README.md")).lines().count();
    assert!(lines <= MAX_LINES_OF_README, "README.md has {lines} lines, at most {MAX_LINES_OF_README} are permitted");
}

#[test]
fn summary_lists_every_chapter_once() {
    let docs = workspace().join("docs");
    let mut pages = Vec::new();
    add_pages(&docs, &mut pages);
    let names = pages.iter().map(|page| page.strip_prefix(&docs).unwrap().to_str().unwrap().replace('\\', "/"));
    let mut chapters: Vec<String> = names.filter(|name| name != "SUMMARY.md").collect();
    let mut listed = links(&read(&docs.join("SUMMARY.md")));
    chapters.sort();
    listed.sort();
    assert_eq!(listed, chapters, "left: docs/SUMMARY.md, right: the pages in docs");
}

#[test]
fn chapters_begin_with_what_their_reader_can_do() {
    for (name, path) in entries(&workspace().join("docs")) {
        if path.is_dir() || !name.ends_with(".md") || name == "SUMMARY.md" {
            continue;
        }
        let text = read(&path);
        let first = text.split("\n\n").nth(1).unwrap_or_default();
        assert!(text.starts_with("# ") && first.starts_with(FIRST_WORDS), "docs/{name} begins with: {first}");
    }
}

#[test]
fn recipes_for_policies_pass_their_tests() {
    let cookbook = read(&workspace().join("docs/policy-cookbook.md"));
    let mut recipes = 0;
    for recipe in cookbook.split("\n## ").skip(1) {
        let title = recipe.lines().next().unwrap_or_default();
        let [policy] = blocks(recipe, "cedar")[..] else { panic!("{title}: a recipe has one policy") };
        let [table] = blocks(recipe, "toml")[..] else { panic!("{title}: a recipe has one table") };
        // The groups of the table are also those of the configuration.
        let (groups, _) = table.split_once("[[case]]").expect("a table has cases");
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [("claude-admin.toml", groups), ("policy.cedar", policy), ("tests.toml", table)] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        for command in [&["policy", "check"][..], &["policy", "test", "tests.toml"][..]] {
            let mut run = claude_admin();
            run.current_dir(folder.path()).args(command).args(["--config", "claude-admin.toml"]);
            let ended = run.output().unwrap();
            let printed = stdout(&ended);
            let is_right = ended.status.success() && !printed.contains("warning");
            assert!(is_right, "{title}: {}: {printed}{}", command.join(" "), stderr(&ended));
        }
        recipes += 1;
    }
    assert!(recipes >= 10, "{recipes} recipes");
}

/// A word with `…` for numbers, parts of times, IDs of operations and digests: they differ between two runs.
fn without_ids(word: &str) -> String {
    let mut out = String::new();
    for part in word.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let name = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let is_time = name.starts_with(|first: char| first.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T' || byte == b'Z');
        let is_id = name.len() >= 26 && name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        out.push_str(if is_time || is_id { "…" } else { name });
        out.push_str(&part[name.len()..]);
    }
    out
}

/// A text in which line breaks, the line before a card, numbers and IDs make no difference.
fn comparable(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| *word != "│").map(without_ids);
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn excerpts_of_the_demo_are_what_it_prints() {
    let printed = comparable(&stdout(&output(&["demo", "--once"])));
    let mut excerpts = 0;
    for page in ["README.md", "docs/install.md"] {
        let text = read(&workspace().join(page));
        for block in blocks(&text, "text") {
            let Some(shown) = block.strip_prefix("$ claude-admin demo --once\n") else { continue };
            let mut rest = printed.as_str();
            for part in shown.split("[…]") {
                let part = comparable(part);
                let Some(at) = rest.find(part.as_str()) else { panic!("{page}: the demo does not print: {part}") };
                rest = &rest[at + part.len()..];
            }
            excerpts += 1;
        }
    }
    assert_eq!(excerpts, 2, "README.md and docs/install.md show parts of the demo");
}

#[test]
fn map_of_the_tree_lists_its_folders() {
    let text = read(&workspace().join("CONTRIBUTING.md"));
    let (_, map) = text.split_once("\n## Map of the tree\n").expect("CONTRIBUTING.md has a map of the tree");
    let map = map.split_once("\n## ").map_or(map, |(map, _)| map);
    let listed = map.lines().filter_map(|line| Some(line.strip_prefix("* `")?.split_once("/`: ")?.0));
    let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
    let mut problems = Vec::new();
    for folder in &listed {
        if !workspace().join(folder).is_dir() {
            problems.push(format!("the map lists `{folder}/`, which does not exist"));
        }
    }
    for parent in ["", "host/"] {
        for (name, path) in entries(&workspace().join(parent)) {
            let folder = format!("{parent}{name}");
            if path.is_dir() && !listed.contains(&folder) {
                problems.push(format!("the map does not list `{folder}/`"));
            }
        }
    }
    assert!(problems.is_empty(), "CONTRIBUTING.md:\n{}", problems.join("\n"));
}
