//! Caches the parts that many requests have in common: building them for Cedar takes longer than the decision.
//! Decisions are not cached.

use super::asker::Asker;
use cedar_policy::{Entities, RestrictedExpression};
use claude_admin_chat::identity::{Place, Principal};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// The maximum number of cached requesters and actions. When it is reached, the cache is cleared.
const MOST_REMEMBERED: usize = 256;

/// The cached parts of earlier requests.
#[derive(Debug, Default)]
pub(super) struct QuestionCache {
    last_time: Mutex<Option<(i64, RestrictedExpression)>>,
    entities: Mutex<HashMap<About, Entities>>,
}

/// The values that determine the entities of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct About {
    principal: Principal,
    groups: BTreeSet<String>,
    place: Place,
    action: String,
}

impl QuestionCache {
    /// The time of a request, in whole seconds.
    pub(super) fn time(&self, now: jiff::Timestamp) -> RestrictedExpression {
        let second = now.as_second();
        let mut last = self.last_time.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, time)) if *known == second => time.clone(),
            _ => {
                let time = RestrictedExpression::new_datetime(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                *last = Some((second, time.clone()));
                time
            }
        }
    }

    /// The entities of a request. They are built if they are not cached.
    ///
    /// # Errors
    ///
    /// The error of `make`.
    pub(super) fn entities(
        &self,
        asker: &Asker<'_>,
        action: &str,
        make: impl FnOnce() -> Result<Entities, String>,
    ) -> Result<Entities, String> {
        let about = About {
            principal: asker.principal.clone(),
            groups: asker.groups.clone(),
            place: asker.place.clone(),
            action: action.to_owned(),
        };
        let known = || self.entities.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entities) = known().get(&about) {
            return Ok(entities.clone());
        }
        let entities = make()?;
        let mut known = known();
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(about, entities.clone());
        Ok(entities)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Someone, someone};
    use super::*;

    #[test]
    fn cached_entities_are_reused_only_for_the_same_question() {
        let remembered = QuestionCache::default();
        let made = || Ok(Entities::empty());
        let unexpected = || -> Result<Entities, String> { Err("made again".to_owned()) };
        let (one, other) = (someone(&["admins"]), someone(&["viewers"]));
        assert!(remembered.entities(&one.asker(), "users.list", made).is_ok());
        assert!(remembered.entities(&one.asker(), "users.list", unexpected).is_ok());
        let elsewhere = Someone { place: Place::slack("T1", Some("C2")).unwrap(), ..one.clone() };
        let somebody = Someone { principal: Principal::http("U1").unwrap(), ..one.clone() };
        for (asker, action) in
            [(&one, "users.get"), (&other, "users.list"), (&elsewhere, "users.list"), (&somebody, "users.list")]
        {
            assert!(remembered.entities(&asker.asker(), action, unexpected).is_err());
        }
    }

    #[test]
    fn cache_never_exceeds_its_maximum_size() {
        let remembered = QuestionCache::default();
        let asker = someone(&[]);
        for number in 0..3 * MOST_REMEMBERED {
            remembered.entities(&asker.asker(), &number.to_string(), || Ok(Entities::empty())).unwrap();
        }
        assert!(remembered.entities.lock().unwrap().len() <= MOST_REMEMBERED);
    }

    #[test]
    fn the_time_goes_on_with_the_seconds() {
        let remembered = QuestionCache::default();
        let at = |text: &str| format!("{:?}", remembered.time(text.parse().unwrap()));
        assert_eq!(at("2026-11-21T12:00:00.9Z"), at("2026-11-21T12:00:00Z"));
        assert_ne!(at("2026-11-21T12:00:01Z"), at("2026-11-21T12:00:00Z"));
    }
}
