//! Rules that connect inputs: pairs that limit a period, the maximum length of a period, and bounds and betas that
//! apply under a condition.

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::{Bounds, Credential, Input, InputCondition, Param, Place, Type, Types};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The value of another input under which a rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The other input.
    pub input: String,
    /// The value that it must have, as on the wire. If the input is not given, the default of the server counts.
    pub word: String,
}

/// Bounds of an input that apply under a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalRange {
    /// The input.
    pub input: String,
    /// The bounds.
    pub bounds: Bounds,
    /// The condition.
    pub when: Condition,
}

/// An `anthropic-beta` value that a request needs under a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalBeta {
    /// The value.
    pub name: String,
    /// The condition. The input is a query parameter.
    pub when: InputCondition,
}

/// A credential that a request needs under a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalAuth {
    /// The credential.
    pub credential: Credential,
    /// The condition under which no other credential grants access to the action.
    pub when: InputCondition,
}

/// Inputs that the API does not accept together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// One input.
    pub input: String,
    /// The other inputs. None of them can be combined with it.
    pub others: Vec<InputCondition>,
    /// The alternative, as a sentence.
    pub remedy: String,
}

/// The rule as a sentence, and the alternative.
impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others: Vec<String> =
            self.others.iter().map(|other| format!("`--{}`", other.to_string().replace('=', " "))).collect();
        write!(f, "`--{}` cannot be combined with {}. {}", self.input, others.join(", "), self.remedy)
    }
}

/// The maximum length of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodLimit {
    /// The name of the period.
    pub period: String,
    /// The maximum length, in hours.
    pub hours: i64,
    /// The condition; `None` if the rule always applies.
    pub when: Option<Condition>,
}

/// Two parameters that limit a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The name of the period.
    pub name: String,
    /// The input with the start.
    pub start: String,
    /// The input with the end. That instant or day is not part of the period.
    pub end: String,
    /// The input with the width of the buckets of the report. Buckets begin at whole units of UTC.
    #[serde(default)]
    pub width: Option<String>,
}

impl Checker<'_> {
    /// Checks that the bounds of a period are optional or required times of the same kind.
    pub(crate) fn periods(&mut self, docs: &Docs, item: &Item, inputs: &[Input]) -> Vec<Period> {
        let known = |name: &str| inputs.iter().any(|input| input.name == name);
        let mut periods = Vec::new();
        for text in docs.values("period") {
            let words: Vec<&str> = text.split_whitespace().collect();
            match words.as_slice() {
                [name, bounds @ ..] if matches!(bounds.len(), 2 | 3) && bounds.iter().all(|name| known(name)) => {
                    if known(name) {
                        self.problem(
                            item,
                            format!("the period `{name}` has the name of an input"),
                            "rename the period",
                        );
                    }
                    periods.push(Period {
                        name: (*name).to_owned(),
                        start: bounds[0].to_owned(),
                        end: bounds[1].to_owned(),
                        width: bounds.get(2).map(|width| (*width).to_owned()),
                    });
                }
                _ => self.problem(
                    item,
                    format!("`@period {text}` does not name two or three parameters"),
                    "write `@period NAME START END`, or `@period NAME START END WIDTH`",
                ),
            }
        }
        periods
    }

    /// Checks that a list is ordered by a field of its items.
    pub(crate) fn order(&mut self, docs: &Docs, item: &Item, result: Option<&Type>, types: &Types) {
        let items = || {
            let data = types.record(result?)?.iter().find(|field| field.wire == "data")?;
            types.record(types.list_item(&data.ty)?)
        };
        for field in docs.values("order") {
            if !items().is_some_and(|fields| fields.iter().any(|known| known.wire == field)) {
                self.problem(
                    item,
                    format!("`@order {field}` names no field of the items in `data`"),
                    "write the wire name of such a field",
                );
            }
        }
    }

    /// Bounds that apply only while another parameter has a value: `limit 1..31 bucket-width=1d`.
    pub(crate) fn conditional_ranges(&mut self, docs: &Docs, item: &Item, inputs: &[Input]) -> Vec<ConditionalRange> {
        let mut ranges = Vec::new();
        for text in docs.values("range") {
            let words: Vec<&str> = text.split_whitespace().collect();
            let [input, bounds, when] = words.as_slice() else { continue };
            if let (Some(bounds), Some(when)) = (self.bounds(bounds, item), self.condition(when, item, inputs)) {
                ranges.push(ConditionalRange { input: (*input).to_owned(), bounds, when });
            }
        }
        ranges
    }

    /// `period 31d`, or `period 24h time-bucket-width=1m`.
    pub(crate) fn period_limits(
        &mut self,
        docs: &Docs,
        item: &Item,
        inputs: &[Input],
        periods: &[Period],
    ) -> Vec<PeriodLimit> {
        let mut limits = Vec::new();
        for text in docs.values("span") {
            let mut words = text.split_whitespace();
            let (period, length, when) = (words.next().unwrap_or_default(), words.next(), words.next());
            let hours = length.and_then(|length| match length.strip_suffix('d') {
                Some(days) => days.parse::<i64>().ok().map(|days| days * 24),
                None => length.strip_suffix('h')?.parse().ok(),
            });
            let when = match when {
                Some(when) => match self.condition(when, item, inputs) {
                    Some(when) => Some(when),
                    None => continue,
                },
                None => None,
            };
            match hours.filter(|_| periods.iter().any(|known| known.name == period)) {
                Some(hours) => limits.push(PeriodLimit { period: period.to_owned(), hours, when }),
                None => self.problem(
                    item,
                    format!("`@span {text}` has no period length"),
                    "write `@span PERIOD 31d` or `@span PERIOD 24h`",
                ),
            }
        }
        limits
    }

    /// Betas, the unconditional ones first: `NAME`, or `NAME INPUT` and `NAME INPUT=WORD`.
    pub(crate) fn betas(&mut self, docs: &Docs, item: &Item, params: &[Param]) -> (Vec<String>, Vec<ConditionalBeta>) {
        let (mut always, mut conditional) = (Vec::new(), Vec::new());
        for text in docs.values("beta") {
            let Some((name, when)) = text.split_once(' ') else {
                always.push(text.to_owned());
                continue;
            };
            let when = InputCondition::read(when);
            if params.iter().any(|param| param.name == when.input && param.place == Place::Query) {
                conditional.push(ConditionalBeta { name: name.to_owned(), when });
            } else {
                self.problem(
                    item,
                    format!("`@beta {text}` names no query parameter"),
                    "write `@beta NAME`, or after it a query parameter as `PARAM` or `PARAM=WORD`",
                );
            }
        }
        (always, conditional)
    }

    /// Credentials that grant access to an action, and those that are the only ones that do under a condition.
    pub(crate) fn auth(
        &mut self,
        docs: &Docs,
        item: &Item,
        inputs: &[Input],
    ) -> (Vec<Credential>, Vec<ConditionalAuth>) {
        let (mut always, mut conditional) = (Vec::new(), Vec::new());
        for text in docs.values("auth") {
            let (credential, when) = text.split_once(' ').map_or((text, None), |(kind, when)| (kind, Some(when)));
            let Some(credential) = self.parsed(credential, item) else { continue };
            match when.map(InputCondition::read) {
                None => always.push(credential),
                Some(when) if inputs.iter().any(|input| input.name == when.input) => {
                    conditional.push(ConditionalAuth { credential, when });
                }
                Some(when) => self.problem(
                    item,
                    format!("`@auth {text}` names no input `{}`", when.input),
                    "write `@auth KIND`, or after it an input as `INPUT` or `INPUT=WORD`",
                ),
            }
        }
        (always, conditional)
    }

    /// Inputs that cannot be combined: `INPUT OTHER,OTHER=WORD TEXT`.
    pub(crate) fn conflicts(&mut self, docs: &Docs, item: &Item, inputs: &[Input]) -> Vec<Conflict> {
        let known = |name: &str| inputs.iter().any(|input| input.name == name);
        let mut conflicts = Vec::new();
        for text in docs.values("conflict") {
            let mut words = text.splitn(3, ' ');
            let (input, others, remedy) = (words.next(), words.next(), words.next());
            let others: Vec<InputCondition> = others.unwrap_or_default().split(',').map(InputCondition::read).collect();
            match (input, remedy) {
                (Some(input), Some(remedy)) if known(input) && others.iter().all(|other| known(&other.input)) => {
                    conflicts.push(Conflict { input: input.to_owned(), others, remedy: remedy.to_owned() });
                }
                _ => self.problem(
                    item,
                    format!("`@conflict {text}` names no known inputs, or has no remedy"),
                    "write `@conflict INPUT OTHER,OTHER=WORD TEXT`",
                ),
            }
        }
        conflicts
    }

    fn condition(&mut self, text: &str, item: &Item, inputs: &[Input]) -> Option<Condition> {
        let known = text.split_once('=').filter(|(name, _)| inputs.iter().any(|input| input.name == *name));
        if known.is_none() {
            self.problem(item, format!("`{text}` is not a condition"), "write `INPUT=WORD`");
        }
        known.map(|(input, word)| Condition { input: input.to_owned(), word: word.to_owned() })
    }
}
