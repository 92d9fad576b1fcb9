//! Percent-encoding for path segments and queries.

/// Appends text, with everything but unreserved characters (RFC 3986, section 2.3) encoded.
pub(crate) fn encode(text: &str, out: &mut String) {
    encode_but(b"", text, out);
}

/// Appends text as one path segment. Colons are not encoded: this is valid in a path segment, and the official clients
/// send ARNs as IDs in this form.
pub(crate) fn encode_segment(text: &str, out: &mut String) {
    encode_but(b":", text, out);
}

fn encode_but(kept: &[u8], text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn everything_but_unreserved_characters_is_encoded() {
        let mut out = String::new();
        super::encode("a-b_c.d~e/ü?&=+ []", &mut out);
        assert_eq!(out, "a-b_c.d~e%2F%C3%BC%3F%26%3D%2B%20%5B%5D");
    }

    #[test]
    fn a_colon_stays_in_a_segment_only() {
        let (mut segment, mut query) = (String::new(), String::new());
        super::encode_segment("arn:aws:s3:::a/b", &mut segment);
        super::encode("a:b", &mut query);
        assert_eq!((&*segment, &*query), ("arn:aws:s3:::a%2Fb", "a%3Ab"));
    }
}
