/** One camera at full size: live, or paused on one of the frames whose pictures are kept. */

import { signal } from "@preact/signals"
import { apiPath, getJson, getPicture, RequestFailed } from "../api/http"
import type { FrameDetails, KeptPicture, KeptPictures, PictureHeader } from "../api/types"
import { PictureQueue } from "../drawing/pictureQueue"
import { prepareRasters } from "../drawing/raster"
import { Surface } from "../drawing/surface"
import { onPictures, wantPictures } from "../stores/live"
import { texts } from "../texts"
import { wantedWidth } from "./pictureWidth"

/** The words beside the picture change so often at most, so that they can be read. */
const WORDS_MS = 200
/** Frames in the list of the last ones. */
const RECENT = 12

export type Mode = { name: "live" } | { name: "paused"; kept: readonly KeptPicture[]; at: number }

export class CameraView {
  readonly mode = signal<Mode>({ name: "live" })
  readonly shown = signal<PictureHeader | null>(null)
  readonly recent = signal<readonly PictureHeader[]>([])
  readonly error = signal("")

  private readonly surface: Surface
  private readonly queue = new PictureQueue((_, bitmap, header) => this.drawLive(bitmap, header))
  private readonly stopListening: () => void
  private last: { picture: ImageBitmap; header: PictureHeader } | null = null
  private wordsAt = 0
  private closed = false
  private step = new AbortController()

  constructor(
    private readonly pipeline: string,
    private readonly camera: string,
    private readonly canvas: HTMLCanvasElement,
  ) {
    this.surface = new Surface(canvas, () => this.resized())
    this.stopListening = onPictures((picture) => {
      const { header } = picture
      const mine = header.pipeline === pipeline && header.camera === camera
      if (mine && this.mode.value.name === "live") this.queue.offer("", picture)
    })
  }

  close(): void {
    this.closed = true
    this.step.abort()
    this.stopListening()
    this.surface.close()
    this.last?.picture.close()
    this.last = null
    wantPictures([], 0)
  }

  toggle(): void {
    if (this.mode.value.name === "live") void this.pause()
    else this.resume()
  }

  resume(): void {
    this.step.abort()
    this.error.value = ""
    this.mode.value = { name: "live" }
  }

  /** Stay at the frame that is shown; the kept ones around it can be stepped to. */
  async pause(): Promise<void> {
    this.mode.value = { name: "paused", kept: [], at: -1 }
    try {
      const path = apiPath("wall", this.pipeline, this.camera)
      const { pictures: kept } = await getJson<KeptPictures>(path)
      if (this.mode.value.name !== "paused") return
      this.mode.value = { name: "paused", kept, at: this.placeAmong(kept) }
    } catch (error) {
      this.fail(error)
    }
  }

  /** Show an older (-1) or newer (+1) kept frame; pauses first where the camera is live. */
  async move(by: number): Promise<void> {
    if (this.mode.value.name === "live") await this.pause()
    const { mode } = this
    if (mode.value.name !== "paused") return
    const at = mode.value.at + by
    const picture = mode.value.kept[at]
    if (picture === undefined) return
    mode.value = { ...mode.value, at }
    await this.showKept(picture)
  }

  private placeAmong(kept: readonly KeptPicture[]): number {
    const now = this.shown.value
    if (now === null) return kept.length - 1
    const found = kept.findIndex(
      ({ session, sequence }) => session === now.session && sequence === now.sequence,
    )
    if (found !== -1) return found
    // The frame that is shown is newer than those that are kept, or its picture went.
    return kept.filter(({ captured_ms }) => captured_ms <= now.captured_ms).length
  }

  private async showKept({ session, sequence }: KeptPicture): Promise<void> {
    this.step.abort()
    const step = new AbortController()
    this.step = step
    const path = apiPath("pipelines", this.pipeline, "frames", this.camera, session, sequence)
    try {
      const [blob, details] = await Promise.all([
        getPicture(`${path}/picture`, step.signal),
        getJson<FrameDetails>(path, step.signal),
      ])
      const [picture] = await Promise.all([
        createImageBitmap(blob),
        prepareRasters(details.outcome?.detections ?? []),
      ])
      if (step.signal.aborted) picture.close()
      else this.show(picture, headerOf(details, picture))
    } catch (error) {
      if (!step.signal.aborted) this.fail(error)
    }
  }

  private show(picture: ImageBitmap, header: PictureHeader): void {
    this.error.value = ""
    this.shown.value = header
    this.keep(picture, header)
    this.redraw()
  }

  private drawLive(bitmap: ImageBitmap, header: PictureHeader): void {
    if (this.mode.value.name !== "live") return
    this.surface.draw(bitmap, header)
    this.canvas.dataset.frame = `${header.session}/${header.sequence}`
    const now = performance.now()
    // A bitmap is kept only as often as words change: for a pause, and for a new size of the window.
    if (now - this.wordsAt < WORDS_MS) return
    this.wordsAt = now
    void createImageBitmap(bitmap).then((copy) => this.keep(copy, header))
    this.shown.value = header
    this.recent.value = [header, ...this.recent.value].slice(0, RECENT)
  }

  private keep(picture: ImageBitmap, header: PictureHeader): void {
    this.last?.picture.close()
    this.last = null
    if (this.closed) picture.close()
    else this.last = { picture, header }
  }

  private resized(): void {
    wantPictures(
      [{ pipeline: this.pipeline, camera: this.camera }],
      wantedWidth(this.canvas.clientWidth, window.devicePixelRatio),
    )
    this.redraw()
  }

  private redraw(): void {
    if (this.last === null) return
    const { picture, header } = this.last
    this.surface.draw(picture, header)
    this.canvas.dataset.frame = `${header.session}/${header.sequence}`
  }

  private fail(error: unknown): void {
    this.error.value =
      error instanceof RequestFailed && error.status !== 404 ? error.message : texts.viewer.gone
  }
}

/** A kept frame as the live connection would have sent it. */
function headerOf(details: FrameDetails, picture: ImageBitmap): PictureHeader {
  const { pipeline, camera, session, sequence, outcome } = details
  const unknown = {
    fate: "done" as const,
    reason: "",
    captured_ms: 0,
    completed_ms: 0,
    detections: [],
    timings_ms: {},
  }
  const known = outcome ?? { ...unknown, width: 0, height: 0 }
  return {
    ...{ pipeline, camera, session, sequence },
    ...{ fate: known.fate, reason: known.reason, detections: known.detections },
    ...{ captured_ms: known.captured_ms, completed_ms: known.completed_ms },
    width: known.width || picture.width,
    height: known.height || picture.height,
    timings_ms: known.timings_ms,
  }
}
