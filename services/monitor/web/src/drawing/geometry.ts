/** Where a frame lies on a canvas, and where fractions of the frame lie then. All in pixels. */

export interface Rectangle {
  left: number
  top: number
  width: number
  height: number
}

/** The largest place of a frame's shape in the middle of a canvas. */
export function fitted(
  frame: { width: number; height: number },
  canvas: { width: number; height: number },
): Rectangle {
  if (frame.width <= 0 || frame.height <= 0) return { left: 0, top: 0, ...canvas }
  const scale = Math.min(canvas.width / frame.width, canvas.height / frame.height)
  const width = frame.width * scale
  const height = frame.height * scale
  return { left: (canvas.width - width) / 2, top: (canvas.height - height) / 2, width, height }
}

export function placedPoint(x: number, y: number, place: Rectangle): [number, number] {
  return [place.left + x * place.width, place.top + y * place.height]
}

/** A box of fractions (left, top, right, bottom); null: the whole frame. */
export function placedBox(
  box: readonly [number, number, number, number] | null,
  place: Rectangle,
): Rectangle {
  if (box === null) return place
  const [left, top] = placedPoint(box[0], box[1], place)
  const [right, bottom] = placedPoint(box[2], box[3], place)
  return { left, top, width: right - left, height: bottom - top }
}

/** Where a label begins: above its box, or inside at the top where there is no room above. */
export function labelPlace(
  box: Rectangle,
  label: { width: number; height: number },
  canvas: { width: number },
): { left: number; top: number } {
  const above = box.top - label.height
  return {
    left: Math.max(0, Math.min(box.left, canvas.width - label.width)),
    top: above >= 0 ? above : Math.max(0, box.top),
  }
}

export function overlap(one: Rectangle, other: Rectangle): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  )
}
