//! Tests of the real binary.

mod advice;
pub(crate) mod command_line;
mod completions;
mod conformance;
mod crash;
mod documentation;
#[cfg(unix)]
mod lone_operator;
mod long_list;
#[cfg(unix)]
mod on_terminal;
mod operating;
#[cfg(unix)]
mod prompts;
mod readme;
mod reference_page;
mod short_form;
#[cfg(unix)]
mod socket_mode;
#[cfg(unix)]
mod stopping;
mod streams;
#[cfg(unix)]
mod terminal;
