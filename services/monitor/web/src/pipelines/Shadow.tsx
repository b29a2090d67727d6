import type { ShadowReport, ShadowSummary } from "../api/types"
import { count, percent } from "../format"
import { links } from "../links"
import { texts } from "../texts"

const text = texts.pipeline

interface ShadowProps {
  name: string
  summary: ShadowSummary | null
  report: ShadowReport | null
}

/** How the outcomes of other versions differ from the real ones. */
export function Shadow({ name, summary, report }: ShadowProps) {
  if (summary === null) return <p class="quiet-text">{text.noShadow}</p>
  const same = summary.compared_frames && summary.same_frames / summary.compared_frames
  return (
    <>
      <p>{summary.models.join(", ")}</p>
      <p class="share">
        <meter value={same} aria-label={percent(same)} /> {percent(same)}
        <span class="quiet-text">
          {" "}
          {text.compared(count(summary.same_frames), count(summary.compared_frames))}
        </span>
      </p>
      {report && <Classes of={report} />}
      {report && <Examples of={report} name={name} />}
    </>
  )
}

function Classes({ of }: { of: ShadowReport }) {
  if (of.classes.length === 0) return null
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{text.class}</th>
          <th scope="col" class="number">
            {text.both}
          </th>
          <th scope="col" class="number">
            {text.onlyReal}
          </th>
          <th scope="col" class="number">
            {text.onlyShadow}
          </th>
          <th scope="col" class="number">
            {text.iou}
          </th>
        </tr>
      </thead>
      <tbody>
        {of.classes.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td class="number">{count(row.same)}</td>
            <td class="number">{count(row.only_real)}</td>
            <td class="number">{count(row.only_shadow)}</td>
            <td class="number">{row.mean_iou === null ? "–" : row.mean_iou.toFixed(3)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Examples({ of, name }: { of: ShadowReport; name: string }) {
  if (of.examples.length === 0) return null
  return (
    <>
      <h3>{text.differing}</h3>
      <ul class="examples">
        {of.examples.map((frame) => (
          <li key={`${frame.camera}/${frame.session}/${frame.sequence}`}>
            <a href={links.frame(name, frame)}>
              {frame.camera} {frame.sequence}
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}
