/** A canvas that shows a frame with what was found in it, in the pixels of the screen. */

import type { Detection } from "../api/types"
import { fitted } from "./geometry"
import { drawDetections } from "./overlay"

export interface Shown {
  detections: readonly Detection[]
  /** Of the frame in pixels. */
  width: number
  height: number
}

/** Where an element is narrower, in CSS pixels, labels would cover what they name. */
const NARROWEST_WITH_LABELS = 210
/** Where it is narrower, lines and letters are smaller. */
const NARROWEST_WITH_LARGE = 460
const SMALL = 0.82
/** What is around a frame of another shape: the ground of the canvas in the style sheet. */
const AROUND = "#0b0e11"

export class Surface {
  private width = 0
  private height = 0
  private readonly observer: ResizeObserver
  private readonly context: CanvasRenderingContext2D | null

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onResize: () => void = () => {},
  ) {
    this.context = canvas.getContext("2d", { alpha: false })
    this.clear()
    this.observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return
      this.width = entry.contentRect.width
      this.height = entry.contentRect.height
      this.onResize()
    })
    this.observer.observe(canvas)
  }

  close(): void {
    this.observer.disconnect()
  }

  draw(picture: CanvasImageSource, shown: Shown, chosen: number | null = null): void {
    const { canvas, context } = this
    if (context === null || this.width === 0) return
    const ratio = Math.min(window.devicePixelRatio, 2)
    this.fit(Math.round(this.width * ratio), Math.round(this.height * ratio))
    const place = fitted(shown, canvas)
    if (place.width < canvas.width || place.height < canvas.height) {
      this.clear()
    }
    context.drawImage(picture, place.left, place.top, place.width, place.height)
    const labels = this.width >= NARROWEST_WITH_LABELS
    const scale = ratio * (this.width < NARROWEST_WITH_LARGE ? SMALL : 1)
    drawDetections(context, shown.detections, place, { scale, labels, chosen })
  }

  private clear(): void {
    if (this.context === null) return
    this.context.fillStyle = AROUND
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height)
  }

  /** Setting a size empties a canvas, and costs its memory again. */
  private fit(width: number, height: number): void {
    if (this.canvas.width !== width) this.canvas.width = width
    if (this.canvas.height !== height) this.canvas.height = height
  }
}
