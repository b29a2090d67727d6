/** Rasters: a class, or how unusual or how far a place is, for each cell of a grid. */

import type { Detection, Raster } from "../api/types"
import { classColour } from "./colours"

const OPACITY = 120 // of 255: what is below stays visible
/** Names of what is not one of the things that are looked for. */
const BACKGROUND = new Set(["", "background", "unlabeled"])
/** Below this part of its scale a value is usual, and is not shown. */
const USUAL = 0.5

/** The cells of rasters whose bytes were decompressed; they go when their pictures go. */
const cells = new WeakMap<Raster, Uint8Array>()

/** Decompress the rasters of a frame, which browsers do beside the thread that draws. */
export async function prepareRasters(detections: readonly Detection[]): Promise<void> {
  for (const { raster } of detections) {
    if (raster === null || cells.has(raster)) continue
    // One that cannot be read is not drawn; its picture is.
    cells.set(raster, await inflated(raster.values).catch(() => new Uint8Array()))
  }
}

/** @throws DOMException or TypeError where it is not base64, or not compressed by zlib */
async function inflated(base64: string): Promise<Uint8Array> {
  const compressed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** RGBA bytes of a raster, row by row; null: it is not prepared, or is no whole raster. */
export function rasterPixels(raster: Raster): Uint8ClampedArray<ArrayBuffer> | null {
  const values = cells.get(raster)
  if (values === undefined || values.length !== raster.width * raster.height) return null
  const table = raster.kind === "classes" ? classColours(raster) : heat()
  // Four bytes at a time: a grid has a hundred thousand cells.
  const colours = new Uint32Array(table.buffer)
  const pixels = new Uint32Array(values.length)
  for (let at = 0; at < values.length; at += 1) pixels[at] = colours[values[at] ?? 0] ?? 0
  return new Uint8ClampedArray(pixels.buffer)
}

/** RGBA of each of the 256 values that a cell may have: nothing for what is background. */
function classColours({ classes }: Raster): Uint8ClampedArray<ArrayBuffer> {
  const table = new Uint8ClampedArray(256 * 4)
  for (const { class_id, label } of classes) {
    if (!BACKGROUND.has(label)) table.set([...classColour(label), OPACITY], class_id * 4)
  }
  return table
}

/** From nothing over yellow to red. */
function heat(): Uint8ClampedArray<ArrayBuffer> {
  const table = new Uint8ClampedArray(256 * 4)
  for (let value = 0; value < 256; value += 1) {
    const part = (value / 255 - USUAL) / (1 - USUAL)
    if (part > 0) table.set([255, 210 * (1 - part), 40 * (1 - part), 60 + 140 * part], value * 4)
  }
  return table
}
