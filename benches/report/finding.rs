//! The result of a measurement: a ratio, and its spread.

/// The quartiles of some values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) middle: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let [lower, middle, upper] = [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4]);
        Self { lower, middle, upper }
    }

    /// The ratios of two series; each ratio is of values of the same turn.
    pub(crate) fn of_ratios(ours: &[f64], theirs: &[f64]) -> Self {
        Self::of(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs))
    }
}

/// The direction in which a ratio is better, with a bound if there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// More is better. No goal is set; the ratio is reported for comparison only.
    More,
    /// Less is better. No goal is set; the ratio is reported for comparison only.
    Less,
}

impl Goal {
    /// Whether the goal is met; none if there is no goal.
    fn is_met(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(goal) => Some(value >= goal),
            Self::AtMost(goal) => Some(value <= goal),
            Self::More | Self::Less => None,
        }
    }

    /// The better quartile: a quarter of the turns was better than this.
    pub(crate) fn better_quarter(self, ratio: Quartiles) -> f64 {
        match self {
            Self::AtLeast(_) | Self::More => ratio.upper,
            Self::AtMost(_) | Self::Less => ratio.lower,
        }
    }

    /// The worse one of two ratios.
    pub(crate) fn worse(self, one: f64, other: f64) -> f64 {
        match self {
            Self::AtLeast(_) | Self::More => one.min(other),
            Self::AtMost(_) | Self::Less => one.max(other),
        }
    }

    /// Whether a ratio is worse than another one by more than a third.
    pub(crate) fn is_regression(self, value: f64, baseline: f64) -> bool {
        match self {
            Self::AtLeast(_) | Self::More => value < baseline * 2.0 / 3.0,
            Self::AtMost(_) | Self::Less => value > baseline * 4.0 / 3.0,
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(goal) => write!(f, "≥ {}", short(*goal)),
            Self::AtMost(goal) => write!(f, "≤ {}", short(*goal)),
            Self::More | Self::Less => f.write_str("–"),
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The name of the comparison. It is also the key in the baseline.
    pub(crate) name: String,
    /// The value of this project, or of plain Rust, with its unit.
    pub(crate) ours: String,
    /// The value of the other program, with its unit.
    pub(crate) theirs: String,
    /// Our value divided by their value.
    pub(crate) ratio: Quartiles,
    pub(crate) goal: Goal,
    /// Whether the other value is a fixed bound in units of time and not a measurement. Whether such a bound is met
    /// depends on the machine.
    pub(crate) is_bound: bool,
}

/// Prints a table in Markdown.
pub(crate) fn print(measure: &str, findings: &[Finding]) {
    println!("\n### {measure}\n");
    println!("| what | ours | against | ratio | half of the turns | goal | met |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for finding in findings {
        let Finding { name, ours, theirs, ratio, goal, .. } = finding;
        let met = goal.is_met(ratio.middle).map_or("–", |met| if met { "yes" } else { "no" });
        let half = format!("{} to {}", short(ratio.lower), short(ratio.upper));
        println!("| {name} | {ours} | {theirs} | {} | {half} | {goal} | {met} |", short(ratio.middle));
    }
}

/// A number with three digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
