import { useEffect, useRef, useState } from "preact/hooks"
import { getPicture } from "../api/http"
import type { FrameDetails } from "../api/types"
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
  if (picture === null) return <p class="no-picture">{texts.frame.noPicture}</p>
  return <Canvas picture={picture} of={of} chosen={chosen} />
}

function usePicture(url: string | null): ImageBitmap | null | "loading" {
  const [picture, setPicture] = useState<ImageBitmap | null | "loading">("loading")
  useEffect(() => {
    if (url === null) {
      setPicture(null)
      return
    }
    const stop = new AbortController()
    let made: ImageBitmap | null = null
    const load = async () => {
      try {
        made = await createImageBitmap(await getPicture(url, stop.signal))
      } catch {
        // A dead letter may be no picture at all: that is why it died.
      }
      if (stop.signal.aborted) made?.close()
      else setPicture(made)
    }
    void load()
    return () => {
      stop.abort()
      made?.close()
    }
  }, [url])
  return picture
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
    return () => made.close()
  }, [])
  useEffect(() => redraw.current())
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
