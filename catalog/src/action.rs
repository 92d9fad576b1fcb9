//! What can be done: one action for each function that makes a request.

use crate::annotation::Docs;
use crate::{
    Availability, Bounds, ConditionalAuth, ConditionalBeta, ConditionalRange, ConditionalText, Conflict, ErrorCode,
    Futile, HttpRequest, Impact, Input, Paging, Period, PeriodLimit, Replaces, Risk, Type, Unit,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A credential that opens an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Credential {
    /// An Admin API key.
    AdminKey,
    /// An OAuth access token with the scope `org:admin`.
    OauthToken,
    /// An OAuth access token with another scope.
    OauthScope(String),
    /// A key of an Enterprise organization with this scope.
    Scope(String),
    /// None: the request proves by itself who sends it.
    None,
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdminKey => f.write_str("admin-key"),
            Self::OauthToken => f.write_str("oauth"),
            Self::OauthScope(name) => write!(f, "oauth:{name}"),
            Self::Scope(name) => write!(f, "scope:{name}"),
            Self::None => f.write_str("none"),
        }
    }
}

impl FromStr for Credential {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "admin-key" => Ok(Self::AdminKey),
            "oauth" => Ok(Self::OauthToken),
            "none" => Ok(Self::None),
            _ => match text.split_once(':') {
                Some(("scope", name)) if !name.is_empty() => Ok(Self::Scope(name.to_owned())),
                Some(("oauth", name)) if !name.is_empty() => Ok(Self::OauthScope(name.to_owned())),
                _ => Err(format!("`{text}` is not one of admin-key, oauth, oauth:SCOPE, scope:NAME, none")),
            },
        }
    }
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the JSON body.
    Body,
    /// In a request header (`@header`); its wire name is the name of the header.
    Header,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// The WIT name.
    pub name: String,
    /// The wire name.
    pub wire: String,
    /// The type.
    pub ty: Type,
    /// What it means (`@param`).
    pub docs: String,
    /// Where it travels.
    pub place: Place,
    /// Bounds (`@range`).
    pub range: Option<Bounds>,
    /// What the number means (`@unit`).
    pub unit: Option<Unit>,
    /// What the server assumes when it is not sent (`@default`).
    pub default: Option<String>,
    /// Whether none is sent as null (`@null`).
    pub null_when_none: bool,
    /// Whether it is the body itself (`@flatten`).
    pub flatten: bool,
    /// Whether it is a secret (`@sensitive`).
    pub sensitive: bool,
    /// Whether an empty item of the list is sent (`@empty`).
    pub takes_empty: bool,
}

/// How the body of a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum BodyForm {
    /// As a JSON object.
    #[default]
    Json,
    /// As a form with files (`@body multipart`).
    Multipart,
}

/// How the body of an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReplyForm {
    /// As JSON.
    #[default]
    Json,
    /// As a file (`@reply bytes`).
    Bytes,
}

/// One thing that can be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Action {
    /// `interface.function`, such as `users.remove`.
    pub id: String,
    /// The interface: the noun.
    pub interface: String,
    /// The function: the verb.
    pub function: String,
    /// The docs.
    pub docs: Docs,
    /// The parameters of the function, in order.
    pub params: Vec<Param>,
    /// The parameters as a person writes them: records taken apart into their fields.
    pub inputs: Vec<Input>,
    /// What the function returns when it succeeds.
    pub result: Option<Type>,
    /// The request it makes.
    pub http: HttpRequest,
    /// How much it can harm.
    pub risk: Risk,
    /// A second risk: its minimum requirements apply too. Only another package than the reviewed one has it, where the two do
    /// not agree whether a request is a confidential read or a write.
    pub also: Option<Risk>,
    /// The credentials that open it, any one of them.
    pub auth: Vec<Credential>,
    /// Credentials that alone open it under a condition.
    pub conditional_auth: Vec<ConditionalAuth>,
    /// Required values of `anthropic-beta`.
    pub betas: Vec<String>,
    /// The `anthropic-beta` values that some requests need.
    pub conditional_betas: Vec<ConditionalBeta>,
    /// Fixed fields of the body.
    pub constants: Vec<(String, String)>,
    /// What a run brings about (`@effect`): the first text that applies.
    pub effects: Vec<ConditionalText>,
    /// The question before a run (`@ask`): the first that applies.
    pub questions: Vec<ConditionalText>,
    /// Lists whose items depend on the target (`@impact`).
    pub impacts: Vec<Impact>,
    /// The item of a list that it replaces (`@replaces`).
    pub replaces: Option<Replaces>,
    /// The states of the target in which it fails or changes nothing (`@futile`).
    pub futile: Vec<Futile>,
    /// Error codes that mean more than their status says (`@code`).
    pub codes: Vec<ErrorCode>,
    /// Where it exists (`@available`); empty where that is not stated.
    pub available: Vec<Availability>,
    /// Command lines, without the name of the program.
    pub examples: Vec<String>,
    /// Other spellings of the verb.
    pub aliases: Vec<String>,
    /// Whether the answer contains a secret: a field, at any depth, is marked with `@sensitive`.
    pub sensitive: bool,
    /// Whether the whole answer is treated as the secret: a reviewed package marks one in the answer to this request, and where
    /// another component puts it is not known.
    pub whole_secret: bool,
    /// How a list continues.
    pub paging: Option<Paging>,
    /// How the body is written.
    pub body_form: BodyForm,
    /// How the answer is read.
    pub reply_form: ReplyForm,
    /// The times that people may give as one.
    pub periods: Vec<Period>,
    /// How long those may be.
    pub period_limits: Vec<PeriodLimit>,
    /// Bounds that hold under a condition.
    pub conditional_ranges: Vec<ConditionalRange>,
    /// Inputs that the API does not take together.
    pub conflicts: Vec<Conflict>,
    /// Why it should not be used any more.
    pub deprecated: Option<String>,
}

impl Action {
    /// The credentials of which each opens a call with these arguments, the first one first.
    #[must_use]
    pub fn auth_of<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> Vec<&Credential> {
        let holds = |auth: &&ConditionalAuth| auth.when.holds(given(&auth.when.input));
        let mut only: Vec<&Credential> = Vec::new();
        for auth in self.conditional_auth.iter().filter(holds) {
            if !only.contains(&&auth.credential) {
                only.push(&auth.credential);
            }
        }
        if only.is_empty() { self.auth.iter().collect() } else { only }
    }

    /// The `anthropic-beta` values of a request with these arguments, in the order in which they are sent.
    #[must_use]
    pub fn betas_of<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> Vec<&str> {
        let mut betas: Vec<&str> = self.betas.iter().map(String::as_str).collect();
        for beta in self.conditional_betas.iter().filter(|beta| beta.when.holds(given(&beta.when.input))) {
            if !betas.contains(&beta.name.as_str()) {
                betas.push(&beta.name);
            }
        }
        betas
    }

    /// The first sentence of the docs.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.docs.summary()
    }

    /// The noun and the verb, as they are typed.
    #[must_use]
    pub fn command(&self) -> String {
        format!("{} {}", self.interface, self.function)
    }

    /// Whether it changes something.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.risk.writes()
    }

    /// Every risk whose minimum requirements apply to it.
    pub fn risks(&self) -> impl Iterator<Item = Risk> {
        [Some(self.risk), self.also].into_iter().flatten()
    }

    /// Whether its answer carries what people wrote, so that it is for the requester only.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.risks().any(|risk| risk == Risk::Confidential)
    }

    /// The question that is asked before a run with these arguments (`@ask`).
    #[must_use]
    pub fn question<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> Option<&ConditionalText> {
        self.questions.iter().find(|question| question.applies(&given))
    }

    /// What a run with these arguments brings about (`@effect`).
    #[must_use]
    pub fn effect_of<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> Option<&ConditionalText> {
        self.effects.iter().find(|effect| effect.applies(&given))
    }

    /// What a run can bring about, in one text: each effect that has a condition after the condition; none for a read.
    #[must_use]
    pub fn effect(&self) -> Option<String> {
        in_one_text(&self.effects)
    }

    /// What can be asked before a run, in one text, with names between braces; none where nothing is.
    #[must_use]
    pub fn asks(&self) -> Option<String> {
        in_one_text(&self.questions)
    }

    /// What an error code of the API means for this action (`@code`).
    #[must_use]
    pub fn code(&self, code: &str) -> Option<&ErrorCode> {
        self.codes.iter().find(|known| known.code == code)
    }

    /// The field of its items by which the API orders the list (`@order`).
    #[must_use]
    pub fn ordered_by(&self) -> Option<&str> {
        self.docs.values("order").next()
    }

    /// Whether it runs only when its requester says so, also after others have approved it: the answer is for the requester
    /// alone.
    #[must_use]
    pub fn runs_for_requester(&self) -> bool {
        !self.writes() || self.sensitive || self.is_confidential()
    }

    /// The input with this name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }
}

/// Each text that has a condition after the condition.
fn in_one_text(texts: &[ConditionalText]) -> Option<String> {
    let texts = texts.iter().map(|text| match &text.when {
        Some(when) => format!("With {when}: {}", text.text),
        None if texts.len() > 1 => format!("Otherwise: {}", text.text),
        None => text.text.clone(),
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// A group of actions: a noun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interface {
    /// The WIT name.
    pub name: String,
    /// The docs.
    pub docs: Docs,
    /// Other spellings.
    pub aliases: Vec<String>,
    /// Whether its functions are for embedding programs only (`@embedder`).
    pub embedder: bool,
    /// The group that it stands in (`@family`); the name of the interface where none is stated.
    pub family: String,
    /// Why it should not be used any more (`@deprecated`).
    pub deprecated: Option<String>,
    /// The fields of its objects that hold the human name, by their WIT names (`@names`). The name can be written instead
    /// of the ID; the first field is the one that is shown.
    pub names: Vec<String>,
    /// Where it stands in the text of the package: what comes first there is shown first.
    pub place: u32,
}
