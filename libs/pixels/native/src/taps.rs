//! Which pixels of a line go into each pixel of a smaller line, and with which weights.

/// Where the pixel of a line, of two of another size, begins: computed as OpenCV does, with an
/// error of a rounding in it.
pub struct Scale(f64);

impl Scale {
    /// Of a line of `source` pixels that becomes one of `out`.
    pub fn new(source: usize, out: usize) -> Self {
        Self(1.0 / (out as f64 / source as f64))
    }

    /// Whether OpenCV averages by area; it interpolates where a line becomes longer.
    pub fn shrinks(&self) -> bool {
        self.0 >= 1.0
    }

    /// Whether OpenCV takes it for an integer.
    pub fn is_whole(&self) -> bool {
        (self.0 - self.0.round_ties_even()).abs() < f64::EPSILON
    }
}

/// For each pixel of the smaller line as many weights, which begin at a pixel of the longer one.
/// Weights of 0 fill up: to add 0 to a sum that is not negative changes none of its bits.
pub struct Taps {
    /// Weights of each pixel.
    pub count: usize,
    /// The first pixel of each, in ascending order.
    pub starts: Vec<usize>,
    /// All weights, in the order of the pixels.
    pub weights: Vec<f32>,
}

/// A share of a pixel that is less is nothing, for OpenCV.
const LEAST: f64 = 1e-3;

impl Taps {
    /// The weights of OpenCV, each computed as there.
    pub fn new(source: usize, out: usize, scale: &Scale) -> Self {
        let shares = || (0..out).map(|at| Shares::new(source, at, scale.0));
        let count = shares().map(|one| one.count()).max().unwrap_or(1);
        let mut starts = Vec::with_capacity(out);
        let mut weights = vec![0.0; out * count];
        for (one, row) in shares().zip(weights.chunks_exact_mut(count)) {
            // Those that fill up lie inside the line, too.
            let start = one.first.min(source.saturating_sub(count));
            one.write(&mut row[one.first - start..]);
            starts.push(start);
        }
        Self { count, starts, weights }
    }

    /// First pixel and weights of one pixel.
    pub fn of(&self, at: usize) -> (usize, &[f32]) {
        (self.starts[at], &self.weights[at * self.count..][..self.count])
    }
}

/// What one pixel of the smaller line is made of.
struct Shares {
    /// The first pixel of the longer line.
    first: usize,
    /// Of the first, where it begins before.
    before: Option<f32>,
    /// How many lie inside.
    whole: usize,
    /// Of each of these.
    each: f32,
    /// Of the last, where it ends behind.
    behind: Option<f32>,
}

impl Shares {
    fn new(source: usize, at: usize, scale: f64) -> Self {
        let begin = at as f64 * scale;
        let end = begin + scale;
        let width = scale.min(source as f64 - begin);
        let last = (end.floor() as usize).min(source - 1);
        let first = (begin.ceil() as usize).min(last);
        let (before, behind) = (first as f64 - begin, end - last as f64);
        Self {
            first: first - usize::from(before > LEAST),
            before: (before > LEAST).then_some((before / width) as f32),
            whole: last - first,
            each: (1.0 / width) as f32,
            behind: (behind > LEAST).then_some((behind.min(1.0).min(width) / width) as f32),
        }
    }

    fn count(&self) -> usize {
        usize::from(self.before.is_some()) + self.whole + usize::from(self.behind.is_some())
    }

    fn write(&self, weights: &mut [f32]) {
        let some = self.before.into_iter();
        let some = some.chain(std::iter::repeat_n(self.each, self.whole)).chain(self.behind);
        for (weight, share) in weights.iter_mut().zip(some) {
            *weight = share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_of_the_longer_line_counts_once() {
        for (source, out) in [(768, 352), (576, 352), (7, 3), (5, 5), (1000, 1), (65, 64), (3, 2)] {
            let scale = Scale::new(source, out);
            let taps = Taps::new(source, out, &scale);
            let mut shares = vec![0.0; source];
            for at in 0..out {
                let (start, some) = taps.of(at);
                assert!(start + some.len() <= source);
                assert!((some.iter().sum::<f32>() - 1.0).abs() < 2e-3);
                for (share, weight) in shares[start..].iter_mut().zip(some) {
                    *share += f64::from(*weight) * scale.0;
                }
            }
            assert!(shares.iter().all(|share| (share - 1.0).abs() < 3e-3), "{source} {out}");
            assert!(taps.starts.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }

    #[test]
    fn whole_scales_are_those_that_opencv_takes_for_whole() {
        assert!(Scale::new(768, 384).is_whole());
        assert!(!Scale::new(768, 352).is_whole());
        assert!(Scale::new(5, 5).shrinks());
        assert!(!Scale::new(5, 6).shrinks());
    }
}
