//! A chart, apart from how it is drawn.

/// Values along a line or side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What the points stand along: time, or things.
    pub x_label: String,
    /// What is measured.
    pub y_label: String,
    /// The points, in order.
    pub points: Vec<Point>,
}

/// One point of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Where it stands: a day, a thing.
    pub label: String,
    /// How high it is: good enough to draw.
    pub value: f64,
    /// The exact value, for people.
    pub text: String,
}

impl Eq for Chart {}
