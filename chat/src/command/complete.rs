//! What may be typed next, of that which somebody may run.

use super::host_help;
use super::options::Options;
use claude_admin_catalog::{Action, Catalog, Input, Presence, Type};

/// A word that may be typed next, and what it means.
pub type Candidate = (String, String);

/// Completes the last of the words of a command.
///
/// Nothing is offered that holds no action for which `may_run` answers yes.
#[must_use]
pub fn complete(catalog: &Catalog, words: &[String], may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let Some((last, before)) = words.split_last() else { return Vec::new() };
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let candidates = match before.as_slice() {
        [] | ["help" | "can-i"] => {
            let mut nouns = nouns(catalog, may_run);
            nouns.extend(host_words().filter(|(word, _)| match before.as_slice() {
                [] => true,
                ["help"] => word != "help",
                _ => false,
            }));
            nouns
        }
        [noun] | ["help" | "can-i", noun] => verbs(catalog, noun, may_run),
        ["can-i", rest @ ..] | rest => arguments(catalog, rest, last, may_run),
    };
    candidates.into_iter().filter(|(word, _)| word.starts_with(last.as_str())).collect()
}

fn nouns(catalog: &Catalog, may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let nouns = catalog.interfaces.iter().filter(|noun| catalog.actions_of(&noun.name).any(may_run));
    nouns.map(|noun| (noun.name.clone(), noun.docs.summary().to_owned())).collect()
}

fn host_words() -> impl Iterator<Item = Candidate> {
    host_help::list(&|_| true).into_iter().chain([("help".to_owned(), "What you can do here".to_owned())])
}

fn verbs(catalog: &Catalog, noun: &str, may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let Some(noun) = catalog.interface(noun) else { return Vec::new() };
    let verbs = catalog.actions_of(&noun.name).filter(|action| may_run(action));
    verbs.map(|action| (action.function.clone(), action.summary().to_owned())).collect()
}

fn arguments(catalog: &Catalog, words: &[&str], last: &str, may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let [noun, verb, given @ ..] = words else { return Vec::new() };
    let action = catalog.interface(noun).and_then(|noun| catalog.verb(&noun.name, verb));
    let Some(action) = action.filter(|action| may_run(action)) else { return Vec::new() };
    let flag = |word: &str| action.inputs.iter().find(|input| word.strip_prefix("--") == Some(input.name.as_str()));
    // A flag that takes a value is followed by it.
    if let Some(input) = given.last().and_then(|word| flag(word)).filter(|input| takes_value(catalog, input)) {
        return values(catalog, input);
    }
    if last.starts_with('-') {
        let inputs = action.inputs.iter().map(|input| (format!("--{}", input.name), input.docs.replace('\n', " ")));
        return inputs.chain(Options::NAMES.map(|name| (format!("--{name}"), String::new()))).collect();
    }
    let mut taken = 0;
    let mut given = given.iter();
    while let Some(word) = given.next() {
        match flag(word) {
            Some(input) if takes_value(catalog, input) => drop(given.next()),
            _ if word.starts_with('-') => {}
            _ => taken += 1,
        }
    }
    let mut required = action.inputs.iter().filter(|input| input.presence == Presence::Required);
    required.nth(taken).map(|input| values(catalog, input)).unwrap_or_default()
}

fn takes_value(catalog: &Catalog, input: &Input) -> bool {
    *catalog.types.underlying(&input.ty) != Type::Bool
}

/// The words of a set; what else a value may be, nobody can list.
fn values(catalog: &Catalog, input: &Input) -> Vec<Candidate> {
    let ty = catalog.types.list_item(&input.ty).unwrap_or(&input.ty);
    let words = catalog.types.words(ty).unwrap_or_default();
    words.into_iter().map(|word| (word.to_owned(), String::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::catalog;

    fn offered(line: &str, may_run: &dyn Fn(&Action) -> bool) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        complete(catalog(), &words, may_run).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn nouns_verbs_flags_and_words_are_offered_in_their_places() {
        let everything = |_: &Action| true;
        assert_eq!(offered("use", &everything), ["users"]);
        assert_eq!(offered("users re", &everything), ["remove"]);
        assert_eq!(offered("help users re", &everything), ["remove"]);
        assert_eq!(offered("help pen", &everything), ["pending"]);
        assert_eq!(offered("can-i pen", &everything), Vec::<String>::new());
        assert_eq!(offered("help users remove x", &everything), Vec::<String>::new());
        assert_eq!(offered("users list --lim", &everything), ["--limit"]);
        assert_eq!(offered("users list --roles dev", &everything), ["developer"]);
        assert_eq!(offered("users update user_1 bil", &everything), ["billing"]);
        assert_eq!(offered("can-i users rem", &everything), ["remove"]);
        assert!(offered("", &everything).contains(&"pending".to_owned()));
        assert_eq!(offered("nothing x", &everything), Vec::<String>::new());
    }

    #[test]
    fn what_somebody_may_not_run_is_not_offered() {
        let reads = |action: &Action| !action.writes();
        assert_eq!(offered("users ", &reads), ["list", "get"]);
        assert_eq!(offered("users remove --r", &reads), Vec::<String>::new());
        let nothing = |_: &Action| false;
        assert!(!offered("", &nothing).contains(&"users".to_owned()));
        assert_eq!(offered("users ", &nothing), Vec::<String>::new());
    }
}
