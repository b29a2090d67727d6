//! Rows of an image, made shorter.

use crate::taps::Taps;

/// Numbers that a pixel of three channels takes in a row of sums; the fourth is not used.
pub const LANES: usize = 4;

/// Writes two rows, made shorter, into two of sums: for each channel the sum of its weighted bytes
/// in their order. The last argument is memory to work with, kept from call to call.
pub trait Shorten: Fn(&Taps, [&[u8]; 2], [&mut [f32]; 2], &mut Vec<u8>) {}

impl<F: Fn(&Taps, [&[u8]; 2], [&mut [f32]; 2], &mut Vec<u8>)> Shorten for F {}

/// Of three channels, on any processor.
pub fn three(taps: &Taps, rows: [&[u8]; 2], sums: [&mut [f32]; 2], _: &mut Vec<u8>) {
    for (row, sums) in rows.into_iter().zip(sums) {
        for (at, sum) in sums.chunks_exact_mut(LANES).enumerate() {
            let (start, weights) = taps.of(at);
            let mut total = [0.0; 3];
            for (pixel, weight) in row[3 * start..].chunks_exact(3).zip(weights) {
                for (total, byte) in total.iter_mut().zip(pixel) {
                    *total += f32::from(*byte) * weight;
                }
            }
            sum[..3].copy_from_slice(&total);
        }
    }
}

/// Of one channel.
pub fn one(taps: &Taps, rows: [&[u8]; 2], sums: [&mut [f32]; 2], _: &mut Vec<u8>) {
    for (row, sums) in rows.into_iter().zip(sums) {
        for (at, sum) in sums.iter_mut().enumerate() {
            let (start, weights) = taps.of(at);
            let mut total = 0.0;
            for (byte, weight) in row[start..].iter().zip(weights) {
                total += f32::from(*byte) * weight;
            }
            *sum = total;
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub mod avx2 {
    use super::{Taps, LANES};
    use std::arch::x86_64::*;

    /// Pixels in one load of 16 bytes.
    const LOADED: usize = 5;

    fn is_here() -> bool {
        is_x86_feature_detected!("avx2")
    }

    /// Of three channels; `is_here` must have said so.
    pub fn three(taps: &Taps, rows: [&[u8]; 2], sums: [&mut [f32]; 2], ends: &mut Vec<u8>) {
        assert!(is_here() && taps.count > 0);
        let [one, two] = sums;
        let outs = taps.starts.len();
        assert!(one.len() == outs * LANES && two.len() == outs * LANES);
        let length = rows[0].len();
        assert!(rows[1].len() == length);
        // The last pixels are read from copies, since a load goes beyond the last weight.
        let loads = taps.count.div_ceil(LOADED);
        let reach = 3 * LOADED * (loads - 1) + 16;
        let inside = taps.starts.partition_point(|start| 3 * start + reach <= length);
        let (near, far) = (inside * LANES, 3 * taps.starts.get(inside).unwrap_or(&0));
        ends.clear();
        for row in rows {
            ends.extend_from_slice(&row[far..]);
            ends.resize(ends.len() + reach, 0);
        }
        let (first_end, second_end) = ends.split_at(ends.len() / 2);
        let (one_near, one_far) = one.split_at_mut(near);
        let (two_near, two_far) = two.split_at_mut(near);
        let (first, second) = taps.starts.split_at(inside);
        let (weights, more) = taps.weights.split_at(inside * taps.count);
        let whole = Part { starts: first, weights, count: taps.count, offset: 0, rows };
        let rest = Part {
            starts: second,
            weights: more,
            count: taps.count,
            offset: far,
            rows: [first_end, second_end],
        };
        // SAFETY: AVX2 is here; of `whole` every load ends in the row, by `inside`; of `rest` every
        // load ends in the copy, which is longer than the row by a reach.
        unsafe {
            whole.shorten(one_near, two_near);
            rest.shorten(one_far, two_far);
        }
    }

    /// Some pixels of the shorter row, and what they are made of.
    struct Part<'a> {
        starts: &'a [usize],
        weights: &'a [f32],
        count: usize,
        /// In bytes, of the rows in the image's.
        offset: usize,
        rows: [&'a [u8]; 2],
    }

    impl Part<'_> {
        /// # Safety
        /// The processor has AVX2, and all loads end in the rows.
        #[target_feature(enable = "avx2")]
        unsafe fn shorten(&self, one: &mut [f32], two: &mut [f32]) {
            // SAFETY: as the caller says.
            unsafe {
                match self.count {
                    1 => self.few::<1>(one, two),
                    2 => self.few::<2>(one, two),
                    3 => self.few::<3>(one, two),
                    4 => self.few::<4>(one, two),
                    5 => self.few::<5>(one, two),
                    _ => self.many(one, two),
                }
            }
        }

        /// `COUNT` weights of a pixel, all of one load. The row of the one is the lower half of
        /// each register, that of the other the upper.
        #[inline]
        #[target_feature(enable = "avx2")]
        unsafe fn few<const COUNT: usize>(&self, one: &mut [f32], two: &mut [f32]) {
            let pixels = self.starts.iter().zip(self.weights.chunks_exact(COUNT));
            let sums = one.chunks_exact_mut(LANES).zip(two.chunks_exact_mut(LANES));
            for ((start, weights), (one, two)) in pixels.zip(sums) {
                // SAFETY: the caller says that the load ends in the rows.
                let loaded = unsafe { self.load(3 * start - self.offset) };
                let mut total = _mm256_setzero_ps();
                for (at, weight) in weights.iter().enumerate().take(COUNT) {
                    let product = _mm256_mul_ps(pixel(loaded, at), _mm256_set1_ps(*weight));
                    total = _mm256_add_ps(total, product);
                }
                // SAFETY: both have the four numbers that are stored.
                unsafe { store(total, one, two) };
            }
        }

        /// Any number of weights of a pixel.
        #[inline]
        #[target_feature(enable = "avx2")]
        unsafe fn many(&self, one: &mut [f32], two: &mut [f32]) {
            let pixels = self.starts.iter().zip(self.weights.chunks_exact(self.count));
            let sums = one.chunks_exact_mut(LANES).zip(two.chunks_exact_mut(LANES));
            for ((start, weights), (one, two)) in pixels.zip(sums) {
                let mut total = _mm256_setzero_ps();
                for (load, some) in weights.chunks(LOADED).enumerate() {
                    // SAFETY: the caller says that every load ends in the rows.
                    let loaded = unsafe { self.load(3 * (start + LOADED * load) - self.offset) };
                    for (at, weight) in some.iter().enumerate() {
                        let product = _mm256_mul_ps(pixel(loaded, at), _mm256_set1_ps(*weight));
                        total = _mm256_add_ps(total, product);
                    }
                }
                // SAFETY: both have the four numbers that are stored.
                unsafe { store(total, one, two) };
            }
        }

        /// 16 bytes of each row.
        #[inline]
        #[target_feature(enable = "avx2")]
        unsafe fn load(&self, at: usize) -> __m256i {
            debug_assert!(at + 16 <= self.rows[0].len() && at + 16 <= self.rows[1].len());
            // SAFETY: the caller says that they are in the rows; they need no alignment.
            unsafe {
                let one = _mm_loadu_si128(self.rows[0].as_ptr().add(at).cast());
                let two = _mm_loadu_si128(self.rows[1].as_ptr().add(at).cast());
                _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(one), two)
            }
        }
    }

    /// The bytes of a pixel of each row as numbers, with one of the next pixel behind them.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn pixel(loaded: __m256i, at: usize) -> __m256 {
        let first = 3 * at as i32;
        let none = -256; // 0xffffff00: zeros above the byte
        let lane = |byte: i32| none | (first + byte);
        let picked = _mm256_setr_epi32(
            lane(0),
            lane(1),
            lane(2),
            none | 0x80,
            lane(0),
            lane(1),
            lane(2),
            none | 0x80,
        );
        _mm256_cvtepi32_ps(_mm256_shuffle_epi8(loaded, picked))
    }

    /// # Safety
    /// `one` and `two` have four numbers.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn store(total: __m256, one: &mut [f32], two: &mut [f32]) {
        // SAFETY: as the caller says; they need no alignment.
        unsafe {
            _mm_storeu_ps(one.as_mut_ptr(), _mm256_castps256_ps128(total));
            _mm_storeu_ps(two.as_mut_ptr(), _mm256_extractf128_ps::<1>(total));
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::taps::Scale;

    fn run(taps: &Taps, rows: [&[u8]; 2], shorten: impl Shorten) -> Vec<f32> {
        let length = taps.starts.len() * LANES;
        let (mut one, mut two) = (vec![0.0; length], vec![0.0; length]);
        shorten(taps, rows, [&mut one, &mut two], &mut vec![]);
        [one, two].concat()
    }

    #[test]
    fn every_processor_has_the_same_bits() {
        if !is_x86_feature_detected!("avx2") {
            return;
        }
        let mut state = 1u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for (source, out) in
            [(768, 352), (97, 61), (6, 5), (5, 2), (1, 1), (64, 1), (901, 7), (2, 1)]
        {
            let taps = Taps::new(source, out, &Scale::new(source, out));
            let rows = [0, 1].map(|_| (0..3 * source).map(|_| random() as u8).collect::<Vec<u8>>());
            let rows = [&rows[0][..], &rows[1]];
            assert_eq!(run(&taps, rows, avx2::three), run(&taps, rows, three), "{source} {out}");
        }
    }
}
