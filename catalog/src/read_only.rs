//! The part of a package that a playbook can import: the functions that read, and all types.

use crate::{Action, Catalog, PackageText};

impl Action {
    /// Whether a playbook can import it: it changes nothing, and its result contains no secret and no content that people
    /// wrote.
    #[must_use]
    pub fn is_for_playbooks(&self) -> bool {
        !self.writes() && !self.sensitive && !self.is_confidential()
    }
}

impl Catalog {
    /// The text of a package without the functions that a playbook cannot import. If interfaces are named, only they have
    /// functions.
    #[must_use]
    pub fn read_only_text(&self, text: &PackageText, interfaces: Option<&[String]>) -> PackageText {
        let wanted = |interface: &str| interfaces.is_none_or(|wanted| wanted.iter().any(|name| name == interface));
        let is_kept = |interface: &str, function: &str| {
            let action = self.action(&format!("{interface}.{function}"));
            wanted(interface) && action.is_some_and(|action| action.is_for_playbooks())
        };
        let text = text.without_worlds();
        let files = text.files().map(|(name, text)| (name.to_owned(), without_functions(text, &is_kept)));
        PackageText::from_files(files)
    }
}

/// A file without the functions for which `is_kept` returns false, and without their docs.
fn without_functions(text: &str, is_kept: &dyn Fn(&str, &str) -> bool) -> String {
    let (mut kept, mut docs) = (String::new(), String::new());
    let (mut interface, mut depth, mut left_out) = (String::new(), 0_usize, false);
    for line in text.lines() {
        let code = line.trim();
        if code.starts_with("///") || code.is_empty() {
            if !left_out {
                docs.push_str(line);
                docs.push('\n');
            }
            continue;
        }
        if depth == 0
            && let Some(name) = code.strip_prefix("interface ")
        {
            interface = name.trim_end_matches('{').trim().to_owned();
        }
        if depth == 1
            && !left_out
            && let Some((name, ty)) = code.split_once(':')
            && ty.trim_start().starts_with("func(")
        {
            left_out = !is_kept(&interface, name.trim().trim_start_matches('%'));
        }
        if left_out {
            docs.clear();
            left_out = !code.ends_with(';');
            continue;
        }
        kept.push_str(&std::mem::take(&mut docs));
        kept.push_str(line);
        kept.push('\n');
        depth = (depth + code.matches('{').count()).saturating_sub(code.matches('}').count());
    }
    kept
}

#[cfg(test)]
mod tests {
    use crate::{Catalog, PackageText};
    use std::path::Path;

    #[test]
    fn every_function_of_the_part_reads_and_every_such_function_is_in_it() {
        let text = PackageText::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
        let whole = Catalog::from_text(&text).unwrap();
        for text in [text.clone(), text.without_indentation()] {
            let part = Catalog::from_text(&whole.read_only_text(&text, None)).unwrap();
            let ids = |catalog: &Catalog| catalog.actions.iter().map(|action| action.id.clone()).collect::<Vec<_>>();
            let mut expected = ids(&whole);
            expected.retain(|id| whole.action(id).unwrap().is_for_playbooks());
            assert_eq!(ids(&part), expected);
            assert!(expected.len() > 80 && expected.len() < whole.actions.len() / 2 + 20, "{}", expected.len());
        }
        let few = ["users".to_owned(), "api-keys".to_owned()];
        let few = Catalog::from_text(&whole.read_only_text(&text, Some(&few))).unwrap();
        assert!(few.actions.iter().all(|action| ["users", "api-keys"].contains(&action.interface.as_str())));
        assert!(few.action("users.list").is_some() && few.action("users.remove").is_none());
    }
}
