//! The table of prices.

use super::money::NanoCents;

/// An item with a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    UncachedInput,
    CacheWrite5m,
    CacheWrite1h,
    CacheRead,
    Output,
    WebSearch,
    CodeExecution,
    Session,
}

impl Item {
    pub(crate) const COUNT: usize = 8;
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::UncachedInput,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::CacheRead,
        Self::Output,
        Self::WebSearch,
        Self::CodeExecution,
        Self::Session,
    ];

    pub(crate) fn cost_type(self) -> &'static str {
        match self {
            Self::WebSearch => "web_search",
            Self::CodeExecution => "code_execution",
            Self::Session => "session_usage",
            _ => "tokens",
        }
    }

    pub(crate) fn token_type(self) -> Option<&'static str> {
        match self {
            Self::UncachedInput => Some("uncached_input_tokens"),
            Self::CacheWrite5m => Some("cache_creation.ephemeral_5m_input_tokens"),
            Self::CacheWrite1h => Some("cache_creation.ephemeral_1h_input_tokens"),
            Self::CacheRead => Some("cache_read_input_tokens"),
            Self::Output => Some("output_tokens"),
            Self::WebSearch | Self::CodeExecution | Self::Session => None,
        }
    }

    /// The name in the Console.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::UncachedInput => "Input Tokens",
            Self::CacheWrite5m => "Input Tokens, Cache Write 5m",
            Self::CacheWrite1h => "Input Tokens, Cache Write 1h",
            Self::CacheRead => "Input Tokens, Cache Hit",
            Self::Output => "Output Tokens",
            Self::WebSearch => "Web Search Usage",
            Self::CodeExecution => "Code Execution Usage",
            Self::Session => "Session Usage",
        }
    }
}

/// A model with its prices for input and output, in cents for a million tokens.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    /// The name in the Console.
    pub(crate) label: &'static str,
    input: i128,
    output: i128,
}

pub(crate) const OPUS: &Model = &Model { name: "claude-opus-4-5", label: "Claude Opus 4.5", input: 500, output: 2500 };
pub(crate) const SONNET: &Model =
    &Model { name: "claude-sonnet-4-5", label: "Claude Sonnet 4.5", input: 300, output: 1500 };
pub(crate) const HAIKU: &Model =
    &Model { name: "claude-haiku-4-5", label: "Claude Haiku 4.5", input: 100, output: 500 };
/// Whether the model is older than the choice of the inference location.
pub(crate) const OLD_OPUS: &Model =
    &Model { name: "claude-opus-4-1", label: "Claude Opus 4.1", input: 1500, output: 7500 };

/// The price of a web search: 10 US dollars for 1,000 searches.
const WEB_SEARCH: NanoCents = NanoCents::cents(1);
/// The price of one hour of code execution.
const CODE_EXECUTION_HOUR: NanoCents = NanoCents::cents(5);
/// The price of one hour of a session.
const SESSION_HOUR: NanoCents = NanoCents::cents(8);

/// The terms that determine a price, in addition to the item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) model: &'static Model,
    pub(crate) tier: &'static str,
    pub(crate) window: &'static str,
    pub(crate) geo: &'static str,
    pub(crate) speed: &'static str,
}

/// The list price of one token, search or hour.
pub(crate) fn price(item: Item, terms: Terms) -> NanoCents {
    // One cent for a million tokens is a thousand billionths of a cent for one token.
    let (input, output) = (terms.model.input * 1000, terms.model.output * 1000);
    let base = match item {
        Item::WebSearch => return WEB_SEARCH,
        Item::CodeExecution => return CODE_EXECUTION_HOUR,
        Item::Session => return SESSION_HOUR,
        Item::UncachedInput => input,
        Item::CacheWrite5m => input * 5 / 4,
        Item::CacheWrite1h => input * 2,
        Item::CacheRead => input / 10,
        Item::Output => output,
    };
    let base = match (terms.window, item) {
        ("200k-1M", Item::Output) => base * 3 / 2,
        ("200k-1M", _) => base * 2,
        _ => base,
    };
    let base = if matches!(terms.tier, "batch" | "flex" | "flex_discount") { base / 2 } else { base };
    let base = if terms.geo == "us" { base * 11 / 10 } else { base };
    NanoCents(if terms.speed == "fast" { base * 6 } else { base })
}

/// The charged amount of a list price. Products of seats have a discount of 10%.
pub(crate) fn charged(list: NanoCents, is_api: bool) -> NanoCents {
    if is_api { list } else { NanoCents(list.0 * 9 / 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(model: &'static Model) -> Terms {
        Terms { model, tier: "standard", window: "0-200k", geo: "global", speed: "standard" }
    }

    #[test]
    fn a_million_tokens_cost_what_the_table_says() {
        let million = |item, terms| (price(item, terms) * 1_000_000).to_string();
        assert_eq!(million(Item::UncachedInput, terms(SONNET)), "300");
        assert_eq!(million(Item::Output, terms(SONNET)), "1500");
        assert_eq!(million(Item::CacheRead, terms(SONNET)), "30");
        assert_eq!(million(Item::CacheWrite5m, terms(SONNET)), "375");
        assert_eq!(million(Item::Output, Terms { window: "200k-1M", ..terms(SONNET) }), "2250");
        assert_eq!(million(Item::Output, Terms { tier: "batch", ..terms(SONNET) }), "750");
        assert_eq!(million(Item::Output, Terms { geo: "us", ..terms(SONNET) }), "1650");
        assert_eq!((price(Item::WebSearch, terms(OPUS)) * 1000).to_string(), "1000");
    }

    #[test]
    fn no_price_is_ever_rounded() {
        for model in [OPUS, SONNET, HAIKU, OLD_OPUS] {
            for (tier, window, geo, speed) in
                [("standard", "0-200k", "global", "fast"), ("batch", "200k-1M", "us", "standard")]
            {
                for item in Item::ALL.into_iter().filter(|item| item.token_type().is_some()) {
                    let price = price(item, Terms { model, tier, window, geo, speed });
                    assert_eq!(price.0 % 100, 0, "{item:?} of {} leaves room for every factor", model.name);
                }
            }
        }
    }
}
