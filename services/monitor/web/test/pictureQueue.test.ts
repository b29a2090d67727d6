import { expect, test } from "vitest"
import type { Picture } from "../src/api/picture"
import { type Browser, PictureQueue } from "../src/drawing/pictureQueue"

/** A browser whose decoder, screen and clock are moved by hand. */
class HandBrowser implements Browser {
  time = 0
  closed = 0
  frames: Array<() => void> = []
  decoding: Array<{ done: () => void; failed: () => void }> = []

  decode(): Promise<ImageBitmap> {
    const bitmap = { close: () => this.count() } as ImageBitmap
    return new Promise((resolve, reject) => {
      this.decoding.push({
        done: () => resolve(bitmap),
        failed: () => reject(new Error("no picture")),
      })
    })
  }

  nextFrame(callback: () => void): void {
    this.frames.push(callback)
  }

  now(): number {
    return this.time
  }

  async finishAll(): Promise<void> {
    for (const one of this.decoding.splice(0)) one.done()
    await settled()
  }

  showFrame(): void {
    for (const frame of this.frames.splice(0)) frame()
  }

  private count(): void {
    this.closed += 1
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

function picture(sequence: number): Picture {
  return {
    header: { sequence, detections: [] as never[] } as unknown as Picture["header"],
    jpeg: new Blob([]),
  }
}

test("of a camera that is faster than its decoder only the newest picture is drawn", async () => {
  const browser = new HandBrowser()
  const drawn: number[] = []
  const queue = new PictureQueue((_, __, { sequence }) => drawn.push(sequence), browser)
  for (const sequence of [1, 2, 3, 4]) queue.offer("a", picture(sequence))
  await browser.finishAll()
  await browser.finishAll()
  browser.showFrame()
  expect(drawn).toEqual([4])
  expect(browser.closed).toBe(2)
})

test("few pictures are decoded at once", () => {
  const browser = new HandBrowser()
  const queue = new PictureQueue(() => {}, browser)
  for (let camera = 0; camera < 100; camera += 1) queue.offer(`${camera}`, picture(1))
  expect(browser.decoding).toHaveLength(4)
})

test("what is over the budget of a screen frame is drawn in the next", async () => {
  const browser = new HandBrowser()
  const drawn: string[] = []
  const draw = (key: string) => {
    drawn.push(key)
    browser.time += 5
  }
  const queue = new PictureQueue(draw, browser)
  for (const key of ["a", "b", "c", "d"]) queue.offer(key, picture(1))
  await browser.finishAll()
  browser.showFrame()
  expect(drawn).toEqual(["a", "b"])
  browser.showFrame()
  expect(drawn).toEqual(["a", "b", "c", "d"])
  expect(browser.closed).toBe(4)
})

test("a picture that cannot be decoded stops no other", async () => {
  const browser = new HandBrowser()
  const drawn: number[] = []
  const queue = new PictureQueue((_, __, { sequence }) => drawn.push(sequence), browser)
  queue.offer("a", picture(1))
  browser.decoding.splice(0)[0]?.failed()
  await settled()
  queue.offer("a", picture(2))
  await browser.finishAll()
  browser.showFrame()
  expect(drawn).toEqual([2])
})
