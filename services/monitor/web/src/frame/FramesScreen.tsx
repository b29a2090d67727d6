import { useLocation, useRoute } from "preact-iso"
import { apiPath, query } from "../api/http"
import type { FramePage, ListedFrame } from "../api/types"
import { count, duration, exactTime } from "../format"
import { links } from "../links"
import { Fate } from "../parts/Fate"
import { Loaded } from "../parts/Loaded"
import { usePages } from "../parts/pages"
import { texts } from "../texts"

const text = texts.frames
const PAGE = 50
const FATES = ["done", "expired", "superseded", "dead", "rejected", "pending"]

/** The frames behind a count: those of a camera, a fate, a reason, the newest first. */
export function FramesScreen() {
  const { params } = useRoute()
  const { query: asked, path, route } = useLocation()
  const { pipeline = "" } = params
  const { camera = "", fate = "", reason = "" } = asked
  const page = usePages<FramePage>(
    `${apiPath("pipelines", pipeline, "frames")}${query({ camera, fate, reason, limit: PAGE })}`,
    "frames",
  )
  const show = (fields: Record<string, string>) =>
    route(`${path}${query({ camera, fate, reason, ...fields })}`, true)
  return (
    <section class="screen">
      <h1>
        <a href={links.pipeline(pipeline)}>{text.title(pipeline)}</a>
      </h1>
      <div class="bar">
        <input
          type="search"
          placeholder={text.camera}
          aria-label={text.camera}
          value={camera}
          onChange={(event) => show({ camera: event.currentTarget.value })}
        />
        <select
          aria-label={text.fate}
          value={fate}
          onChange={(event) => show({ fate: event.currentTarget.value })}
        >
          <option value="">{text.anyFate}</option>
          {FATES.map((name) => (
            <option key={name} value={name} selected={name === fate}>
              {texts.fates[name]}
            </option>
          ))}
        </select>
        {reason !== "" && (
          <button type="button" onClick={() => show({ reason: "" })}>
            {text.reason}: {reason} ✕
          </button>
        )}
        <button type="button" class="quiet" onClick={page.refresh} aria-label={texts.retry}>
          ↻
        </button>
      </div>
      <Loaded of={page}>
        {({ frames, next }) => (
          <>
            <Table pipeline={pipeline} frames={frames} />
            {frames.length === 0 && <p class="quiet-text">{text.none}</p>}
            {next !== null && (
              <button type="button" onClick={page.more}>
                {text.more}
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

function Table({ pipeline, frames }: { pipeline: string; frames: readonly ListedFrame[] }) {
  if (frames.length === 0) return null
  return (
    <div class="table-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              {text.sequence}
            </th>
            <th scope="col">{text.camera}</th>
            <th scope="col">{text.fate}</th>
            <th scope="col">{text.reason}</th>
            <th scope="col">{text.captured}</th>
            <th scope="col" class="number">
              {text.age}
            </th>
            <th scope="col" class="number">
              {text.attempts}
            </th>
            <th scope="col">{text.picture}</th>
            <th scope="col">{text.session}</th>
          </tr>
        </thead>
        <tbody>
          {frames.map((frame) => (
            <Row key={links.frame(pipeline, frame)} of={frame} pipeline={pipeline} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function ageOf({ captured_ms: captured, completed_ms: completed }: ListedFrame): string {
  return captured === null || completed === null ? "" : duration(completed - captured)
}

function Row({ of, pipeline }: { of: ListedFrame; pipeline: string }) {
  return (
    <tr>
      <th scope="row" class="number">
        <a href={links.frame(pipeline, of)}>{count(of.sequence)}</a>
      </th>
      <td>{of.camera}</td>
      <td>
        <Fate fate={of.fate} />
      </td>
      <td>{of.reason}</td>
      <td>{of.captured_ms === null ? "" : exactTime(of.captured_ms)}</td>
      <td class="number">{ageOf(of)}</td>
      <td class="number">{of.attempts}</td>
      <td>{of.kept_picture ? text.kept : ""}</td>
      <td class="session">{of.session}</td>
    </tr>
  )
}
