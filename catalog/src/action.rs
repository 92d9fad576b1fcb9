//! The actions: one for each function that makes a request.

use crate::annotation::Docs;
use crate::{
    Availability, Bounds, ConditionalAuth, ConditionalBeta, ConditionalRange, ConditionalText, Conflict, ErrorCode,
    Futile, HttpRequest, Impact, Input, Paging, Period, PeriodLimit, Replaces, Risk, Type, Unit,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A credential that grants access to an action.
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
    /// No credential: the request itself authenticates its sender.
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

/// The part of the request that contains a parameter.
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
    /// Its description (`@param`).
    pub docs: String,
    /// The part of the request that contains it.
    pub place: Place,
    /// Bounds (`@range`).
    pub range: Option<Bounds>,
    /// The meaning of the number (`@unit`).
    pub unit: Option<Unit>,
    /// The value that the server assumes if it is not sent (`@default`).
    pub default: Option<String>,
    /// Whether `none` is sent as null (`@null`).
    pub null_when_none: bool,
    /// Whether it is the body itself (`@flatten`).
    pub flatten: bool,
    /// Whether it is a secret (`@sensitive`).
    pub sensitive: bool,
    /// Whether an empty item of the list is sent (`@empty`).
    pub takes_empty: bool,
}

/// The format of the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum BodyForm {
    /// As a JSON object.
    #[default]
    Json,
    /// As a form with files (`@body multipart`).
    Multipart,
}

/// The format of the body of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReplyForm {
    /// As JSON.
    #[default]
    Json,
    /// As a file (`@reply bytes`).
    Bytes,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// The parameters as a person writes them: a record is split into its fields.
    pub inputs: Vec<Input>,
    /// The type that the function returns on success.
    pub result: Option<Type>,
    /// The request it makes.
    pub http: HttpRequest,
    /// The risk.
    pub risk: Risk,
    /// A second risk, whose minimum requirements apply too. Only an action of another package than the reviewed one has
    /// it, if the two packages differ on whether a request is a confidential read or a write.
    pub also: Option<Risk>,
    /// The credentials that grant access to it. Any one of them is enough.
    pub auth: Vec<Credential>,
    /// Credentials that are the only ones that grant access to it under a condition.
    pub conditional_auth: Vec<ConditionalAuth>,
    /// Required values of `anthropic-beta`.
    pub betas: Vec<String>,
    /// The `anthropic-beta` values that some requests need.
    pub conditional_betas: Vec<ConditionalBeta>,
    /// Fixed fields of the body.
    pub constants: Vec<(String, String)>,
    /// The effects of a run (`@effect`). The first text that applies is used.
    pub effects: Vec<ConditionalText>,
    /// The questions before a run (`@ask`). The first that applies is used.
    pub questions: Vec<ConditionalText>,
    /// Lists whose items depend on the target (`@impact`).
    pub impacts: Vec<Impact>,
    /// The item of a list that it replaces (`@replaces`).
    pub replaces: Option<Replaces>,
    /// The states of the target in which it fails or changes nothing (`@futile`).
    pub futile: Vec<Futile>,
    /// Error codes with more information than their status (`@code`).
    pub codes: Vec<ErrorCode>,
    /// The organizations and platforms in which it exists (`@available`); empty if they are not stated.
    pub available: Vec<Availability>,
    /// Command lines, without the name of the program.
    pub examples: Vec<String>,
    /// Other spellings of the verb.
    pub aliases: Vec<String>,
    /// Whether the response contains a secret: a field, at any depth, is marked with `@sensitive`.
    pub sensitive: bool,
    /// Whether the complete response is treated as a secret. This applies if a reviewed package marks a secret in the
    /// response to this request: it is not known where another component puts the secret.
    pub whole_secret: bool,
    /// The paging of a list.
    pub paging: Option<Paging>,
    /// The format of the body.
    pub body_form: BodyForm,
    /// The format of the response.
    pub reply_form: ReplyForm,
    /// The pairs of times that people can write as one period.
    pub periods: Vec<Period>,
    /// The maximum lengths of these periods.
    pub period_limits: Vec<PeriodLimit>,
    /// Bounds that apply under a condition.
    pub conditional_ranges: Vec<ConditionalRange>,
    /// Inputs that the API does not accept together.
    pub conflicts: Vec<Conflict>,
    /// The type of activity that the activity feed shows for it (`@activity`); none if no type is known.
    pub activity: Option<String>,
    /// The reason why it is deprecated.
    pub deprecated: Option<String>,
}

impl Action {
    /// The credentials that grant access to a call with these arguments, in the declared order. Any one of them is
    /// enough.
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

    /// Whether it is a write.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.risk.writes()
    }

    /// Every risk whose minimum requirements apply to it.
    pub fn risks(&self) -> impl Iterator<Item = Risk> {
        [Some(self.risk), self.also].into_iter().flatten()
    }

    /// Whether its response contains text or files that people wrote. Only the requester receives such a response.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.risks().any(|risk| risk == Risk::Confidential)
    }

    /// The question that is asked before a run with these arguments (`@ask`).
    #[must_use]
    pub fn question<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> Option<&ConditionalText> {
        self.questions.iter().find(|question| question.applies(&given))
    }

    /// The effect of a run with these arguments (`@effect`).
    #[must_use]
    pub fn effect_of<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> Option<&ConditionalText> {
        self.effects.iter().find(|effect| effect.applies(&given))
    }

    /// The effects that a run can have, in one text. Each effect with a condition follows its condition. A read has
    /// none.
    #[must_use]
    pub fn effect(&self) -> Option<String> {
        in_one_text(&self.effects)
    }

    /// The questions that can be asked before a run, in one text, with names between braces; `None` if there are none.
    #[must_use]
    pub fn asks(&self) -> Option<String> {
        in_one_text(&self.questions)
    }

    /// The meaning of an error code of the API for this action (`@code`).
    #[must_use]
    pub fn code(&self, code: &str) -> Option<&ErrorCode> {
        self.codes.iter().find(|known| known.code == code)
    }

    /// The field of its items by which the API orders the list (`@order`).
    #[must_use]
    pub fn ordered_by(&self) -> Option<&str> {
        self.docs.values("order").next()
    }

    /// Whether only its requester can run it, also after other users have approved it, because only the requester can
    /// see the response.
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
    /// The group that lists it (`@family`); the name of the interface if no group is stated.
    pub family: String,
    /// The reason why it is deprecated (`@deprecated`).
    pub deprecated: Option<String>,
    /// The fields of its objects that contain the human name, by their WIT names (`@names`). The name can be written
    /// instead of the ID. The first field is the one that is shown.
    pub names: Vec<String>,
    /// Its position in the text of the package. Interfaces are shown in this order.
    pub place: u32,
}
