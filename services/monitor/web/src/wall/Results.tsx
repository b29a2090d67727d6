import type { PictureHeader } from "../api/types"
import { HopBar } from "../charts/HopBar"
import { duration, timeOfDay } from "../format"
import { links } from "../links"
import { Detections } from "../parts/Detections"
import { Fate } from "../parts/Fate"
import { texts } from "../texts"
import type { CameraView } from "./cameraView"
import { found } from "./found"

/** What was found in the frame that is shown, and in the last ones. */
export function Results({ view }: { view: CameraView }) {
  const shown = view.shown.value
  return (
    <aside class="results">
      {shown === null ? <p class="quiet-text">{texts.viewer.noPicture}</p> : <Frame of={shown} />}
      <h2>{texts.viewer.recent}</h2>
      <ol class="recent">
        {view.recent.value.map((header) => (
          <li key={`${header.session}/${header.sequence}`}>
            <a href={links.frame(header.pipeline, header)}>{header.sequence}</a>
            <span>{found(header.detections) || <Fate fate={header.fate} />}</span>
            <span class="number">{duration(header.completed_ms - header.captured_ms)}</span>
          </li>
        ))}
      </ol>
    </aside>
  )
}

function Frame({ of }: { of: PictureHeader }) {
  return (
    <>
      <dl class="facts">
        <dt>{texts.viewer.frame}</dt>
        <dd>
          <a href={links.frame(of.pipeline, of)} title={texts.viewer.all}>
            {of.sequence}
          </a>{" "}
          <Fate fate={of.fate} />
        </dd>
        <dt>{texts.viewer.captured}</dt>
        <dd>{timeOfDay(of.captured_ms)}</dd>
        <dt>{texts.viewer.age}</dt>
        <dd>{duration(of.completed_ms - of.captured_ms)}</dd>
      </dl>
      <HopBar ms={of.timings_ms} />
      <h2>{texts.viewer.results}</h2>
      <Detections of={of.detections} nothing={texts.viewer.nothing} />
    </>
  )
}
