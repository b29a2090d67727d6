/** How wide the pictures are that the page asks for. */

/** A server that made every width would make every picture many times. */
const WIDTHS = [160, 320, 480, 640, 960, 1280, 1920]
/** A picture that is so little narrower than its place still looks sharp. */
const NEARLY = 0.9
/** More pixels than twice those of CSS are not seen. */
const MOST_RATIO = 2

/** The width to ask for, so that a picture is sharp in an element of so many CSS pixels. */
export function wantedWidth(cssPixels: number, ratio: number): number {
  const pixels = cssPixels * Math.min(ratio, MOST_RATIO)
  return WIDTHS.find((width) => width >= pixels * NEARLY) ?? 1920
}
