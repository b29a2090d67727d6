import { deflateSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import type { Detection, Raster } from "../src/api/types"
import { classColour } from "../src/drawing/colours"
import { fitted, labelPlace, overlap, placedBox, placedPoint } from "../src/drawing/geometry"
import { insideRuns, maskPixels } from "../src/drawing/mask"
import { prepareRasters, rasterPixels } from "../src/drawing/raster"
import { wantedWidth } from "../src/wall/pictureWidth"

const canvas = { width: 400, height: 300 }

describe("a frame on a canvas", () => {
  test("fills it where it has the same shape", () => {
    const place = fitted({ width: 768, height: 576 }, canvas)
    expect(place).toEqual({ left: 0, top: 0, width: 400, height: 300 })
  })

  test("is in the middle, with its own shape, where it is wider", () => {
    const place = fitted({ width: 1600, height: 400 }, canvas)
    expect(place).toEqual({ left: 0, top: 100, width: 400, height: 100 })
  })

  test("is in the middle where it is higher", () => {
    expect(fitted({ width: 100, height: 300 }, canvas).left).toBe(150)
  })

  test("takes the whole canvas where its size is not known", () => {
    expect(fitted({ width: 0, height: 0 }, canvas).width).toBe(400)
  })
})

describe("fractions of a frame", () => {
  const place = { left: 10, top: 20, width: 200, height: 100 }

  test("become pixels of its place", () => {
    expect(placedPoint(0.5, 0.25, place)).toEqual([110, 45])
  })

  test("a box lies where its corners do", () => {
    const box = placedBox([0.1, 0.2, 0.6, 0.7], place)
    expect(box).toEqual({ left: 30, top: 40, width: 100, height: expect.closeTo(50) })
  })

  test("no box is the whole frame", () => {
    expect(placedBox(null, place)).toEqual(place)
  })
})

describe("a label", () => {
  const label = { width: 60, height: 14 }

  test("is above its box", () => {
    const box = { left: 50, top: 100, width: 20, height: 40 }
    expect(labelPlace(box, label, canvas)).toEqual({ left: 50, top: 86 })
  })

  test("is inside at the top of a box that begins at the edge", () => {
    expect(labelPlace({ left: 50, top: 5, width: 20, height: 40 }, label, canvas).top).toBe(5)
  })

  test("stays on the canvas at its right edge", () => {
    expect(labelPlace({ left: 390, top: 100, width: 9, height: 9 }, label, canvas).left).toBe(340)
  })
})

test("labels overlap where they have a place in common, and not where they touch", () => {
  const one = { left: 0, top: 0, width: 10, height: 10 }
  expect(overlap(one, { ...one, left: 9, top: 9 })).toBe(true)
  expect(overlap(one, { ...one, left: 10 })).toBe(false)
})

describe("a mask", () => {
  test("begins outside", () => {
    const found: number[][] = []
    const mask = { width: 4, height: 2, runs: [1, 2, 3, 2] }
    insideRuns(mask, (start, length) => found.push([start, length]))
    expect(found).toEqual([
      [1, 2],
      [6, 2],
    ])
  })

  test("is inside from the first cell where its first run is 0", () => {
    const pixels = maskPixels({ width: 2, height: 1, runs: [0, 1, 1] }, [1, 2, 3])
    expect([...pixels]).toEqual([1, 2, 3, expect.any(Number), 0, 0, 0, 0])
  })

  test("of runs that are too long ends with its cells", () => {
    expect(maskPixels({ width: 2, height: 1, runs: [1, 99] }, [9, 9, 9])).toHaveLength(8)
  })
})

describe("a raster", () => {
  const raster = (kind: Raster["kind"], bytes: number[]): Raster => ({
    ...{ kind, width: bytes.length, height: 1, low: 0, high: 1 },
    values: deflateSync(Uint8Array.from(bytes)).toString("base64"),
    classes: [
      { class_id: 0, label: "background", area: 0.5 },
      { class_id: 7, label: "nucleus", area: 0.5 },
    ],
  })
  const pixelsOf = async (one: Raster) => {
    await prepareRasters([{ raster: one } as Detection])
    return rasterPixels(one)
  }

  test("shows each class in its colour, and no background", async () => {
    const pixels = await pixelsOf(raster("classes", [0, 7]))
    expect([...(pixels ?? [])].slice(0, 4)).toEqual([0, 0, 0, 0])
    expect([...(pixels ?? [])].slice(4, 7)).toEqual(classColour("nucleus"))
  })

  test("shows what is unusual, and nothing where all is usual", async () => {
    const pixels = await pixelsOf(raster("anomaly", [0, 60, 255]))
    expect([pixels?.[3], pixels?.[7], pixels?.[11]]).toEqual([0, 0, 200])
  })

  test("is not drawn before it is prepared, nor where cells are missing", async () => {
    expect(rasterPixels(raster("depth", [1, 2]))).toBe(null)
    expect(await pixelsOf({ ...raster("depth", [1, 2]), width: 9 })).toBe(null)
    expect(await pixelsOf({ ...raster("depth", [1, 2]), values: "no base64 !" })).toBe(null)
  })
})

test("a class has the same colour always", () => {
  expect(classColour("person")).toEqual(classColour("person"))
})

test("pictures are asked for in few widths, each nearly as wide as its place", () => {
  expect(wantedWidth(150, 1)).toBe(160)
  expect(wantedWidth(340, 1)).toBe(320)
  expect(wantedWidth(232, 3)).toBe(480)
  expect(wantedWidth(5000, 2)).toBe(1920)
})
