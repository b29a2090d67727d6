/**
 * Pictures between their arrival and the screen: of each camera only the newest, decoded outside the
 * main thread, and drawn between two frames of the screen for as long as that leaves it fluent.
 */

import type { Picture } from "../api/picture"
import type { PictureHeader } from "../api/types"
import { prepareRasters } from "./raster"

/** Decoders run in threads of the browser; more at once would only take turns. */
const MOST_DECODING = 4
/** Of the 16 ms that a screen frame has; what is left over is drawn in the next. */
const DRAW_BUDGET_MS = 7

export type Draw = (key: string, bitmap: ImageBitmap, header: PictureHeader) => void

export interface Browser {
  decode(jpeg: Blob): Promise<ImageBitmap>
  nextFrame(callback: () => void): void
  now(): number
}

const browser: Browser = {
  decode: (jpeg) => createImageBitmap(jpeg),
  nextFrame: (callback) => requestAnimationFrame(callback),
  now: () => performance.now(),
}

interface Decoded {
  bitmap: ImageBitmap
  header: PictureHeader
}

export class PictureQueue {
  private readonly waiting = new Map<string, Picture>()
  private readonly decoding = new Set<string>()
  private readonly decoded = new Map<string, Decoded>()
  private scheduled = false

  constructor(
    private readonly draw: Draw,
    private readonly with_: Browser = browser,
  ) {}

  /** Take a picture in place of an older one of the same camera that is still waiting. */
  offer(key: string, picture: Picture): void {
    this.waiting.set(key, picture)
    this.decodeNext()
  }

  private decodeNext(): void {
    for (const [key, picture] of this.waiting) {
      if (this.decoding.size >= MOST_DECODING) return
      if (this.decoding.has(key)) continue
      this.waiting.delete(key)
      this.decoding.add(key)
      void this.decode(key, picture)
    }
  }

  private async decode(key: string, { jpeg, header }: Picture): Promise<void> {
    try {
      const [bitmap] = await Promise.all([
        this.with_.decode(jpeg),
        prepareRasters(header.detections),
      ])
      this.decoded.get(key)?.bitmap.close()
      this.decoded.set(key, { bitmap, header })
      this.schedule()
    } catch {
      // A picture that the browser cannot decode is passed over: the next one comes soon.
    } finally {
      this.decoding.delete(key)
      this.decodeNext()
    }
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.with_.nextFrame(() => this.drawReady())
  }

  private drawReady(): void {
    this.scheduled = false
    const began = this.with_.now()
    for (const [key, { bitmap, header }] of this.decoded) {
      if (this.with_.now() - began > DRAW_BUDGET_MS) break
      this.decoded.delete(key)
      this.draw(key, bitmap, header)
      bitmap.close()
    }
    if (this.decoded.size > 0) this.schedule()
  }
}
