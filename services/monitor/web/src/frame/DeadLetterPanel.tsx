import { useState } from "preact/hooks"
import { apiPath, change, RequestFailed } from "../api/http"
import type { DeadLetter, Purged, Replayed } from "../api/types"
import { bytes, exactTime } from "../format"
import { links } from "../links"
import { Panel } from "../parts/Panel"
import { mayChange } from "../stores/session"
import { texts } from "../texts"

const text = texts.frame

interface DeadLetterProps {
  letter: DeadLetter
  pipeline: string
  onChange: () => void
}

/** Why a frame died; whoever may can offer it again or delete it. */
export function DeadLetterPanel({ letter, pipeline, onChange }: DeadLetterProps) {
  return (
    <Panel title={text.deadLetter}>
      <p class="frame-detail">
        <b>{letter.reason}</b> {letter.detail}
      </p>
      <p class="quiet-text">
        {texts.frames.died} {exactTime(letter.died_ms)} · {bytes(letter.image_bytes)} ·{" "}
        {letter.worker}
      </p>
      {mayChange() ? (
        <Changes letter={letter} pipeline={pipeline} onChange={onChange} />
      ) : (
        <p class="quiet-text">{texts.session.readOnlyHelp}</p>
      )}
    </Panel>
  )
}

function Changes({ letter, pipeline, onChange }: DeadLetterProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState("")
  const [purged, setPurged] = useState(false)
  const [replayed, setReplayed] = useState<Replayed | null>(null)
  const { camera, session, sequence } = letter
  const path = apiPath("pipelines", pipeline, "dead-letters", camera, session, sequence)
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true)
    setError("")
    try {
      await work()
      onChange()
    } catch (failure) {
      setError(failure instanceof RequestFailed ? failure.message : String(failure))
    }
    setBusy(false)
  }
  const replay = () =>
    attempt(async () => setReplayed(await change<Replayed>("POST", `${path}/replay`)))
  const purge = () =>
    attempt(async () => {
      await change<Purged>("DELETE", path)
      setPurged(true)
    })
  return (
    <div class="changes">
      {replayed === null && !purged && <Buttons busy={busy} replay={replay} purge={purge} />}
      <span role="status">
        {error}
        {purged && text.purged}
        {replayed !== null && text.replayed(replayed.sequence)}{" "}
        {replayed !== null && <a href={links.frame(pipeline, replayed)}>{text.see}</a>}
      </span>
    </div>
  )
}

interface ButtonsProps {
  busy: boolean
  replay: () => void
  purge: () => void
}

function Buttons({ busy, replay, purge }: ButtonsProps) {
  const [asked, setAsked] = useState(false)
  return (
    <>
      <button type="button" class="primary" disabled={busy} onClick={replay}>
        {text.replay}
      </button>
      <button
        type="button"
        class="danger"
        disabled={busy}
        onClick={() => (asked ? purge() : setAsked(true))}
        onBlur={() => setAsked(false)}
      >
        {asked ? text.confirmPurge : text.purge}
      </button>
    </>
  )
}
