import { useEffect, useRef, useState } from "preact/hooks"
import { useLocation, useRoute } from "preact-iso"
import { apiPath } from "../api/http"
import type { FrameDetails } from "../api/types"
import { links } from "../links"
import { Detections } from "../parts/Detections"
import { Loaded } from "../parts/Loaded"
import { Panel } from "../parts/Panel"
import { useResource } from "../parts/resource"
import { onKey } from "../shell/keyboard"
import { texts } from "../texts"
import { CameraSums } from "./CameraSums"
import { DeadLetterPanel } from "./DeadLetterPanel"
import { Facts } from "./Facts"
import { FramePicture } from "./FramePicture"
import { Timeline } from "./Timeline"

const text = texts.frame
/** A pending frame has its outcome soon; a dead letter may be replayed or purged elsewhere. */
const REFRESH_MS = 3000

/** Everything that is on record of one frame. */
export function FrameScreen() {
  const { params } = useRoute()
  const { pipeline = "", camera = "", session = "", sequence = "" } = params
  const path = apiPath("pipelines", pipeline, "frames", camera, session, sequence)
  const details = useResource<FrameDetails>(path, REFRESH_MS)
  const number = Number(sequence)
  const address = { camera, session, sequence: number }
  const previous = number > 1 ? links.frame(pipeline, { ...address, sequence: number - 1 }) : null
  const next = links.frame(pipeline, { ...address, sequence: number + 1 })
  useFrameKeys(previous, next, links.frames(pipeline, { camera }))
  return (
    <section class="screen frame-screen" key={path}>
      <div class="viewer-head">
        <a href={links.frames(pipeline, { camera })} class="back">
          ← {texts.frames.title(pipeline)}
        </a>
        <h1>{text.title(camera, number)}</h1>
        <span class="viewer-neighbours">
          {previous && <a href={previous}>← {text.previous}</a>}
          <a href={next}>{text.next} →</a>
        </span>
      </div>
      <Loaded of={details}>{(found) => <Frame of={found} onChange={details.refresh} />}</Loaded>
    </section>
  )
}

function useFrameKeys(previous: string | null, next: string, back: string) {
  const { route } = useLocation()
  useEffect(
    () =>
      onKey(({ name }) => {
        if (name === "ArrowLeft" && previous) route(previous)
        else if (name === "ArrowRight") route(next)
        else if (name === "Escape") route(back)
        else return false
        return true
      }),
    [route, previous, next, back],
  )
}

function Frame({ of, onChange }: { of: FrameDetails; onChange: () => void }) {
  const [chosen, setChosen] = useState<number | null>(null)
  const detections = of.outcome?.detections ?? []
  // A letter that was replayed or purged is gone; what became of it stays on the page.
  const letter = useRef(of.dead_letter)
  letter.current = of.dead_letter ?? letter.current
  return (
    <div class="frame-columns">
      <div>
        <FramePicture of={of} chosen={chosen} />
        <Panel title={text.life}>
          <Timeline of={of.timeline} />
        </Panel>
      </div>
      <div>
        {letter.current && (
          <DeadLetterPanel letter={letter.current} pipeline={of.pipeline} onChange={onChange} />
        )}
        <Panel title={texts.viewer.frame}>
          <Facts of={of} />
        </Panel>
        {of.outcome?.fate === "done" && (
          <Panel title={text.detections}>
            <Detections of={detections} nothing={text.noDetections} onPoint={setChosen} />
          </Panel>
        )}
        <Panel title={text.ledger}>
          <CameraSums of={of.ledger} pipeline={of.pipeline} camera={of.camera} />
        </Panel>
      </div>
    </div>
  )
}
