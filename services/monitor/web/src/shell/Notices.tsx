import { liveError, liveState } from "../stores/live"
import { mesh } from "../stores/mesh"
import { tokenRefused } from "../stores/session"
import { texts } from "../texts"

/** What concerns the page itself: a refused token, a lost connection. */
export function Notices() {
  const lost = liveState.value.name === "waiting" && mesh.value !== null
  return (
    <>
      {tokenRefused.value && (
        <p class="notice alarm" role="alert">
          {texts.session.refused}
          <button type="button" class="quiet" onClick={dismiss}>
            {texts.session.dismiss}
          </button>
        </p>
      )}
      {lost && (
        <p class="notice warning" role="alert">
          {texts.connection.stale}
        </p>
      )}
      {liveError.value !== "" && (
        <p class="notice warning" role="alert">
          {liveError.value}
        </p>
      )}
    </>
  )
}

function dismiss() {
  tokenRefused.value = false
}
