//! Requests that are made from the examples of the catalog, and the credentials that they need.

use crate::support::{Api, Reply};
use claude_admin_catalog::{Action, Credential, Place, Type, Types};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN, SCOPED_KEY};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// The time of the examples: the default clock of a simulation.
const NOW: &str = "2026-11-21T17:20:00Z";

impl Api {
    /// Sends a request with a credential that grants access to an operation, and the betas that it requires.
    pub(crate) fn ask(&mut self, action: &Action, target: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {OAUTH_TOKEN}");
        let credential = match action.auth.first() {
            Some(Credential::Scope(_)) => ("x-api-key", SCOPED_KEY),
            Some(Credential::OauthToken | Credential::OauthScope(_)) => ("authorization", &*bearer),
            _ => ("x-api-key", ADMIN_KEY),
        };
        let given = given_in(action, target);
        let betas = action.betas_of(|input| given.get(input)).join(",");
        let declared = action.examples.iter().find(|example| target_of(action, example, &self.types()) == target);
        let declared = declared.map(|example| header_params(action, example)).unwrap_or_default();
        let mut headers = vec![credential, ("anthropic-version", self.version)];
        headers.extend(declared.iter().map(|(name, value)| (*name, value.as_str())));
        if !betas.is_empty() {
            headers.push(("anthropic-beta", &betas));
        }
        self.request(action.http.method.as_str(), target, &headers, body)
    }

    /// Reads with the key of an Enterprise organization, and with every beta of reports.
    pub(crate) fn read(&mut self, target: &str) -> Reply {
        let betas = "analytics-usage-cost-2026-08-24, fast-mode-2026-02-01";
        let is_console = ["usage_report/messages", "usage_report/claude_code", "organizations/cost_report"];
        let key = if is_console.iter().any(|path| target.contains(path) && !target.contains("analytics")) {
            ADMIN_KEY
        } else {
            SCOPED_KEY
        };
        let headers = [("x-api-key", key), ("anthropic-version", self.version), ("anthropic-beta", betas)];
        self.request("GET", target, &headers, "")
    }
}

/// The headers that an example gives as parameters.
pub(crate) fn header_params<'a>(action: &'a Action, example: &str) -> Vec<(&'a str, String)> {
    let words = words(example);
    let headers = action.params.iter().filter(|param| param.place == Place::Header);
    headers
        .filter_map(|param| {
            let flag = format!("--{}", param.name);
            let at = words.iter().position(|word| *word == flag)?;
            Some((param.wire.as_str(), words.get(at + 1)?.clone()))
        })
        .collect()
}

/// The value of each parameter in the query of a request.
fn given_in(action: &Action, target: &str) -> Map<String, Value> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let mut given = Map::new();
    for (wire, value) in form_urlencoded::parse(query.as_bytes()) {
        if let Some(param) = action.params.iter().find(|param| param.wire == wire) {
            let values = given.entry(param.name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            values.as_array_mut().unwrap().push(value.into_owned().into());
        }
    }
    given
}

/// The path and the query of an example.
pub(crate) fn target_of(action: &Action, example: &str, types: &Types) -> String {
    let words = words(example);
    let mut words = words.iter().skip(2).map(String::as_str);
    let mut values: Vec<(String, String)> = Vec::new();
    let mut positional = action
        .params
        .iter()
        .filter(|param| types.optional(&param.ty).is_none() && types.list_item(&param.ty).is_none());
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            Some(flag) => {
                let input = action.input(flag);
                let is_switch = input.is_some_and(|input| matches!(types.underlying(&input.ty), Type::Bool));
                let value = if is_switch { "true" } else { words.next().unwrap_or_default() };
                give(&mut values, action, types, flag, value);
            }
            None => {
                let name = positional.next().map(|param| param.name.clone()).unwrap_or_default();
                give(&mut values, action, types, &name, word);
            }
        }
    }
    let value = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut target = action.http.path.to_string();
    let mut query = Vec::new();
    for param in &action.params {
        match param.place {
            Place::Path => target = target.replace(&format!("{{{}}}", param.name), &value(&param.name).unwrap()),
            Place::Query => {
                for (_, value) in values.iter().filter(|(known, _)| *known == param.name) {
                    query.push(format!("{}={}", encoded(&param.wire), encoded(value)));
                }
            }
            Place::Body | Place::Header => {}
        }
    }
    // Fields of a record are sent under their own names.
    for input in action.inputs.iter().filter(|input| input.place == Place::Query && !input.fields.is_empty()) {
        for (_, value) in values.iter().filter(|(known, _)| *known == input.name) {
            query.push(format!("{}={}", input.fields.join("."), encoded(value)));
        }
    }
    if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The words of a command line, without quotes.
fn words(example: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in example.chars() {
        match (quote, c) {
            (None, ' ') => words.push(String::new()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// Gives a value to the parameter, or to both ends of the period, that has a name.
fn give(values: &mut Vec<(String, String)>, action: &Action, types: &Types, name: &str, value: &str) {
    let period = action.periods.iter().find(|period| {
        period.name == name || period.start == name && (value.contains("..") || range_of(value).is_some())
    });
    if let Some(period) = period {
        let is_date = |name: &str| {
            let param = action.params.iter().find(|param| param.name == name).unwrap();
            let ty = types.optional(&param.ty).unwrap_or(&param.ty);
            types.format(ty) == Some("date")
        };
        let (start, end) = range_of(value).unwrap();
        let shown = |at: Timestamp, name: &str| {
            let text = at.to_string();
            if is_date(name) { text[..10].to_owned() } else { text }
        };
        values.push((period.start.clone(), shown(start, &period.start)));
        values.push((period.end.clone(), shown(end, &period.end)));
        return;
    }
    let singular = |plural: &str| plural.strip_suffix('s').map(str::to_owned);
    let param = action.params.iter().find(|param| {
        param.name == name
            || types.list_item(&param.ty).is_some()
                && (singular(&param.name).as_deref() == Some(name)
                    || param.name.trim_end_matches("ies") == name.trim_end_matches('y'))
    });
    let Some(param) = param else {
        values.push((name.to_owned(), value.to_owned()));
        return;
    };
    let ty = types.optional(&param.ty).unwrap_or(&param.ty);
    let item = types.list_item(ty).unwrap_or(ty);
    let parts: Vec<&str> = if types.list_item(ty).is_some() { value.split(',').collect() } else { vec![value] };
    for part in parts {
        values.push((param.name.clone(), wire_word(item, part, types)));
    }
}

/// A word as it is sent: the host takes `hour` for `1h`.
fn wire_word(ty: &Type, word: &str, types: &Types) -> String {
    let words = types.words(ty).unwrap_or_default();
    if types.format(ty) == Some("date") && word == "yesterday" {
        return "2026-11-20".to_owned();
    }
    let short = match word {
        "day" => "1d",
        "hour" => "1h",
        "minute" => "1m",
        word => word,
    };
    if words.contains(&short) { short.to_owned() } else { word.to_owned() }
}

/// The instants of a period such as `7d`, `last-month` or `2026-11-01..2026-11-15`.
fn range_of(text: &str) -> Option<(Timestamp, Timestamp)> {
    let now: Timestamp = NOW.parse().unwrap();
    let day = |text: &str| -> Option<Timestamp> {
        let date: Date = text.parse().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp())
    };
    if let Some((start, end)) = text.split_once("..") {
        return Some((day(start)?, day(end)?));
    }
    match text {
        "last-month" => Some((day("2026-10-01")?, day("2026-11-01")?)),
        "yesterday" => Some((day("2026-11-20")?, day("2026-11-21")?)),
        _ => {
            let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let count = count.parse::<i64>().ok()?;
            match unit {
                // Days in the past.
                "d" => Some((day("2026-11-21")? - SignedDuration::from_hours(24 * count), day("2026-11-21")?)),
                "h" => Some((now - SignedDuration::from_hours(count), now)),
                _ => None,
            }
        }
    }
}
