//! The flags about the terminal that every command accepts.

use super::terminal::{self, Color};
use clap::Args;

#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct ScreenArgs {
    /// Ask nothing, even on a terminal: missing arguments are errors, and a write stays pending
    #[arg(long, global = true)]
    pub(super) no_input: bool,
    /// Write to the terminal without a pager
    #[arg(long, global = true)]
    pub(super) no_pager: bool,
    /// Show colors: `auto` on a terminal, unless `NO_COLOR` is set; `always` formats output as for a terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(super) color: Color,
}

impl ScreenArgs {
    /// Makes the settings of the terminal known before the first output.
    pub(super) fn apply(self) {
        terminal::set_color(self.color);
    }
}
