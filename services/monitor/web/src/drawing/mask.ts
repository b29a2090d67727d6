/** The cells of a mask, which comes as lengths of runs. */

import type { Mask } from "../api/types"

export type Rgb = readonly [number, number, number]

const OPACITY = 110 // of 255: what is below stays visible

/** Call `each` with the first cell and the length of every run that is inside. */
export function insideRuns(mask: Mask, each: (start: number, length: number) => void): void {
  const cells = mask.width * mask.height
  let at = 0
  let inside = false
  for (const run of mask.runs) {
    const length = Math.min(run, cells - at)
    if (inside && length > 0) each(at, length)
    at += length
    inside = !inside
  }
}

/** RGBA bytes of a mask, row by row: the colour where it is inside, nothing elsewhere. */
export function maskPixels(mask: Mask, [red, green, blue]: Rgb): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(mask.width * mask.height * 4)
  insideRuns(mask, (start, length) => {
    for (let at = start * 4; at < (start + length) * 4; at += 4) {
      pixels[at] = red
      pixels[at + 1] = green
      pixels[at + 2] = blue
      pixels[at + 3] = OPACITY
    }
  })
  return pixels
}
