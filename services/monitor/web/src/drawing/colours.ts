/** A colour for each class, the same on every picture and in every session. */

import type { Rgb } from "./mask"

/** Bright enough for dark pictures, strong enough for bright ones, and told apart by the colour-blind. */
const PALETTE: readonly Rgb[] = [
  [94, 234, 180],
  [255, 176, 59],
  [96, 176, 255],
  [255, 122, 165],
  [196, 160, 255],
  [232, 232, 84],
  [255, 138, 92],
  [110, 224, 240],
]

export function classColour(label: string): Rgb {
  return PALETTE[hash(label) % PALETTE.length] ?? [255, 255, 255]
}

export function css([red, green, blue]: Rgb, opacity = 1): string {
  return `rgb(${red} ${green} ${blue} / ${opacity})`
}

/** FNV-1a, so that neighbouring names get unlike colours. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  }
  return value
}
