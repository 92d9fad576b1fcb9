//! Completions of a command, limited to the actions that the user can run.

use super::HostCommandInfo;
use super::flag::{FLAGS, Flag};
use super::value::can_be_null;
use claude_admin_catalog::{Action, Catalog, Input, Presence, Type};

/// A candidate for the next word, with its description.
pub type Candidate = (String, String);

/// Completes the last of the words of a command.
///
/// A noun, a verb or a flag is offered only if it belongs to an action for which `may_run` returns true.
#[must_use]
pub fn complete(catalog: &Catalog, words: &[String], may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let Some((last, before)) = words.split_last() else { return Vec::new() };
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let candidates = match before.as_slice() {
        [] | ["help" | "can-i"] => {
            let mut nouns = nouns(catalog, may_run);
            let own = catalog.playbooks.iter().filter(|form| !form.name.contains(' '));
            nouns.extend(own.map(|form| (form.name.clone(), form.summary.clone())));
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
    let nouns = catalog.interfaces.iter().filter(|noun| catalog.actions_of(&noun.name).any(|action| may_run(action)));
    nouns.map(|noun| (noun.name.clone(), noun.docs.summary().to_owned())).collect()
}

fn host_words() -> impl Iterator<Item = Candidate> {
    HostCommandInfo::list(&|_| true).into_iter().chain([("help".to_owned(), "List the available commands".to_owned())])
}

fn verbs(catalog: &Catalog, noun: &str, may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let Some(noun) = catalog.interface(noun) else { return Vec::new() };
    let verbs = catalog.actions_of(&noun.name).filter(|action| may_run(action));
    let verbs = verbs.map(|action| (action.function.clone(), action.summary().to_owned()));
    let own = catalog.playbooks.iter().filter_map(|form| {
        let (_, verb) = form.name.split_once(' ').filter(|(of, _)| *of == noun.name)?;
        Some((verb.to_owned(), form.summary.clone()))
    });
    verbs.chain(own).collect()
}

fn arguments(catalog: &Catalog, words: &[&str], last: &str, may_run: &dyn Fn(&Action) -> bool) -> Vec<Candidate> {
    let [noun, verb, given @ ..] = words else { return Vec::new() };
    let action = catalog.interface(noun).and_then(|noun| catalog.verb(&noun.name, verb));
    let Some(action) = action.filter(|action| may_run(action)) else { return Vec::new() };
    if let Some((flag, _)) = last.split_once('=').filter(|_| last.starts_with("--")) {
        let values = value_of(catalog, action, flag).unwrap_or_default();
        return values.into_iter().map(|(word, meaning)| (format!("{flag}={word}"), meaning)).collect();
    }
    let (mut taken, mut open) = (0, None);
    for word in given {
        open = match open {
            Some(_) => None,
            None if word.starts_with('-') => value_of(catalog, action, word),
            None => {
                taken += 1;
                None
            }
        };
    }
    if let Some(values) = open {
        return values;
    }
    if last.starts_with('-') {
        return flags(catalog, action);
    }
    let mut required = action.inputs.iter().filter(|input| input.presence == Presence::Required);
    required.nth(taken).map(|input| values(catalog, input)).unwrap_or_default()
}

/// The flags of an action.
fn flags(catalog: &Catalog, action: &Action) -> Vec<Candidate> {
    let inputs = action.inputs.iter().map(|input| (format!("--{}", input.name), input.docs.replace('\n', " ")));
    let periods = action.periods.iter().map(|period| (format!("--{}", period.name), "A period, such as 7d".to_owned()));
    let removed = action.inputs.iter().filter(|input| {
        can_be_null(input) || !takes_value(catalog, input) || catalog.types.map_value(&input.ty).is_some()
    });
    let removed = removed.map(|input| (format!("--no-{}", input.name), String::new()));
    let options = FLAGS.iter().flat_map(|flag| {
        let opposite = flag.has_opposite.then(|| format!("--no-{}", flag.name));
        let names = [format!("--{}", flag.name)].into_iter().chain(opposite);
        names.map(|name| (name, flag.summary.to_owned()))
    });
    inputs.chain(periods).chain(removed).chain(options).collect()
}

/// The candidates for the value of a flag; `None` if the flag has no value, or already has it.
fn value_of(catalog: &Catalog, action: &Action, flag: &str) -> Option<Vec<Candidate>> {
    let name = flag.trim_start_matches('-');
    let find = |name: &str| action.inputs.iter().find(|input| input.name == name);
    let words = |words: &[&str]| words.iter().map(|word| ((*word).to_owned(), String::new())).collect();
    match name {
        _ if let Some((flag, _)) = Flag::find(name) => flag.value.map(|_| words(flag.values())),
        _ if action.periods.iter().any(|period| period.name == name) => Some(Vec::new()),
        _ if let Some(input) = find(name) => takes_value(catalog, input).then(|| values(catalog, input)),
        _ => {
            let removed = find(name.strip_prefix("no-")?)?;
            catalog.types.map_value(&removed.ty).map(|_| Vec::new())
        }
    }
}

fn takes_value(catalog: &Catalog, input: &Input) -> bool {
    *catalog.types.underlying(&input.ty) != Type::Bool
}

/// The allowed values of an input. Other values cannot be listed.
fn values(catalog: &Catalog, input: &Input) -> Vec<Candidate> {
    let ty = catalog.types.list_item(&input.ty).unwrap_or(&input.ty);
    let words = catalog.types.words(ty).unwrap_or_default();
    words.into_iter().map(|word| (word.to_owned(), String::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;

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
        assert_eq!(offered("users list --output j", &everything), ["json"]);
        assert_eq!(offered("users list -o j", &everything), ["json"]);
        assert_eq!(offered("users list --roles=dev", &everything), ["--roles=developer"]);
        assert_eq!(offered("usage messages --per", &everything), ["--period"]);
        assert_eq!(offered("cost report --no-c", &everything), ["--no-compare"]);
        assert_eq!(offered("workspaces update wrkspc_1 --no-t", &everything), ["--no-tags"]);
        for flags in ["--output json", "--reason left", "--columns id,email", "-o csv", "--yes", "--output=json"] {
            assert_eq!(offered(&format!("users update {flags} user_1 bil"), &everything), ["billing"], "{flags}");
        }
        assert!(offered("", &everything).contains(&"pending".to_owned()));
        assert_eq!(offered("nothing x", &everything), Vec::<String>::new());
    }

    #[test]
    fn completion_omits_actions_that_are_not_permitted() {
        let reads = |action: &Action| !action.writes();
        assert_eq!(offered("users ", &reads), ["list", "get"]);
        assert_eq!(offered("users remove --r", &reads), Vec::<String>::new());
        let nothing = |_: &Action| false;
        assert!(!offered("", &nothing).contains(&"users".to_owned()));
        assert_eq!(offered("users ", &nothing), Vec::<String>::new());
    }
}
