/**
 * The live connection. It says what the page wants to see, again after every reconnect, and closes
 * while nobody looks. What came stays where it was put: a lost connection empties nothing.
 */

import { backoffMs } from "./backoff"
import { type Picture, parsePicture } from "./picture"
import type { ErrorMessage, LiveRequest, MeshMessage, SamplesMessage } from "./types"

export type LiveState =
  | { name: "connecting" }
  | { name: "open" }
  | { name: "waiting"; untilMs: number }
  | { name: "asleep" }
  | { name: "refused" }

export type LiveText = MeshMessage | SamplesMessage | ErrorMessage

export interface LiveEvents {
  onState(state: LiveState): void
  onText(message: LiveText): void
  onPicture(picture: Picture): void
}

/** The server sends the mesh every second: a connection that is silent for so long is dead. */
const SILENCE_MS = 10_000
/** Changes of what is wanted, as while scrolling, are sent together. */
const GATHER_MS = 60
/** Close codes of a policy: the token is wrong, so that another attempt is useless. */
const REFUSED = new Set([1008, 4401])

export class LiveConnection {
  private socket: WebSocket | null = null
  private wanted: LiveRequest = { mesh: true, wall: null, history: null }
  private failures = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private gather: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly open: () => WebSocket,
    private readonly token: () => string | null,
    private readonly events: LiveEvents,
  ) {}

  /** Replace part of what the page wants to see. */
  want(part: LiveRequest): void {
    this.wanted = { ...this.wanted, ...part }
    this.gather ??= setTimeout(() => this.send(), GATHER_MS)
  }

  /** Connect, unless there is a connection. */
  wake(): void {
    if (this.socket !== null) return
    clearTimeout(this.retry)
    this.events.onState({ name: "connecting" })
    const socket = this.open()
    socket.binaryType = "arraybuffer"
    this.socket = socket
    this.listen()
    socket.onopen = () => {
      this.events.onState({ name: "open" })
      this.send()
    }
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      this.failures = 0
      this.listen()
      this.receive(event.data)
    }
    socket.onclose = (event) => this.lost(REFUSED.has(event.code))
  }

  /** Close, and stay closed until `wake`. */
  sleep(): void {
    this.drop()
    clearTimeout(this.retry)
    this.events.onState({ name: "asleep" })
  }

  private send(): void {
    clearTimeout(this.gather)
    this.gather = undefined
    if (this.socket?.readyState !== WebSocket.OPEN) return
    this.socket.send(JSON.stringify({ token: this.token(), ...this.wanted }))
  }

  private receive(data: string | ArrayBuffer): void {
    if (typeof data === "string") this.events.onText(JSON.parse(data) as LiveText)
    else this.events.onPicture(parsePicture(data))
  }

  private listen(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.lost(false), SILENCE_MS)
  }

  private lost(refused: boolean): void {
    this.drop()
    if (refused) {
      this.events.onState({ name: "refused" })
      return
    }
    this.failures += 1
    const wait = backoffMs(this.failures)
    this.events.onState({ name: "waiting", untilMs: Date.now() + wait })
    this.retry = setTimeout(() => this.wake(), wait)
  }

  private drop(): void {
    clearTimeout(this.silence)
    const socket = this.socket
    this.socket = null
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
