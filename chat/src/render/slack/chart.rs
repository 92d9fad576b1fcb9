//! Charts as Slack draws them, or as text if Slack cannot draw them.

use super::super::text;
use super::super::visible::{shortened, visible};
use super::limits;
use super::{SlackTables, Style, Writer};
use crate::document::Chart;
use serde_json::json;

/// Writes a chart. Without table blocks, charts are also text.
pub(super) fn write(writer: &mut Writer<'_>, chart: &Chart) {
    let is_chart = |block: &serde_json::Value| block["type"] == "data_visualization";
    let drawn = writer.blocks.iter().filter(|block| is_chart(block)).count();
    let fits = (1..=limits::CHART_POINTS).contains(&chart.points.len())
        && chart.points.iter().all(|point| point.value.is_finite());
    if writer.tables != SlackTables::DataTable || drawn == limits::CHARTS || !fits {
        writer.rich(vec![vec![(text::chart(chart), Style::Code)]]);
        return;
    }
    // Slack does not accept empty text.
    let short = |text: &str, most| shortened(&visible(if text.is_empty() { "–" } else { text }), most).0;
    let mut labels: Vec<String> = Vec::new();
    for point in &chart.points {
        let label = short(&point.label, limits::CHART_LABEL);
        // Slack requires unique names.
        let unique = (1..).map(|number| {
            if number == 1 {
                label.clone()
            } else {
                format!("{}~{number}", shortened(&label, limits::CHART_LABEL - 3).0)
            }
        });
        let label = unique.into_iter().find(|label| !labels.contains(label)).unwrap_or_default();
        labels.push(label);
    }
    let data: Vec<_> =
        labels.iter().zip(&chart.points).map(|(label, point)| json!({"label": label, "value": point.value})).collect();
    let size: usize = labels.iter().map(|label| label.len() * 2).sum::<usize>() + limits::CHART_TITLE * 3;
    if !writer.budget.try_take(size) {
        writer.cut = true;
        return;
    }
    writer.blocks.push(json!({
        "type": "data_visualization",
        "title": short(&chart.title, limits::CHART_TITLE),
        "chart": {
            "type": "bar",
            "series": [{"name": short(&chart.y_label, limits::CHART_LABEL), "data": data}],
            "axis_config": {
                "categories": labels,
                "x_label": short(&chart.x_label, limits::CHART_TITLE),
                "y_label": short(&chart.y_label, limits::CHART_TITLE),
            },
        },
    }));
}
