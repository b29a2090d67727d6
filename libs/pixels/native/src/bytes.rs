//! Ranges of memory, and rounding to bytes.

/// Whether two ranges have a byte in common.
pub fn overlap(one: *const u8, one_bytes: usize, two: *const u8, two_bytes: usize) -> bool {
    let (one, two) = (one as usize, two as usize);
    one < two.saturating_add(two_bytes) && two < one.saturating_add(one_bytes)
}

/// 1.5 * 2^23: added to a smaller number, its last bits are that number, rounded to the nearest
/// integer and half to even, as the processor adds.
const ROUNDING: f32 = 12_582_912.0;

/// A weighted mean of bytes as a byte. It is never negative; it may exceed 255 by what the weights
/// are rounded.
#[inline(always)]
pub fn rounded(mean: f32) -> u8 {
    ((mean + ROUNDING).to_bits() & 0x1ff).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (mean, byte) in [(0.0, 0), (0.5, 0), (1.5, 2), (2.5, 2), (2.4999998, 2), (254.5, 254)] {
            assert_eq!(rounded(mean), byte, "{mean}");
        }
        assert_eq!(rounded(255.49), 255);
        assert_eq!(rounded(256.2), 255);
    }

    #[test]
    fn ranges_that_touch_do_not_overlap() {
        let memory = [0u8; 8];
        let at = |offset: usize| memory[offset..].as_ptr();
        assert!(!overlap(at(0), 4, at(4), 4));
        assert!(overlap(at(0), 5, at(4), 4));
        assert!(overlap(at(4), 4, at(0), 5));
    }
}
