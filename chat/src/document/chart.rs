//! A chart, without its drawing.

/// Values along a line or side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The title.
    pub title: String,
    /// The label of the axis of the points: time or a category.
    pub x_label: String,
    /// The measure.
    pub y_label: String,
    /// The points, in order.
    pub points: Vec<Point>,
}

/// One point of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The position: a day or an object.
    pub label: String,
    /// The height, exact enough to draw.
    pub value: f64,
    /// The exact value, for people.
    pub text: String,
}

impl Eq for Chart {}
