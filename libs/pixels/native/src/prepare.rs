//! What is asked for, and its way.

use crate::horizontal::{self, Shorten, LANES};
use crate::output::{Output, Same, Values};
use crate::resize::by_area;
use crate::taps::{Scale, Taps};

/// An image and an input, without their memory.
#[derive(Clone, Copy)]
pub struct Job {
    /// In bytes, between two rows of the image.
    pub source_stride: usize,
    /// Width and height of the image.
    pub source: (usize, usize),
    /// Width and height of the input.
    pub out: (usize, usize),
    /// 1 or 3.
    pub channels: usize,
    /// Whether each channel of the input is a plane.
    pub planar: bool,
    /// Whether the order of channels is the other one in the input.
    pub swapped: bool,
}

impl Job {
    /// From the first byte of the image to behind its last; None if it cannot be.
    pub fn source_bytes(&self) -> Option<usize> {
        let row = self.source.0.checked_mul(self.channels)?;
        let valid = matches!(self.channels, 1 | 3) && row > 0 && row <= self.source_stride;
        let before = self.source_stride.checked_mul(self.source.1.checked_sub(1)?)?;
        valid.then_some(before.checked_add(row)?)
    }

    /// Numbers in the input; None if it cannot be.
    pub fn out_items(&self) -> Option<usize> {
        let items = self.out.0.checked_mul(self.out.1)?.checked_mul(self.channels)?;
        (items > 0).then_some(items)
    }

    /// A row of the image.
    pub fn row<'a>(&self, source: &'a [u8], y: usize) -> &'a [u8] {
        &source[y * self.source_stride..][..self.source.0 * self.channels]
    }
}

/// Writes bytes; false: OpenCV does it another way.
pub fn bytes(job: &Job, source: &[u8], out: &mut [u8]) -> bool {
    // OpenCV copies as fast.
    job.source != job.out && written(job, source, out, [Same; 3])
}

/// Writes the value of each byte; false: OpenCV does it another way.
pub fn numbers(job: &Job, source: &[u8], out: &mut [f32], values: &[f32]) -> bool {
    let mut of_channel =
        values.chunks_exact(256).map(|some| some.try_into().unwrap_or(&[0.0; 256]));
    let Some(first) = of_channel.next() else {
        return false;
    };
    let (middle, last) = (of_channel.next().unwrap_or(first), of_channel.next().unwrap_or(first));
    written(job, source, out, [first, middle, last])
}

fn written<T>(job: &Job, source: &[u8], out: &mut [T], values: [impl Values<T>; 3]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { written_with_avx2(job, source, out, values) };
    }
    written_by(job, source, out, values, horizontal::three)
}

/// The same code, compiled for that.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn written_with_avx2<T>(
    job: &Job,
    source: &[u8],
    out: &mut [T],
    values: [impl Values<T>; 3],
) -> bool {
    written_by(job, source, out, values, horizontal::avx2::three)
}

#[inline(always)]
fn written_by<T>(
    job: &Job,
    source: &[u8],
    out: &mut [T],
    values: [impl Values<T>; 3],
    three: impl Shorten,
) -> bool {
    let mut output = Output {
        items: out,
        width: job.out.0,
        channels: job.channels,
        planar: job.planar,
        swapped: job.swapped,
    };
    if job.source == job.out {
        for y in 0..job.out.1 {
            output.write::<3>(y, job.row(source, y), values);
        }
        return true;
    }
    let across = Scale::new(job.source.0, job.out.0);
    let down = Scale::new(job.source.1, job.out.1);
    // Of whole numbers in both directions it adds integers.
    if !across.shrinks() || !down.shrinks() || across.is_whole() && down.is_whole() {
        return false;
    }
    let across = Taps::new(job.source.0, job.out.0, &across);
    let down = Taps::new(job.source.1, job.out.1, &down);
    let write = |y, row: &[u8]| output.write::<LANES>(y, row, values);
    if job.channels == 1 {
        by_area(job, (&across, &down), source, horizontal::one, write);
    } else {
        by_area(job, (&across, &down), source, three, write);
    }
    true
}
