/**
 * The tiles of the wall, drawn without the framework: a hundred cameras change a thousand times a
 * second, and what they show is a canvas and two short texts.
 */

import type { Camera, PictureHeader, WatchedCamera } from "../api/types"
import { PictureQueue } from "../drawing/pictureQueue"
import { Surface } from "../drawing/surface"
import { duration, rate } from "../format"
import { serverNow } from "../stores/clock"
import { onPictures, wantPictures } from "../stores/live"
import { texts } from "../texts"
import { wantedWidth } from "./pictureWidth"

/** How often ages are written: faster could not be read. */
const TICK_MS = 250
/** After so long without a frame a camera is called silent. */
const SILENT_MS = 5000
export interface TileElements {
  tile: HTMLElement
  canvas: HTMLCanvasElement
  age: HTMLElement
  rate: HTMLElement
}

interface Tile {
  camera: WatchedCamera
  elements: TileElements
  surface: Surface
  header: PictureHeader | null
  visible: boolean
}

export function keyOf({ pipeline, camera }: WatchedCamera): string {
  return `${pipeline}/${camera}`
}

export class Tiles {
  private readonly tiles = new Map<string, Tile>()
  private readonly byElement = new WeakMap<Element, Tile>()
  private readonly queue = new PictureQueue((key, bitmap, header) => this.draw(key, bitmap, header))
  private readonly visibility = new IntersectionObserver((entries) => this.seen(entries), {
    rootMargin: "80px",
  })
  private readonly stopListening = onPictures((picture) => {
    const key = keyOf(picture.header)
    if (this.tiles.has(key)) this.queue.offer(key, picture)
  })
  private readonly timer = setInterval(() => this.writeAges(), TICK_MS)
  private rows: ReadonlyMap<string, Camera> = new Map()

  add(camera: WatchedCamera, elements: TileElements): void {
    const surface = new Surface(elements.canvas, () => this.request())
    const tile = { camera, elements, surface, header: null, visible: false }
    this.tiles.set(keyOf(camera), tile)
    this.byElement.set(elements.tile, tile)
    this.visibility.observe(elements.tile)
  }

  remove(camera: WatchedCamera): void {
    const tile = this.tiles.get(keyOf(camera))
    if (tile === undefined) return
    this.tiles.delete(keyOf(camera))
    this.visibility.unobserve(tile.elements.tile)
    tile.surface.close()
    this.request()
  }

  /** The figures of all cameras, which are asked for every few seconds. */
  update(rows: ReadonlyMap<string, Camera>): void {
    this.rows = rows
    this.writeAges()
  }

  close(): void {
    clearInterval(this.timer)
    this.stopListening()
    this.visibility.disconnect()
    for (const tile of this.tiles.values()) tile.surface.close()
    this.tiles.clear()
    wantPictures([], 0)
  }

  private seen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const tile = this.byElement.get(entry.target)
      if (tile !== undefined) tile.visible = entry.isIntersecting
    }
    this.request()
  }

  private requested = false

  /** Ask for the pictures of the tiles in view, once for all that changed together. */
  private request(): void {
    if (this.requested) return
    this.requested = true
    queueMicrotask(() => {
      this.requested = false
      const visible = [...this.tiles.values()].filter((tile) => tile.visible)
      const width = visible[0]?.elements.canvas.clientWidth ?? 0
      wantPictures(
        visible.map(({ camera }) => camera),
        wantedWidth(width, window.devicePixelRatio),
      )
    })
  }

  private draw(key: string, bitmap: ImageBitmap, header: PictureHeader): void {
    const tile = this.tiles.get(key)
    if (tile === undefined) return
    tile.header = header
    tile.surface.draw(bitmap, header)
    tile.elements.tile.dataset.fate = header.fate
    // What the canvas shows, for those who test it.
    tile.elements.canvas.dataset.frame = `${header.session}/${header.sequence}`
  }

  private writeAges(): void {
    const now = serverNow()
    for (const tile of this.tiles.values()) {
      if (tile.visible) this.writeAge(tile, now)
    }
  }

  private writeAge({ camera, elements, header }: Tile, now: number): void {
    const row = this.rows.get(keyOf(camera))
    write(elements.rate, row?.per_second == null ? "" : `${rate(row.per_second)}/s`)
    const age = header === null ? null : now - header.captured_ms
    const silent = age !== null && age > SILENT_MS
    write(elements.age, age === null ? texts.wall.waiting : ageText(age, silent))
    elements.tile.classList.toggle("silent", silent)
    elements.tile.classList.toggle("unbalanced", row?.balanced === false)
  }
}

function ageText(age: number, silent: boolean): string {
  return silent ? texts.wall.silent(duration(age)) : duration(Math.max(0, age))
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
