import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { backoffMs } from "../src/api/backoff"
import { LiveConnection, type LiveState } from "../src/api/live"
import { parsePicture } from "../src/api/picture"

class HandSocket {
  static readonly OPEN = 1
  readyState = 0
  binaryType = ""
  sent: Array<Record<string, unknown>> = []
  closed = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.closed = true
  }

  opens(): void {
    this.readyState = HandSocket.OPEN
    this.onopen?.()
  }
}

let sockets: HandSocket[] = []
let states: LiveState["name"][] = []

function connection(token: string | null = null): LiveConnection {
  const open = () => {
    sockets.push(new HandSocket())
    return sockets.at(-1) as unknown as WebSocket
  }
  return new LiveConnection(open, () => token, {
    onState: ({ name }) => states.push(name),
    onText: () => {},
    onPicture: () => {},
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("WebSocket", HandSocket)
  sockets = []
  states = []
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("what is wanted is sent when the connection opens, with the token", () => {
  const live = connection("secret")
  live.want({ history: "street" })
  live.wake()
  sockets[0]?.opens()
  expect(sockets[0]?.sent).toEqual([{ token: "secret", mesh: true, wall: null, history: "street" }])
})

test("many changes at once are one message", () => {
  const live = connection()
  live.wake()
  sockets[0]?.opens()
  for (let width = 1; width <= 50; width += 1) live.want({ wall: { cameras: [], width } })
  vi.advanceTimersByTime(100)
  expect(sockets[0]?.sent).toHaveLength(2)
  expect(sockets[0]?.sent[1]).toMatchObject({ wall: { width: 50 } })
})

test("a lost connection comes back, and wants the same", () => {
  const live = connection()
  live.want({ history: "street" })
  live.wake()
  sockets[0]?.opens()
  sockets[0]?.onclose?.({ code: 1006 })
  expect(states.at(-1)).toBe("waiting")
  vi.advanceTimersByTime(600)
  sockets[1]?.opens()
  expect(sockets[1]?.sent[0]).toMatchObject({ history: "street" })
  expect(states.at(-1)).toBe("open")
})

test("a connection that says nothing is given up", () => {
  const live = connection()
  live.wake()
  sockets[0]?.opens()
  vi.advanceTimersByTime(10_500)
  expect(sockets[0]?.closed).toBe(true)
  expect(states).toContain("waiting")
})

test("a refused token is not tried again", () => {
  const live = connection("wrong")
  live.wake()
  sockets[0]?.onclose?.({ code: 1008 })
  vi.advanceTimersByTime(60_000)
  expect(states.at(-1)).toBe("refused")
  expect(sockets).toHaveLength(1)
})

test("a hidden page has no connection until it is shown", () => {
  const live = connection()
  live.wake()
  sockets[0]?.opens()
  live.sleep()
  expect(sockets[0]?.closed).toBe(true)
  vi.advanceTimersByTime(60_000)
  expect(sockets).toHaveLength(1)
  live.wake()
  expect(sockets).toHaveLength(2)
})

test("attempts come at longer and longer intervals, up to ten seconds", () => {
  const waits = [1, 2, 3, 4, 5, 6, 20].map((failures) => backoffMs(failures, () => 1))
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  expect(backoffMs(1, () => 0)).toBe(250)
})

test("a picture is a header and the bytes after it", async () => {
  const header = new TextEncoder().encode(JSON.stringify({ camera: "tür", sequence: 7 }))
  const message = new Uint8Array(4 + header.length + 3)
  new DataView(message.buffer).setUint32(0, header.length)
  message.set(header, 4)
  message.set([1, 2, 3], 4 + header.length)
  const picture = parsePicture(message.buffer)
  expect(picture.header).toEqual({ camera: "tür", sequence: 7 })
  expect([...new Uint8Array(await picture.jpeg.arrayBuffer())]).toEqual([1, 2, 3])
})
