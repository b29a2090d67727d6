/** Draws what was found in a frame over its picture. */

import type { Detection } from "../api/types"
import { classColour, css } from "./colours"
import { labelPlace, overlap, placedBox, placedPoint, type Rectangle } from "./geometry"
import { maskPixels } from "./mask"
import { rasterPixels } from "./raster"

type Context = CanvasRenderingContext2D

export interface OverlayOptions {
  /** Device pixels a line or letter of one CSS pixel has: fewer on small pictures. */
  scale: number
  /** Small pictures have boxes alone: labels would cover what they name. */
  labels: boolean
  /** Index of the detection that stands out; null: none does. */
  chosen?: number | null
}

export function drawDetections(
  context: Context,
  detections: readonly Detection[],
  place: Rectangle,
  options: OverlayOptions,
): void {
  for (const detection of detections) drawArea(context, detection, place)
  detections.forEach((detection, index) => {
    const faint = options.chosen != null && options.chosen !== index
    context.globalAlpha = faint ? 0.3 : 1
    drawOutline(context, detection, place, options.scale)
    drawKeypoints(context, detection, place, options.scale)
  })
  context.globalAlpha = 1
  if (options.labels) drawLabels(context, detections, place, options)
}

function drawOutline(context: Context, detection: Detection, place: Rectangle, scale: number) {
  if (detection.box === null) return
  context.beginPath()
  if (detection.corners.length > 2) {
    for (const [x, y] of detection.corners) context.lineTo(...placedPoint(x, y, place))
    context.closePath()
  } else {
    const box = placedBox(detection.box, place)
    context.rect(box.left, box.top, box.width, box.height)
  }
  // A dark line below the coloured one is seen on pictures of the same colour.
  stroke(context, "rgb(0 0 0 / 0.5)", 3 * scale)
  stroke(context, css(classColour(detection.label)), 1.5 * scale)
}

function stroke(context: Context, style: string, width: number) {
  context.strokeStyle = style
  context.lineWidth = width
  context.stroke()
}

function drawKeypoints(context: Context, detection: Detection, place: Rectangle, scale: number) {
  context.fillStyle = css(classColour(detection.label))
  context.strokeStyle = "rgb(0 0 0 / 0.7)"
  context.lineWidth = scale
  for (const [x, y] of detection.keypoints) {
    context.beginPath()
    context.arc(...placedPoint(x, y, place), 3 * scale, 0, 2 * Math.PI)
    context.fill()
    context.stroke()
  }
}

/** What was read says more than the class of the thing that it was read on. */
function byWorth(one: Detection, other: Detection): number {
  return Number(other.text !== "") - Number(one.text !== "") || other.score - one.score
}

/** Labels where there is room: one that would cover another is left out, the surest come first. */
function drawLabels(
  context: Context,
  detections: readonly Detection[],
  place: Rectangle,
  { scale, chosen }: OverlayOptions,
) {
  context.font = `600 ${11 * scale}px ui-sans-serif, system-ui, sans-serif`
  context.textBaseline = "middle"
  const first = chosen == null ? undefined : detections[chosen]
  const rest = [...detections].sort(byWorth)
  const taken: Rectangle[] = []
  for (const detection of first === undefined ? rest : [first, ...rest]) {
    const label = labelOf(context, detection, detections, place, scale)
    if (label === null || taken.some((other) => overlap(label, other))) continue
    taken.push(label)
    context.fillStyle = css(classColour(detection.label), 0.92)
    context.fillRect(label.left, label.top, label.width, label.height)
    context.fillStyle = "#0b0f13"
    context.fillText(label.text, label.left + 4 * scale, label.top + label.height / 2)
  }
}

interface Label extends Rectangle {
  text: string
}

/** What belongs to a whole crop, such as what was read there, has its label on the crop's box. */
function labelOf(
  context: Context,
  detection: Detection,
  all: readonly Detection[],
  place: Rectangle,
  scale: number,
): Label | null {
  const text = labelText(detection)
  const box = detection.box ?? all[detection.parent ?? -1]?.box ?? null
  if (text === "" || box === null) return null
  const size = { width: context.measureText(text).width + 8 * scale, height: 15 * scale }
  return { ...labelPlace(placedBox(box, place), size, context.canvas), ...size, text }
}

/** What is written beside a detection: what was read, or its class with the score in percent. */
export function labelText(detection: Detection): string {
  if (detection.text !== "") return detection.text
  if (detection.label === "") return ""
  return `${detection.label} ${Math.round(detection.score * 100)}`
}

/** The cells of a mask or of a raster, over the box or the whole frame. */
function drawArea(context: Context, { mask, raster, box, label }: Detection, place: Rectangle) {
  const at = placedBox(box, place)
  const draw = (image: OffscreenCanvas | null) => {
    if (image !== null) context.drawImage(image, at.left, at.top, at.width, at.height)
  }
  if (raster !== null) draw(gridImage(raster, rasterPixels(raster)))
  if (mask !== null) draw(gridImage(mask, maskPixels(mask, classColour(label))))
}

let canvas: OffscreenCanvas | null = null

interface Grid {
  width: number
  height: number
}

/** One canvas for all grids: a new one for each would be garbage a thousand times a second. */
function gridImage(
  { width, height }: Grid,
  pixels: Uint8ClampedArray<ArrayBuffer> | null,
): OffscreenCanvas | null {
  if (pixels === null || width === 0 || height === 0) return null
  canvas ??= new OffscreenCanvas(width, height)
  canvas.width = width
  canvas.height = height
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0)
  return canvas
}
