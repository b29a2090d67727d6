import { expect, test } from "vitest"
import { layout } from "../src/charts/graphLayout"
import { parts } from "../src/charts/hops"
import { bytes, duration, rate, signedRate } from "../src/format"
import { placed } from "../src/frame/timelineScale"
import { sortedReasons } from "../src/ledger/columns"
import { found } from "../src/wall/found"

test("durations have the unit in which they are read", () => {
  const ms = [0.44, 9.9, 84.4, 999.4, 1234, 59_900, 125_000, 7_200_000]
  const words = ["0.4 ms", "9.9 ms", "84 ms", "999 ms", "1.2 s", "59.9 s", "2 min", "2.0 h"]
  expect(ms.map(duration)).toEqual(words)
  expect(duration(null)).toBe("–")
})

test("bytes have the unit in which they are read", () => {
  const words = ["0 B", "999 B", "1.0 kB", "8.8 MB", "64 GB"]
  expect([0, 999, 1000, 8_800_000, 64e9].map(bytes)).toEqual(words)
})

test("rates have a tenth where that says something, and a sign where they may fall", () => {
  expect([0, 14.95, 148.2].map(rate)).toEqual(["0.0", "15.0", "148"])
  expect([0.01, 4.2, -4.2].map(signedRate)).toEqual(["±0.0", "+4.2", "−4.2"])
})

test("a graph has a column for each step of crops, and a row for each branch", () => {
  const { places, columns, rows } = layout([
    { name: "find", for_each: [], after: [] },
    { name: "pose", for_each: ["find"], after: [] },
    { name: "plate", for_each: ["find"], after: [] },
    { name: "text", for_each: ["plate"], after: [] },
  ])
  expect(Object.fromEntries(places)).toEqual({
    find: { column: 0, row: 0 },
    pose: { column: 1, row: 0 },
    plate: { column: 1, row: 1 },
    text: { column: 2, row: 1 },
  })
  expect([columns, rows]).toEqual([3, 2])
})

test("a stage that joins branches is behind the longest, and beside the first", () => {
  const { places, columns, rows } = layout([
    { name: "both", for_each: ["cars", "plates"], after: [] },
    { name: "cars", for_each: [], after: [] },
    { name: "plates", for_each: ["cars"], after: [] },
    { name: "sky", for_each: [], after: ["gone"] },
  ])
  expect(Object.fromEntries(places)).toEqual({
    cars: { column: 0, row: 0 },
    both: { column: 2, row: 0 },
    plates: { column: 1, row: 1 },
    sky: { column: 0, row: 2 },
  })
  expect([columns, rows]).toEqual([3, 3])
})

test("hops are in the order of a frame's way, with their share of the bar", () => {
  const shares = parts({ triton: 30, ingest: 10, dwell: 60 }).map(({ hop, share }) => [hop, share])
  expect(shares).toEqual([
    ["ingest", 0.1],
    ["dwell", 0.6],
    ["triton", 0.3],
  ])
})

test("a timeline goes from the first beginning to the last end", () => {
  const steps = placed([
    { name: "ingest", at_ms: 1000, duration_ms: 10 },
    { name: "triton", at_ms: 1050, duration_ms: 50 },
  ])
  expect(steps.map(({ start, width }) => [start, width])).toEqual([
    [0, 0.1],
    [0.5, 0.5],
  ])
})

test("reasons come by their counts, then by name", () => {
  expect(sortedReasons({ b: 1, c: 7, a: 1 }).map(([name]) => name)).toEqual(["c", "a", "b"])
})

test("what was found is told in a few words", () => {
  const one = (label: string, text = "") => ({ label, text }) as Parameters<typeof found>[0][0]
  expect(found([one("person"), one("plate", "B-MW 1"), one("person")])).toBe("person ×2, B-MW 1 ×1")
})
