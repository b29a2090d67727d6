//! The area resize, row by row, with OpenCV's order of additions.

use crate::bytes::rounded;
use crate::horizontal::{Shorten, LANES};
use crate::prepare::Job;
use crate::taps::Taps;

/// Calls `write` with the number of each scaled row and its bytes, `LANES` for each pixel of three
/// channels.
#[inline(always)]
pub fn by_area(
    job: &Job,
    (across, down): (&Taps, &Taps),
    source: &[u8],
    shorten: impl Shorten,
    mut write: impl FnMut(usize, &[u8]),
) {
    let length = job.out.0 * if job.channels == 3 { LANES } else { 1 };
    let mut pair = [vec![0.0; length], vec![0.0; length]];
    let mut of_pair = usize::MAX;
    let mut sums = vec![0.0; length];
    let mut bytes = vec![0; length];
    let mut ends = vec![];
    for y in 0..job.out.1 {
        sums.fill(0.0);
        let (start, weights) = down.of(y);
        for (row, weight) in (start..).zip(weights).filter(|(_, weight)| **weight != 0.0) {
            if row / 2 != of_pair {
                // Rows come in ascending order, and often a row twice: each is made shorter once.
                of_pair = row / 2;
                let first = 2 * of_pair;
                let second = (first + 1).min(job.source.1 - 1);
                let [one, two] = &mut pair;
                shorten(
                    across,
                    [job.row(source, first), job.row(source, second)],
                    [one, two],
                    &mut ends,
                );
            }
            add(&mut sums, *weight, &pair[row % 2]);
        }
        for (byte, sum) in bytes.iter_mut().zip(&sums) {
            *byte = rounded(*sum);
        }
        write(y, &bytes);
    }
}

#[inline(always)]
fn add(sums: &mut [f32], weight: f32, row: &[f32]) {
    for (sum, item) in sums.iter_mut().zip(row) {
        *sum += weight * item;
    }
}
