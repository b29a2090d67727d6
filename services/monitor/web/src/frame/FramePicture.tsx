import { useEffect, useRef, useState } from "preact/hooks"
import { getPicture } from "../api/http"
import type { FrameDetails } from "../api/types"
import { prepareRasters } from "../drawing/raster"
import { Surface } from "../drawing/surface"
import { texts } from "../texts"

interface FramePictureProps {
  of: FrameDetails
  /** Index of the detection that stands out. */
  chosen: number | null
}

/** The picture of a frame with what was found in it; a sentence where it is no longer kept. */
export function FramePicture({ of, chosen }: FramePictureProps) {
  const picture = usePicture(of.picture_url)
  if (picture === "loading") return <div class="frame-picture" />
  if (picture === "gone") return <p class="no-picture">{texts.frame.noPicture}</p>
  if (picture === "unreadable") return <p class="no-picture">{texts.frame.unreadable}</p>
  return <Canvas picture={picture} of={of} chosen={chosen} />
}

type Loaded = ImageBitmap | "loading" | "gone" | "unreadable"

function usePicture(url: string | null): Loaded {
  const [picture, setPicture] = useState<Loaded>("loading")
  useEffect(() => {
    if (url === null) {
      setPicture("gone")
      return
    }
    const stop = new AbortController()
    void load(url, stop.signal).then((found) => {
      if (stop.signal.aborted) free(found)
      else setPicture(found)
    })
    return () => stop.abort()
  }, [url])
  // Once another one is shown, and not before: it may be drawn until then.
  useEffect(() => () => free(picture), [picture])
  return picture
}

function free(picture: Loaded) {
  if (picture instanceof ImageBitmap) picture.close()
}

async function load(url: string, signal: AbortSignal): Promise<Loaded> {
  let bytes: Blob
  try {
    bytes = await getPicture(url, signal)
  } catch {
    return "gone"
  }
  try {
    return await createImageBitmap(bytes)
  } catch {
    // A dead letter may be no picture at all: that is why it died.
    return "unreadable"
  }
}

function Canvas({ picture, of, chosen }: FramePictureProps & { picture: ImageBitmap }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const redraw = useRef(() => {})
  const surface = useRef<Surface | null>(null)
  const { width, height } = picture
  const detections = of.outcome?.detections ?? []
  redraw.current = () => surface.current?.draw(picture, { width, height, detections }, chosen)
  useEffect(() => {
    if (canvas.current === null) return
    const made = new Surface(canvas.current, () => redraw.current())
    surface.current = made
    return () => {
      // What is prepared for it comes too late, and finds the picture closed.
      surface.current = null
      made.close()
    }
  }, [])
  useEffect(() => {
    redraw.current()
    void prepareRasters(detections).then(() => redraw.current())
  })
  return (
    <div class="frame-picture" style={{ aspectRatio: `${width} / ${height}` }}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={texts.viewer.canvas(of.camera)}
        data-frame={`${of.session}/${of.sequence}`}
      />
    </div>
  )
}
