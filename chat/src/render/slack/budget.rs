//! The remaining text budget of a message.

use super::limits::MESSAGE_CHARS;
use crate::render::visible::shortened;

/// Reserved for the footer.
const RESERVED_CHARS: usize = 1_500;
const FOOTER_LINE: usize = 300;

/// The remaining text budget of a message.
pub(super) struct Budget {
    left: usize,
    reserved: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MESSAGE_CHARS - RESERVED_CHARS, reserved: RESERVED_CHARS - 200 }
    }
}

impl Budget {
    /// Shortens a text to its own limit and to the remaining budget, and subtracts it from the budget.
    pub(super) fn take(&mut self, text: &str, most: usize, cut: &mut bool) -> String {
        let (text, shorter) = shortened(text, most.min(self.left));
        *cut |= shorter;
        let text = if self.left == 0 { String::new() } else { text };
        self.left = self.left.saturating_sub(text.chars().count());
        text
    }

    /// Subtracts a number of characters from the budget, if it is large enough.
    pub(super) fn try_take(&mut self, chars: usize) -> bool {
        match self.left.checked_sub(chars) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Shortens a line of the footer to the reserved budget.
    pub(super) fn take_reserved(&mut self, line: &str) -> String {
        let most = FOOTER_LINE.min(self.reserved);
        if most == 0 {
            return String::new();
        }
        let (line, _) = shortened(line, most);
        self.reserved = self.reserved.saturating_sub(line.chars().count());
        line
    }
}
