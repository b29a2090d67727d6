import { useEffect, useRef, useState } from "preact/hooks"
import { useLocation, useRoute } from "preact-iso"
import { apiPath, query } from "../api/http"
import type { CameraPage } from "../api/types"
import { links } from "../links"
import { useResource } from "../parts/resource"
import { onKey } from "../shell/keyboard"
import { texts } from "../texts"
import { Controls } from "./Controls"
import { CameraView } from "./cameraView"
import { Results } from "./Results"

/** One camera at full size, with what was found and the frames that are still kept. */
export function Viewer() {
  const { params } = useRoute()
  const { pipeline = "", camera = "" } = params
  return <CameraScreen key={`${pipeline}/${camera}`} pipeline={pipeline} camera={camera} />
}

function CameraScreen({ pipeline, camera }: { pipeline: string; camera: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [view, setView] = useState<CameraView | null>(null)
  const neighbours = useNeighbours(pipeline, camera)
  const { route } = useLocation()
  useEffect(() => {
    if (canvas.current === null) return
    const made = new CameraView(pipeline, camera, canvas.current)
    setView(made)
    return () => made.close()
  }, [pipeline, camera])
  useEffect(
    () =>
      onKey(({ name }) => {
        if (name === "Escape") route(links.wallOf(pipeline))
        else if (name === " ") view?.toggle()
        else if (name === "ArrowLeft") void view?.move(-1)
        else if (name === "ArrowRight") void view?.move(1)
        else if (name === "ArrowUp" && neighbours.previous) route(neighbours.previous)
        else if (name === "ArrowDown" && neighbours.next) route(neighbours.next)
        else return false
        return true
      }),
    [view, pipeline, route, neighbours.previous, neighbours.next],
  )
  return (
    <section class="viewer">
      <div class="viewer-head">
        <a href={links.wallOf(pipeline)} class="back">
          ← {texts.viewer.back}
        </a>
        <h1>
          {camera} <a href={links.pipeline(pipeline)}>{pipeline}</a>
        </h1>
        <span class="viewer-neighbours">
          {neighbours.previous && <a href={neighbours.previous}>↑ {texts.viewer.previous}</a>}
          {neighbours.next && <a href={neighbours.next}>↓ {texts.viewer.next}</a>}
        </span>
      </div>
      <div class="stage">
        <canvas ref={canvas} role="img" aria-label={texts.viewer.canvas(camera)} />
        {view && <Controls view={view} />}
      </div>
      {view && <Results view={view} />}
    </section>
  )
}

const MOST_NEIGHBOURS = 200

function useNeighbours(pipeline: string, camera: string) {
  const path = `${apiPath("cameras")}${query({ pipeline, limit: MOST_NEIGHBOURS })}`
  const names = useResource<CameraPage>(path).data?.cameras.map((row) => row.camera) ?? []
  const at = names.indexOf(camera)
  const link = (name: string | undefined) => name && links.camera(pipeline, name)
  return at === -1 ? {} : { previous: link(names[at - 1]), next: link(names[at + 1]) }
}
