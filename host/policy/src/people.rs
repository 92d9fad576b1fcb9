//! Which principals are one person.
//!
//! A person can have an account on each of several platforms. The configuration maps these principals to the person, and
//! nothing else does: an e-mail address or a display name is whatever its owner wrote. The mapping gives no rights. Each
//! principal has the rights that the policy gives to it alone; the mapping says whose approvals count as one.

use claude_admin_chat::identity::Principal;
use std::collections::BTreeMap;

/// Which principals are one person, by the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People(BTreeMap<Principal, String>);

/// Whether two principals are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// They are one person.
    Same,
    /// They are two people.
    Different,
    /// They are on different platforms or in different workspaces, and not both are mapped: they can be one person.
    Unknown,
}

/// A principal that is mapped to two people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{principal}` is mapped to two people, `{first}` and `{second}`")]
pub struct MappedTwice {
    /// The principal.
    pub principal: Principal,
    /// One of the people.
    pub first: String,
    /// The other one.
    pub second: String,
}

impl People {
    /// Maps principals to people.
    ///
    /// # Errors
    ///
    /// [`MappedTwice`] if a principal belongs to two people.
    pub fn new(people: impl IntoIterator<Item = (String, Vec<Principal>)>) -> Result<Self, MappedTwice> {
        let mut mapped = BTreeMap::new();
        for (person, principals) in people {
            for principal in principals {
                match mapped.insert(principal.clone(), person.clone()) {
                    Some(first) if first != person => {
                        return Err(MappedTwice { principal, first, second: person });
                    }
                    _ => {}
                }
            }
        }
        Ok(Self(mapped))
    }

    /// The name of the person that a principal is mapped to.
    #[must_use]
    pub fn person(&self, principal: &Principal) -> Option<&str> {
        self.0.get(principal).map(String::as_str)
    }

    /// Whether two principals are one person.
    #[must_use]
    pub fn relation(&self, one: &Principal, other: &Principal) -> Relation {
        if one == other {
            return Relation::Same;
        }
        match (self.person(one), self.person(other)) {
            (Some(one), Some(other)) if one == other => Relation::Same,
            (Some(_), Some(_)) => Relation::Different,
            _ if one.platform == other.platform && one.tenant == other.tenant => Relation::Different,
            _ => Relation::Unknown,
        }
    }

    /// The principals that count as different people, in the order in which they are given: each of them is known to be
    /// another person than those before it.
    pub fn distinct<'p>(&self, principals: impl IntoIterator<Item = &'p Principal>) -> Vec<&'p Principal> {
        let mut counted: Vec<&Principal> = Vec::new();
        for principal in principals {
            if counted.iter().all(|earlier| self.relation(earlier, principal) == Relation::Different) {
                counted.push(principal);
            }
        }
        counted
    }

    /// The maximum number of people that some principals can be: unmapped principals count one each.
    pub fn at_most<'p>(&self, principals: impl IntoIterator<Item = &'p Principal>) -> usize {
        let people = principals.into_iter().map(|principal| match self.person(principal) {
            Some(person) => format!("person {person}"),
            None => principal.to_string(),
        });
        people.collect::<std::collections::BTreeSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn principal(text: &str) -> Principal {
        text.parse().unwrap()
    }

    fn people() -> People {
        let of = |name: &str, principals: &[&str]| {
            (name.to_owned(), principals.iter().map(|text| principal(text)).collect())
        };
        People::new([of("ada", &["slack:T1/U1", "http:ada", "local:ada"]), of("bob", &["http:bob"])]).unwrap()
    }

    #[test]
    fn unmapped_principals_of_two_platforms_can_be_one_person() {
        let people = people();
        let relation = |one: &str, other: &str| people.relation(&principal(one), &principal(other));
        for (one, other, expected) in [
            ("slack:T1/U1", "slack:T1/U1", Relation::Same),
            ("slack:T1/U9", "slack:T1/U9", Relation::Same),
            ("slack:T1/U1", "http:ada", Relation::Same),
            ("slack:T1/U1", "http:bob", Relation::Different),
            ("slack:T1/U1", "slack:T1/U2", Relation::Different),
            ("slack:T1/U8", "slack:T1/U9", Relation::Different),
            // The same name on another platform proves nothing, and neither does another workspace.
            ("slack:T1/U1", "http:carl", Relation::Unknown),
            ("slack:T1/U1", "slack:T2/U1", Relation::Unknown),
            ("local:carl", "http:carl", Relation::Unknown),
        ] {
            assert_eq!((relation(one, other), relation(other, one)), (expected, expected), "{one} {other}");
        }
    }

    #[test]
    fn principal_of_two_people_is_invalid() {
        let both = ["ada", "bob"].map(|name| (name.to_owned(), vec![principal("http:x")]));
        assert_eq!(People::new(both).unwrap_err().to_string(), "`http:x` is mapped to two people, `ada` and `bob`");
    }

    proptest! {
        #[test]
        fn approvals_count_no_person_twice(order in proptest::collection::vec(0..7_usize, 0..9)) {
            let people = people();
            let all: Vec<Principal> = ["slack:T1/U1", "http:ada", "local:ada", "http:bob", "slack:T1/U2", "local:carl", "http:carl"]
                .map(principal).to_vec();
            let given: Vec<&Principal> = order.iter().map(|index| &all[*index]).collect();
            let counted = people.distinct(given.iter().copied());
            prop_assert_eq!(given.is_empty(), counted.is_empty());
            prop_assert!(counted.len() <= people.at_most(given.iter().copied()));
            for (index, one) in counted.iter().enumerate() {
                for other in &counted[index + 1..] {
                    prop_assert_eq!(people.relation(one, other), Relation::Different);
                }
            }
        }
    }
}
