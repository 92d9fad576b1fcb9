//! The sources of usage: streams, each of which always has the same model, key, person and so on.

use super::calendar::{DAY, FIRST_DAY, minute_of, weekday};
use super::doings::{self, Product};
use super::people::{People, Person};
use super::prices::{HAIKU, Item, OPUS, SONNET, Terms};
use super::profile::{AGENTS, CODING, MESSAGES, Mixture, PIPELINE, PROFILES, Profile, TALKING, terms};
use super::random::{count_below, id, index_below, mix, salt};
use super::rhythm::Rhythm;
use crate::Object;
use crate::memory;
use crate::rules::{ApiKeys, Workspaces, text};
use crate::store::Store;
use serde_json::Value;

/// The actor of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor<'s> {
    /// A member, by position.
    Member(usize),
    Key(&'s str),
    ServiceAccount(&'s str),
    /// A workload at a cloud provider.
    Workload,
}

/// The subject of the workload.
pub(crate) const WORKLOAD: &str = "evaluation@acme-robotics.iam.example";
/// The number of its project.
pub(crate) const PROJECT_NUMBER: &str = "314159265358";

/// The Slack channels of Claude, by their Slack IDs.
pub(crate) const CHANNELS: [&str; 3] = ["C0123456789", "C0222333444", "C0555666777"];
const CATEGORIES: [&str; 5] = ["dm", "engaged", "monitoring", "proactive", "scheduled"];

/// The volume of a stream.
#[derive(Debug, Clone, Copy)]
enum Volume {
    /// Requests on a working day at the end of 2026.
    Machine(i64),
    /// The activity of a member in a product.
    Member(usize, Product, Part),
}

/// The share of a member's messages in a product that belongs to a stream.
#[derive(Debug, Clone, Copy)]
enum Part {
    All,
    /// This number of hundredths.
    Hundredths(i64),
    /// The rest, without this number of hundredths.
    Rest(i64),
}

impl Part {
    fn of(self, messages: i64) -> i64 {
        match self {
            Self::All => messages,
            Self::Hundredths(part) => messages * part / 100,
            Self::Rest(part) => messages - messages * part / 100,
        }
    }
}

/// A stream of usage.
#[derive(Debug)]
pub(crate) struct Stream<'s> {
    pub(crate) actor: Actor<'s>,
    pub(crate) product: &'static str,
    pub(crate) terms: Terms,
    pub(crate) workspace: Option<&'s str>,
    pub(crate) api_key: Option<&'s str>,
    /// The Slack source: the channel, the trigger of the response, and the user.
    pub(crate) slack: Option<(&'static str, &'static str, String)>,
    /// The agent, and its deployment, environment and session, by number.
    pub(crate) agent: Option<u64>,
    pub(crate) user_profile: Option<String>,
    volume: Volume,
    mixture: Mixture,
    rhythm: Rhythm,
    salt: u64,
    /// The first minute, and the end.
    life: (i64, i64),
}

impl Stream<'_> {
    /// Whether it is billed by use and shown in the Console.
    pub(crate) fn is_api(&self) -> bool {
        matches!(
            self.product,
            "messages_api" | "message_batches_api" | "managed_agents_api" | "claude_console" | "claude_code"
        )
    }

    pub(crate) fn rhythm(&self) -> Rhythm {
        self.rhythm
    }

    pub(crate) fn salt(&self) -> u64 {
        self.salt
    }

    /// The part of a range of minutes in which the stream exists.
    pub(crate) fn living(&self, from: i64, until: i64) -> (i64, i64) {
        (from.max(self.life.0), until.min(self.life.1))
    }

    /// The requests of a whole day.
    pub(crate) fn requests(&self, seed: u64, people: &People<'_>, day: i64) -> i64 {
        match self.volume {
            Volume::Member(position, product, part) => {
                let person = people.everybody.get(position);
                person.map_or(0, |person| part.of(doings::messages(seed, person, product, day)))
            }
            Volume::Machine(base) => {
                let week = self.rhythm.week()[usize::try_from(weekday(day)).unwrap_or_default()];
                // A third at the beginning of 2026, the full number at the end.
                let growth = 33 + 67 * (day - FIRST_DAY).clamp(-120, 500) / 325;
                base * week * growth.max(0) * (70 + count_below(61, &[seed, self.salt, day.cast_unsigned()]))
                    / 1_000_000
            }
        }
    }

    /// The items of the requests of a day.
    pub(crate) fn items(&self, seed: u64, day: i64, requests: i64) -> [i64; Item::COUNT] {
        let mut items = self.mixture.0;
        for (item, amount) in items.iter_mut().enumerate() {
            let varied = 75 + count_below(51, &[seed, self.salt, day.cast_unsigned(), item as u64]);
            *amount = requests * *amount * varied / 100_000;
        }
        items
    }
}

/// Every stream of an organization.
pub(crate) fn streams<'s>(store: &'s Store, people: &People<'s>, seed: u64) -> Vec<Stream<'s>> {
    let mut streams: Vec<Stream<'s>> = Vec::new();
    let mut keys: Vec<&Object> = store.items(ApiKeys::PATH).collect();
    keys.reverse();
    for (position, key) in keys.into_iter().enumerate() {
        for profile in [position, position * 3 + 1] {
            streams.push(of_key(store, people, seed, key, profile % PROFILES.len()));
        }
        // Some keys run Claude Code in pipelines.
        let first = of_key(store, people, seed, key, position % PROFILES.len());
        if position % 5 == 2 && matches!(first.actor, Actor::Key(_)) {
            let profile = (terms(SONNET), Rhythm::Service, PIPELINE, 70);
            let Stream { actor, workspace, api_key, life, .. } = first;
            let pipeline = machine(Product::ClaudeCode.word(), profile, mix(&[seed, salt(text(key, "id")), 90]));
            streams.push(Stream { actor, workspace, api_key, life, ..pipeline });
        }
    }
    let account = streams.iter().find_map(|stream| match stream.actor {
        Actor::ServiceAccount(id) => Some(id),
        _ => None,
    });
    streams.extend(account.into_iter().flat_map(|account| [1, 2].map(|agent| of_agent(seed, account, agent))));
    streams.push(Stream {
        actor: Actor::Workload,
        user_profile: Some(id("uprof_", &[seed, salt("profile")])),
        ..machine("messages_api", PROFILES[0], salt("workload"))
    });
    for (position, person) in people.everybody.iter().enumerate() {
        streams.extend(of_member(seed, position, person));
    }
    streams
}

/// A stream of a machine that belongs to no person.
fn machine<'s>(product: &'static str, profile: Profile, salt: u64) -> Stream<'s> {
    let (terms, rhythm, mixture, base) = profile;
    Stream {
        actor: Actor::Workload,
        product,
        terms,
        workspace: None,
        api_key: None,
        slack: None,
        agent: None,
        user_profile: None,
        volume: Volume::Machine(base),
        mixture,
        rhythm,
        salt,
        life: (i64::MIN, i64::MAX),
    }
}

fn of_key<'s>(store: &'s Store, people: &People<'s>, seed: u64, key: &'s Object, profile: usize) -> Stream<'s> {
    let key_id = text(key, "id");
    let principal = |field: &str| key.get("principal").and_then(|principal| principal.get(field)?.as_str());
    let member = principal("user_id").and_then(|id| people.everybody.iter().position(|person| person.id == id));
    let actor = match (member, principal("service_account_id")) {
        (Some(position), _) => Actor::Member(position),
        (None, Some(account)) => Actor::ServiceAccount(account),
        (None, None) => Actor::Key(key_id),
    };
    let workspace = key.get("scope").and_then(|scope| scope.get("workspace_id")).and_then(Value::as_str);
    let minute = |field: &str| text(key, field).parse().ok().map(minute_of);
    let stopped = memory::stopped_at(store, key_id).map(minute_of);
    let unused = key.contains_key(ApiKeys::UNUSED_MARK).then_some(i64::MIN);
    let end = [stopped, minute("expires_at"), unused].into_iter().flatten().min();
    let product = if PROFILES[profile].0.tier == "batch" { "message_batches_api" } else { "messages_api" };
    Stream {
        actor,
        workspace: workspace.filter(|id| !Workspaces::is_default(store, id)),
        api_key: Some(key_id),
        life: (minute("created_at").unwrap_or(i64::MIN), end.unwrap_or(i64::MAX)),
        ..machine(product, PROFILES[profile], mix(&[seed, salt(key_id), profile as u64]))
    }
}

fn of_agent(seed: u64, account: &str, agent: u64) -> Stream<'_> {
    let profile = (terms(SONNET), Rhythm::Service, AGENTS, 220);
    Stream {
        actor: Actor::ServiceAccount(account),
        agent: Some(agent),
        ..machine("managed_agents_api", profile, mix(&[seed, salt("agent"), agent]))
    }
}

/// The streams of a member: one for each product, two for Claude Code, and the Console.
fn of_member<'s>(seed: u64, position: usize, person: &Person<'s>) -> impl Iterator<Item = Stream<'s>> {
    let own = person.salt;
    let salt_of = move |what: u64| mix(&[seed, own, what]);
    let life = ((person.joined + 1) * DAY, person.left.unwrap_or(i64::MAX));
    let stream = move |product: Product, model, mixture, part, what: u64| {
        let slack = (product == Product::Slack).then(|| {
            let choose = |count| index_below(count, &[seed, person.salt, what]);
            (CHANNELS[choose(CHANNELS.len())], CATEGORIES[choose(CATEGORIES.len())], slack_user(person))
        });
        Stream {
            actor: Actor::Member(position),
            slack,
            volume: Volume::Member(position, product, part),
            life,
            ..machine(product.word(), (terms(model), Rhythm::Office, mixture, 0), salt_of(what))
        }
    };
    let products = Product::ALL.into_iter().filter(|product| *product != Product::ClaudeCode);
    let products = products.map(move |product| {
        let model = [SONNET, SONNET, OPUS, HAIKU][index_below(4, &[seed, person.salt, product as u64])];
        stream(product, model, TALKING, Part::All, product as u64)
    });
    let coding = [(OPUS, Part::Hundredths(40), 100), (SONNET, Part::Rest(40), 101)]
        .map(|(model, part, what)| stream(Product::ClaudeCode, model, CODING, part, what));
    let console = matches!(person.role, "admin" | "developer").then(|| Stream {
        actor: Actor::Member(position),
        life,
        ..machine("claude_console", (terms(SONNET), Rhythm::Office, MESSAGES, 12), salt_of(102))
    });
    products.chain(coding).chain(console)
}

/// The Slack ID of a member.
pub(crate) fn slack_user(person: &Person<'_>) -> String {
    format!("U0{:09X}", person.salt % 0xF_FFFF_FFFF)
}

/// The last minute with data, for a given delay.
pub(crate) fn known_until(now: jiff::Timestamp, minutes: i64) -> i64 {
    minute_of(now) - minutes
}
