//! From an image of bytes to the input of a model in one pass: an area resize with the bits of
//! OpenCV's, the order of the channels, a table of values, the layout.
//!
//! `prepare` is all that Python calls. What it is given is checked there; below it, everything but
//! `horizontal::avx2` is safe code over slices.

#![deny(unsafe_op_in_unsafe_fn)]

mod bytes;
mod horizontal;
mod output;
mod prepare;
mod resize;
mod taps;

use prepare::Job;
use std::panic::catch_unwind;

/// The interface that Python expects; a library of another one is not used.
const INTERFACE: u32 = 1;

/// What `framemesh_pixels_prepare` answers.
#[repr(i32)]
enum Answer {
    /// The input is written.
    Done = 0,
    /// Nothing is written: OpenCV scales such sizes another way, or copies.
    NotHere = 1,
    /// Nothing is written: sizes, strides or memory do not fit together.
    Refused = 2,
    /// A fault of this library.
    Panicked = 3,
}

/// The interface of this library.
#[no_mangle]
pub extern "C" fn framemesh_pixels_interface() -> u32 {
    INTERFACE
}

/// Scales an image to the size of the input, and writes it there.
///
/// Strides and sizes of memory are in bytes. `channels` is 1, or 3 that are interleaved in the
/// image. `values` has 256 for each channel of the input; without it the input has bytes.
///
/// # Safety
/// `source` may be read for `source_bytes`, `out` be written for `out_bytes`, and `values` be null
/// or read for `channels` * 256 numbers. No other thread writes to the source or uses the rest
/// meanwhile.
#[no_mangle]
pub unsafe extern "C" fn framemesh_pixels_prepare(
    source: *const u8,
    source_bytes: usize,
    source_stride: usize,
    source_width: usize,
    source_height: usize,
    out: *mut u8,
    out_bytes: usize,
    out_width: usize,
    out_height: usize,
    channels: usize,
    planar: u32,
    swapped: u32,
    values: *const f32,
) -> i32 {
    let job = Job {
        source_stride,
        source: (source_width, source_height),
        out: (out_width, out_height),
        channels,
        planar: planar != 0,
        swapped: swapped != 0,
    };
    let answer = catch_unwind(|| {
        let item = if values.is_null() { 1 } else { std::mem::size_of::<f32>() };
        if source.is_null()
            || out.is_null()
            || job.source_bytes() != Some(source_bytes)
            || job.out_items().and_then(|items| items.checked_mul(item)) != Some(out_bytes)
            || bytes::overlap(source, source_bytes, out, out_bytes)
        {
            return Answer::Refused;
        }
        // SAFETY: the caller says that the source may be read, and that nobody writes to it; its
        // size was compared with what the job needs.
        let pixels = unsafe { std::slice::from_raw_parts(source, source_bytes) };
        let written = if values.is_null() {
            // SAFETY: the caller says that `out` may be written, and it does not overlap with the
            // source.
            let bytes = unsafe { std::slice::from_raw_parts_mut(out, out_bytes) };
            prepare::bytes(&job, pixels, bytes)
        } else {
            if !out.cast::<f32>().is_aligned() || !values.is_aligned() {
                return Answer::Refused;
            }
            // SAFETY: as above, and it is aligned; any bits are a number.
            let numbers = unsafe {
                std::slice::from_raw_parts_mut(out.cast(), out_bytes / std::mem::size_of::<f32>())
            };
            // SAFETY: the caller says that there are 256 for each channel.
            let values = unsafe { std::slice::from_raw_parts(values, channels * 256) };
            prepare::numbers(&job, pixels, numbers, values)
        };
        if written {
            Answer::Done
        } else {
            Answer::NotHere
        }
    });
    answer.unwrap_or(Answer::Panicked) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null;

    /// Of an image of 5x4 grey pixels in rows of 8 bytes, and an input of 3x2.
    fn answer(change: impl Fn(&mut [usize; 8])) -> i32 {
        let pixels = [9u8; 29];
        let mut out = [0u8; 6];
        let mut sizes = [29, 8, 5, 4, 6, 3, 2, 1];
        change(&mut sizes);
        let [bytes, stride, width, height, out_bytes, out_width, out_height, channels] = sizes;
        // SAFETY: what is said of the memory is true wherever the sizes are taken for right.
        let answer = unsafe {
            framemesh_pixels_prepare(
                pixels.as_ptr(),
                bytes,
                stride,
                width,
                height,
                out.as_mut_ptr(),
                out_bytes,
                out_width,
                out_height,
                channels,
                0,
                0,
                null(),
            )
        };
        assert_eq!(out, [if answer == Answer::Done as i32 { 9 } else { 0 }; 6]);
        answer
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        assert_eq!(answer(|_| ()), Answer::Done as i32);
        for at in 0..8 {
            for wrong in [0, 17, 1 << 40, usize::MAX / 2, usize::MAX] {
                let said = answer(|sizes| sizes[at] = wrong);
                assert_eq!(said, Answer::Refused as i32, "{at} {wrong}");
            }
        }
    }

    #[test]
    fn what_grows_is_not_for_here() {
        let grown = answer(|sizes| (sizes[0], sizes[2], sizes[3]) = (2, 2, 1));
        assert_eq!(grown, Answer::NotHere as i32);
    }
}
