/** The one live connection of the page, joined with what is shown. */

import { signal } from "@preact/signals"
import { LiveConnection, type LiveState, type LiveText } from "../api/live"
import type { Picture } from "../api/picture"
import { currentToken } from "../api/token"
import type { WatchedCamera } from "../api/types"
import { noteServerIsPast, noteServerTime } from "./clock"
import { mesh } from "./mesh"
import { addSamples } from "./samples"
import { session, startSession, startWithoutToken, tokenRefused } from "./session"

export const liveState = signal<LiveState>({ name: "connecting" })
/** What the server says of the connection, such as a camera that cannot be shown. */
export const liveError = signal("")

type PictureListener = (picture: Picture) => void
const listeners = new Set<PictureListener>()

const connection = new LiveConnection(
  () => new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live`),
  currentToken,
  {
    onState(state) {
      liveState.value = state
      // The monitor was away when the page began.
      if (state.name === "open" && session.value === null) void startSession()
      if (state.name === "refused") refused()
    },
    onText: receive,
    onPicture(picture) {
      noteServerIsPast(picture.header.completed_ms)
      for (const listener of listeners) listener(picture)
    },
  },
)

/** A mesh that asks for tokens would refuse the same again; another one lets everybody look. */
function refused(): void {
  if (currentToken() === null) tokenRefused.value = true
  else void startWithoutToken().then(() => connection.wake())
}

function receive(message: LiveText): void {
  if (message.type === "mesh") {
    noteServerTime(message.at_ms)
    mesh.value = message
    liveError.value = ""
  } else if (message.type === "samples") addSamples(message)
  else liveError.value = message.error
}

/** Connect, and close for as long as the tab is hidden. */
export function startLive(): void {
  const follow = () => (document.hidden ? connection.sleep() : connection.wake())
  document.addEventListener("visibilitychange", follow)
  follow()
}

export function onPictures(listener: PictureListener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The most cameras that the server takes in one request. */
const MOST_CAMERAS = 256

export function wantPictures(cameras: WatchedCamera[], width: number): void {
  connection.want({
    wall: cameras.length === 0 ? null : { cameras: cameras.slice(0, MOST_CAMERAS), width },
  })
}

export function wantSamples(pipeline: string | null): void {
  connection.want({ history: pipeline })
}
