//! How much text a message may still hold.

use crate::render::visible::shortened;

/// Slack refuses messages somewhat above this, whatever their blocks.
const MESSAGE_CHARS: usize = 12_000;
/// Kept for the footer.
const RESERVED_CHARS: usize = 1_500;
const FOOTER_LINE: usize = 300;

/// How much text a message may still hold.
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
    /// Cuts a text to its own limit and to what is left, and takes that away.
    pub(super) fn take(&mut self, text: &str, most: usize, cut: &mut bool) -> String {
        let (text, shorter) = shortened(text, most.min(self.left));
        *cut |= shorter;
        let text = if self.left == 0 { String::new() } else { text };
        self.left = self.left.saturating_sub(text.chars().count());
        text
    }

    /// Takes away a number of characters if there are as many.
    pub(super) fn try_take(&mut self, chars: usize) -> bool {
        match self.left.checked_sub(chars) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Cuts a line of the footer to what is reserved for it.
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
