import { describe, expect, test } from "vitest"
import type { Samples } from "../src/api/types"
import { noteServerIsPast, noteServerTime, serverNow } from "../src/stores/clock"
import { problemsOf } from "../src/stores/problems"
import { joined, MOST_SAMPLES } from "../src/stores/samples"
import { summaryOf } from "../src/stores/summary"
import { meshOf, pipeline, worker } from "./meshes"

describe("the mesh in one line", () => {
  test("sums rates, and names the pipeline where frames are the oldest", () => {
    const slow = pipeline({ name: "yard", age_ms: { p50: 1, p95: 2, p99: 900 } })
    const found = summaryOf(meshOf({ pipelines: [pipeline(), slow] }))
    expect(found).toMatchObject({ running: 2, completedPerSecond: 20, cameras: 8, backlog: 6 })
    expect(found.ageP99Ms).toEqual({ pipeline: "yard", value: 900 })
  })

  test("does not balance where one pipeline does not, or has a frame with two outcomes", () => {
    for (const wrong of [pipeline({ balanced: false }), pipeline({ duplicates: 1 })]) {
      expect(summaryOf(meshOf({ pipelines: [pipeline(), wrong] })).balanced).toBe(false)
    }
    expect(summaryOf(meshOf({ pipelines: [pipeline()] })).balanced).toBe(true)
  })

  test("does not know whether it balances before a ledger is read", () => {
    expect(summaryOf(meshOf({ pipelines: [pipeline({ balanced: null })] })).balanced).toBe(null)
  })
})

describe("problems", () => {
  test("a sound mesh has none", () => {
    expect(problemsOf(meshOf({ pipelines: [pipeline()], workers: [worker()] }))).toEqual([])
  })

  test("alarms come before warnings, each with the page that tells more", () => {
    const sick = pipeline({ ready_workers: 1, dead_letters: 2, balanced: false })
    const gone = worker({ state: "failed", trouble: "killed by signal 9" })
    const found = problemsOf(meshOf({ pipelines: [sick], workers: [gone] }))
    expect(found.map(({ level, text, link }) => [level, text, link])).toEqual([
      ["alarm", "street: the ledger does not balance", "/ledger?pipeline=street"],
      ["warning", "street: 2 dead letters", "/pipelines/street/dead-letters"],
      ["warning", "street: 1 of 2 workers ready", "/pipelines/street"],
      ["warning", "street-1: killed by signal 9", "/workers"],
    ])
  })

  test("what the server says leads to the pipeline that it names", () => {
    const problems = ["ledger of street: cannot be read"]
    const [found] = problemsOf(meshOf({ pipelines: [pipeline()], problems }))
    expect(found?.link).toBe("/pipelines/street")
  })

  test("the same sentence is said once", () => {
    expect(problemsOf(meshOf({ problems: ["no master leads", "no master leads"] }))).toHaveLength(1)
  })
})

describe("the clock of the server", () => {
  test("is told by the message that came the fastest", () => {
    noteServerTime(10_000, 9000)
    noteServerTime(10_900, 10_000)
    expect(serverNow(20_000)).toBe(21_000)
  })

  test("has passed the time of every outcome that came", () => {
    noteServerIsPast(31_500, 30_000)
    expect(serverNow(40_000)).toBe(41_500)
  })

  test("is followed where it was set", () => {
    noteServerTime(90_000, 50_000)
    expect(serverNow(50_000)).toBe(90_000)
  })
})

describe("samples over time", () => {
  const series = (at_ms: number[]): Samples => ({
    ...{ step_s: 1, at_ms, backlog: at_ms, growth: at_ms, accepted: at_ms, completed: at_ms },
    ...{ age_p99_ms: at_ms, workers: at_ms, decisions: [] },
  })

  test("what comes is appended", () => {
    expect(joined(series([1, 2]), series([3])).backlog).toEqual([1, 2, 3])
  })

  test("a reconnect, which sends all that is kept, repeats nothing", () => {
    expect(joined(series([1, 2, 3]), series([2, 3, 4])).at_ms).toEqual([1, 2, 3, 4])
    expect(joined(series([1, 2, 3]), series([1, 2])).at_ms).toEqual([1, 2, 3])
  })

  test("only the newest are kept", () => {
    const many = Array.from({ length: MOST_SAMPLES + 50 }, (_, at) => at)
    expect(joined(series([]), series(many)).at_ms).toHaveLength(MOST_SAMPLES)
  })

  test("a decision is told once", () => {
    const decided = { ...series([1]), decisions: [{ at_ms: 1, message: "2 -> 3 workers" }] }
    expect(joined(decided, { ...decided, at_ms: [2] }).decisions).toHaveLength(1)
  })
})
