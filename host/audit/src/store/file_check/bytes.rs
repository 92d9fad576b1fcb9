//! Reads the numbers of SQLite's file format. A number that is not there is none; nothing here can be out of bounds.

/// A big-endian number of two bytes.
pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// A big-endian number of four bytes.
pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// A number of one to nine bytes, and how many they are. None when it is not there, or not in its shortest form.
pub(super) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let bytes = bytes.get(at..)?;
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1)).filter(|&(value, length)| length == varint_length(value));
        }
    }
    value = value << 8 | u64::from(*bytes.get(8)?);
    Some((value, 9)).filter(|&(value, length)| length == varint_length(value))
}

/// How many bytes the shortest form of a number has.
pub(super) fn varint_length(value: u64) -> usize {
    let bits = (u64::BITS - value.leading_zeros()).max(1) as usize;
    if bits > 56 { 9 } else { bits.div_ceil(7) }
}

/// Writes a number in its shortest form. Only for numbers of up to 56 bits.
pub(super) fn put_varint(value: u64, out: &mut Vec<u8>) {
    for index in (0..varint_length(value)).rev() {
        let more = if index > 0 { 0x80 } else { 0 };
        out.push((value >> (7 * index)) as u8 & 0x7f | more);
    }
}

/// Where the first byte is that is not zero.
pub(super) fn first_nonzero(bytes: &[u8]) -> Option<usize> {
    // Whole chunks compare much faster than bytes, and nearly always there is nothing to find.
    let mut at = 0;
    for chunk in bytes.chunks(256) {
        if chunk.iter().fold(0, |all, byte| all | byte) != 0 {
            return chunk.iter().position(|byte| *byte != 0).map(|found| at + found);
        }
        at += chunk.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for value in [0, 1, 127, 128, 240, 16_383, 16_384, (1 << 49) - 1, (1 << 56) - 1] {
            let mut bytes = Vec::new();
            put_varint(value, &mut bytes);
            assert_eq!(varint(&bytes, 0), Some((value, bytes.len())), "{value}");
        }
        assert_eq!(varint(&[0xff; 9], 0), Some((u64::MAX, 9)));
    }

    #[test]
    fn a_number_that_could_be_shorter_is_none() {
        for bytes in [&[0x80, 0x01][..], &[0x80, 0x80, 0x01], &[0x80; 9], &[0x81], &[]] {
            assert_eq!(varint(bytes, 0), None, "{bytes:?}");
        }
    }

    #[test]
    fn the_first_byte_that_is_not_zero_is_found() {
        let mut bytes = vec![0; 1000];
        assert_eq!(first_nonzero(&bytes), None);
        for at in [999, 600, 256, 255, 0] {
            bytes[at] = 1;
            assert_eq!(first_nonzero(&bytes), Some(at));
        }
    }
}
