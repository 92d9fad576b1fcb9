//! Charts as SVG, for pages and files.

use super::visible::{shortened, visible};
use crate::document::Chart;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const BAR: f64 = 18.0;
const GAP: f64 = 8.0;
const LEFT: f64 = 180.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 40.0;
const MAX_LABEL: usize = 26;

/// Draws a chart as a picture of horizontal bars. Every value is next to its bar, so colors carry no information.
#[must_use]
pub fn svg(chart: &Chart) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a chart has a handful of points")]
    let height = TOP + chart.points.len() as f64 * (BAR + GAP) + GAP;
    // A value that cannot be drawn has no bar.
    let length = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let most = chart.points.iter().map(|point| length(point.value)).fold(0.0, f64::max);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\
         <text x=\"8\" y=\"22\" font-weight=\"bold\">{title}</text>",
        title = escaped(&chart.title)
    );
    let mut y = TOP;
    for point in &chart.points {
        let width = if most > 0.0 { length(point.value) / most * (WIDTH - LEFT - RIGHT) } else { 0.0 };
        let label = escaped(&shortened(&point.label, MAX_LABEL).0);
        let middle = y + BAR * 0.72;
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{label}</text>\
             <rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"#6C5BB9\"/>\
             <text x=\"{:.1}\" y=\"{middle:.1}\">{}</text>",
            LEFT - 8.0,
            LEFT + width + 6.0,
            escaped(&point.text)
        );
        y += BAR + GAP;
    }
    out + "</svg>\n"
}

fn escaped(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Point;

    #[test]
    fn no_text_can_leave_its_place() {
        let point = Point { label: "<script>\"&".to_owned(), value: 2.0, text: "2".to_owned() };
        let chart =
            Chart { title: "A & B".to_owned(), x_label: String::new(), y_label: String::new(), points: vec![point] };
        let svg = svg(&chart);
        assert!(svg.contains("&lt;script&gt;&quot;&amp;") && !svg.contains("<script>"), "{svg}");
        assert!(svg.contains("aria-label=\"A &amp; B\""), "{svg}");
    }
}
