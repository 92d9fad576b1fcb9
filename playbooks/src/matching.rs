//! Which write explains which change. Each write explains at most one change.

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The longest time between the intent of a write and its change: a request is sent within a minute, clocks differ, and a
/// response can be late.
pub(crate) const LONGEST_SECONDS: i64 = 300;

/// A change in the feed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: String,
    pub(crate) time: Option<Timestamp>,
    /// The IDs, addresses and names in it.
    pub(crate) texts: BTreeSet<String>,
}

/// A write of this host.
#[derive(Debug)]
pub(crate) struct Made {
    /// The kind of change that it makes; none if it is not known.
    pub(crate) kind: Option<String>,
    pub(crate) time: Option<Timestamp>,
    /// The IDs, addresses and names in its arguments.
    pub(crate) texts: BTreeSet<String>,
    /// Whether it makes an object whose ID is not among its arguments.
    pub(crate) creates: bool,
}

/// For each change, the index of the write that explains it. The best pairs are chosen first: most common texts, then
/// nearest in time.
pub(crate) fn pair(changes: &[Change], made: &[Made]) -> Vec<Option<usize>> {
    let mut by_kind: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, write) in made.iter().enumerate() {
        if let Some(kind) = &write.kind {
            by_kind.entry(kind).or_default().push(index);
        }
    }
    let mut pairs = Vec::new();
    for (change_index, change) in changes.iter().enumerate() {
        for write_index in by_kind.get(change.kind.as_str()).into_iter().flatten() {
            let write = &made[*write_index];
            let Some(apart) = apart(change, write) else { continue };
            if let Some(common) = common(change, write) {
                pairs.push((std::cmp::Reverse(common), apart, change_index, *write_index));
            }
        }
    }
    pairs.sort_unstable();
    let (mut explained, mut used) = (vec![None; changes.len()], BTreeSet::new());
    for (_, _, change, write) in pairs {
        if explained[change].is_none() && used.insert(write) {
            explained[change] = Some(write);
        }
    }
    explained
}

/// The milliseconds between them; none if they are too far apart.
fn apart(change: &Change, write: &Made) -> Option<i64> {
    let apart = change.time?.as_millisecond().checked_sub(write.time?.as_millisecond())?.checked_abs()?;
    (apart <= LONGEST_SECONDS * 1000).then_some(apart)
}

/// The number of common texts; none if they are about different objects.
fn common(change: &Change, write: &Made) -> Option<usize> {
    let common = change.texts.intersection(&write.texts).count();
    let of_change = by_shape(&change.texts);
    // Two IDs of one shape without a common one are two objects.
    let differ = by_shape(&write.texts).iter().any(|(shape, texts)| {
        of_change.get(shape).is_some_and(|others| others.iter().all(|other| !texts.contains(other)))
    });
    (!differ && (common > 0 || write.creates)).then_some(common)
}

/// The addresses, and the IDs by their prefix. Other texts identify nothing.
fn by_shape(texts: &BTreeSet<String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut shapes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for text in texts {
        if let Some(shape) = shape(text) {
            shapes.entry(shape).or_default().insert(text);
        }
    }
    shapes
}

/// `@` for an address, `user_` for an ID of a member.
fn shape(text: &str) -> Option<&str> {
    if text.contains('@') {
        return Some("@");
    }
    let (end, last) = text.rsplit_once('_')?;
    let prefix = &text[..end.len() + 1];
    let is_prefix = prefix.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_id = last.len() >= 8
        && last.chars().all(|c| c.is_ascii_alphanumeric())
        && last.contains(|c: char| !c.is_ascii_lowercase());
    (is_prefix && is_id).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(1_795_000_000 + second).ok()
    }

    fn change(kind: &str, second: i64, texts: &[&str]) -> Change {
        Change { kind: kind.to_owned(), time: at(second), texts: texts.iter().map(|text| (*text).to_owned()).collect() }
    }

    fn made(kind: &str, second: i64, texts: &[&str]) -> Made {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Made { kind: Some(kind.to_owned()), time: at(second), texts, creates: false }
    }

    #[test]
    fn change_is_explained_by_the_write_of_its_kind_target_and_time() {
        let removed = |second, user| change("org_user_deleted", second, &[user, "ada@example.com"]);
        let (ada, lin) = ("user_01WCz1FkmYMm4gnmykNKUu3Q", "user_01B5HdsRabLsbGYz2FbwbGQ1");
        let write = made("org_user_deleted", 0, &[ada]);
        for (change, expected) in [
            (removed(1, ada), Some(0)),
            (removed(-30, ada), Some(0)),
            (removed(1, lin), None),
            (removed(LONGEST_SECONDS + 1, ada), None),
            (change("org_user_invite_deleted", 1, &[ada]), None),
            (change("org_user_deleted", 1, &[]), None),
        ] {
            assert_eq!(pair(&[change], std::slice::from_ref(&write)), [expected]);
        }
    }

    #[test]
    fn write_explains_one_change_and_the_nearest_one() {
        let key = "apikey_01Rj2N8SVvo6BePZj99NhmiT";
        let changes =
            [("a", 100), ("b", 2), ("c", 40)].map(|(_, second)| change("platform_api_key_updated", second, &[key]));
        assert_eq!(pair(&changes, &[made("platform_api_key_updated", 0, &[key, "inactive"])]), [None, Some(0), None]);
        let twice = [made("platform_api_key_updated", 0, &[key]), made("platform_api_key_updated", 38, &[key])];
        assert_eq!(pair(&changes, &twice), [None, Some(0), Some(1)]);
    }

    #[test]
    fn creation_is_explained_by_its_time_unless_the_targets_differ() {
        let new = Made { creates: true, ..made("platform_workspace_created", 0, &["Research"]) };
        let created = change("platform_workspace_created", 1, &["wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"]);
        assert_eq!(pair(std::slice::from_ref(&created), std::slice::from_ref(&new)), [Some(0)]);
        let invited = Made { creates: true, ..made("org_user_invite_sent", 0, &["ada@example.com"]) };
        assert_eq!(pair(&[change("org_user_invite_sent", 1, &["lin@example.com"])], &[invited]), [None]);
    }

    #[test]
    fn more_common_targets_win() {
        let (workspace, ada, lin) =
            ("wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ", "user_01WCz1FkmYMm4gnmykNKUu3Q", "user_01B5HdsRabLsbGYz2FbwbGQ1");
        let kind = "platform_workspace_member_added";
        let changes = [change(kind, 1, &[workspace, lin]), change(kind, 9, &[workspace, ada])];
        let writes = [Made { creates: true, ..made(kind, 0, &[workspace, ada]) }];
        assert_eq!(pair(&changes, &writes), [None, Some(0)]);
    }
}
