//! The limits of Slack, as it documents them or as messages have been rejected. A property test checks each message and form
//! against them. Limits that this program sets for itself are where they are used.

/// Blocks of a message.
pub(super) const BLOCKS: usize = 50;
/// Characters of all text of a message. Slack rejects messages that are somewhat longer, whatever their blocks.
pub(super) const MESSAGE_CHARS: usize = 12_000;
/// Characters of the header of a message.
pub(super) const HEADER: usize = 150;
/// Characters of one text.
pub(super) const TEXT: usize = 3_000;
/// Elements of a context block.
pub(super) const CONTEXT_ELEMENTS: usize = 10;
/// Visible characters of the label of a button.
pub(super) const BUTTON_LABEL: usize = 30;
/// Characters of the value of a button.
pub(super) const BUTTON_VALUE: usize = 2_000;
/// Characters of the text of a confirmation.
pub(super) const CONFIRM_TEXT: usize = 300;
/// Check boxes of one element.
pub(super) const CHECK_BOXES: usize = 10;
/// Options of a menu.
pub(super) const OPTIONS: usize = 100;
/// Characters of the text, and of the value, of an option or a check box.
pub(super) const OPTION_TEXT: usize = 75;
/// Rows of a table. The head counts as a row of the older block.
pub(super) const TABLE_ROWS: usize = 100;
/// Columns of a table.
pub(super) const TABLE_COLUMNS: usize = 20;
/// Charts of a message.
pub(super) const CHARTS: usize = 2;
/// Characters of the title of a chart.
pub(super) const CHART_TITLE: usize = 50;
/// Characters of a label of a chart.
pub(super) const CHART_LABEL: usize = 20;
/// Points of a chart.
pub(super) const CHART_POINTS: usize = 20;
/// Characters of the title of a modal.
pub(super) const MODAL_TITLE: usize = 24;
/// Characters of the metadata of a modal.
pub(super) const MODAL_METADATA: usize = 3_000;
