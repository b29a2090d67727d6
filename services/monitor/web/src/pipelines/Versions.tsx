import type { Pipeline, Revision } from "../api/types"
import { exactTime, percent } from "../format"
import { texts } from "../texts"

const text = texts.pipeline

/** The revisions that run, with their share of the cameras, and those that ran. */
export function Versions({ of, revisions }: { of: Pipeline; revisions: readonly Revision[] }) {
  const running = new Set(of.versions.map(({ revision }) => revision))
  const earlier = revisions.filter(({ revision }) => !running.has(revision))
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{text.version}</th>
          <th scope="col">{text.models}</th>
          <th scope="col" class="number">
            {text.workers}
          </th>
          <th scope="col">{text.share}</th>
        </tr>
      </thead>
      <tbody>
        {of.versions.map(({ revision, models, workers, share }) => (
          <tr key={revision}>
            <th scope="row">{revision}</th>
            <td>{models.join(", ")}</td>
            <td class="number">{workers}</td>
            <td class="share">
              <meter value={share} aria-label={percent(share)} /> {percent(share)}
            </td>
          </tr>
        ))}
        {earlier.map(({ revision, models, applied_ms, problem }) => (
          <tr key={revision} class="earlier">
            <th scope="row">{revision}</th>
            <td>
              {models.join(", ")}
              {problem !== "" && <span class="under warning-text">{problem}</span>}
            </td>
            <td colSpan={2}>{applied_ms === null ? "" : exactTime(applied_ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
