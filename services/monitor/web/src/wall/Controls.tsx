import { texts } from "../texts"
import type { CameraView } from "./cameraView"

/** Pause, go on, and step through the frames that are kept. */
export function Controls({ view }: { view: CameraView }) {
  const mode = view.mode.value
  const paused = mode.name === "paused"
  return (
    <div class="controls">
      <button type="button" class={paused ? "primary" : ""} onClick={() => view.toggle()}>
        {paused ? `▶ ${texts.viewer.resume}` : `❚❚ ${texts.viewer.pause}`}
      </button>
      <button
        type="button"
        aria-label={texts.viewer.older}
        disabled={paused && mode.at <= 0}
        onClick={() => void view.move(-1)}
      >
        ‹
      </button>
      <button
        type="button"
        aria-label={texts.viewer.newer}
        disabled={!paused || mode.at >= mode.kept.length - 1}
        onClick={() => void view.move(1)}
      >
        ›
      </button>
      <span class={`mode ${mode.name}`} role="status">
        {paused ? place(mode.at, mode.kept.length) : texts.viewer.live}
      </span>
      {view.error.value !== "" && <span class="mode-error">{view.error.value}</span>}
    </div>
  )
}

function place(at: number, of: number): string {
  return of === 0 || at >= of ? texts.viewer.pausedNone : texts.viewer.paused(at + 1, of)
}
