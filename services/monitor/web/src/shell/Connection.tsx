import { useEffect, useState } from "preact/hooks"
import type { LiveState } from "../api/live"
import { liveState } from "../stores/live"
import { texts } from "../texts"

/** Whether what is shown is live, and if not, when the next attempt is. */
export function Connection() {
  const state = liveState.value
  const [, tick] = useState(0)
  useEffect(() => {
    if (state.name !== "waiting") return
    const timer = setInterval(() => tick((n) => n + 1), 500)
    return () => clearInterval(timer)
  }, [state])
  return (
    <span class={`connection ${state.name}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="connection-text">{words(state)}</span>
    </span>
  )
}

function words(state: LiveState): string {
  if (state.name !== "waiting") return texts.connection[state.name]
  return texts.connection.waiting(Math.max(1, Math.ceil((state.untilMs - Date.now()) / 1000)))
}
