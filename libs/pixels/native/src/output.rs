//! Where a row of scaled pixels goes, and as what.

/// An input, [height, width, channels] or [channels, height, width].
pub struct Output<'a, T> {
    /// All of it.
    pub items: &'a mut [T],
    /// In pixels.
    pub width: usize,
    /// 1 or 3.
    pub channels: usize,
    /// Whether each channel is a plane.
    pub planar: bool,
    /// Whether channel 0 of the input is channel 2 of the image.
    pub swapped: bool,
}

/// What a byte becomes in one channel.
pub trait Values<T>: Copy {
    /// Its value.
    fn of(&self, byte: u8) -> T;
}

/// A byte is its own value.
#[derive(Clone, Copy)]
pub struct Same;

impl Values<u8> for Same {
    #[inline(always)]
    fn of(&self, byte: u8) -> u8 {
        byte
    }
}

impl Values<f32> for &[f32; 256] {
    #[inline(always)]
    fn of(&self, byte: u8) -> f32 {
        self[usize::from(byte)]
    }
}

impl<T> Output<'_, T> {
    /// Writes the row `y` of pixels that have `STEP` bytes each, with the values of each channel
    /// of the input.
    #[inline(always)]
    pub fn write<const STEP: usize>(&mut self, y: usize, row: &[u8], values: [impl Values<T>; 3]) {
        if self.channels == 1 {
            let line = &mut self.items[y * self.width..][..self.width];
            for (item, byte) in line.iter_mut().zip(row) {
                *item = values[0].of(*byte);
            }
        } else if self.swapped {
            self.three::<STEP, 2, 0>(y, row, values);
        } else {
            self.three::<STEP, 0, 2>(y, row, values);
        }
    }

    /// Of three channels, of which `FIRST` and `LAST` of the image are the first and the last.
    #[inline(always)]
    fn three<const STEP: usize, const FIRST: usize, const LAST: usize>(
        &mut self,
        y: usize,
        row: &[u8],
        values: [impl Values<T>; 3],
    ) {
        let pixels = row.chunks_exact(STEP);
        let [first, middle, last] = values;
        if self.planar {
            let plane = self.items.len() / 3;
            let (a, rest) = self.items.split_at_mut(plane);
            let (b, c) = rest.split_at_mut(plane);
            let line = y * self.width..(y + 1) * self.width;
            let (a, b, c) = (&mut a[line.clone()], &mut b[line.clone()], &mut c[line]);
            for (((pixel, a), b), c) in pixels.zip(a).zip(b).zip(c) {
                *a = first.of(pixel[FIRST]);
                *b = middle.of(pixel[1]);
                *c = last.of(pixel[LAST]);
            }
        } else {
            let line = &mut self.items[3 * y * self.width..][..3 * self.width];
            for (pixel, items) in pixels.zip(line.chunks_exact_mut(3)) {
                items[0] = first.of(pixel[FIRST]);
                items[1] = middle.of(pixel[1]);
                items[2] = last.of(pixel[LAST]);
            }
        }
    }
}
