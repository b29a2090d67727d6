import { useEffect, useRef } from "preact/hooks"
import type { WatchedCamera } from "../api/types"
import { links } from "../links"
import { texts } from "../texts"
import type { Tiles } from "./tiles"

interface TileProps extends WatchedCamera {
  tiles: Tiles
}

/** One camera of the wall. It renders once; what changes is written by `Tiles`. */
export function Tile({ pipeline, camera, tiles }: TileProps) {
  const tile = useRef<HTMLElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const age = useRef<HTMLSpanElement>(null)
  const rate = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    if (!tile.current || !canvas.current || !age.current || !rate.current) return
    tiles.add(
      { pipeline, camera },
      { tile: tile.current, canvas: canvas.current, age: age.current, rate: rate.current },
    )
    return () => tiles.remove({ pipeline, camera })
  }, [pipeline, camera, tiles])
  return (
    <article class="tile" ref={tile} data-camera={`${pipeline}/${camera}`}>
      <canvas ref={canvas} />
      <a href={links.camera(pipeline, camera)}>
        <b>{camera}</b> <span class="tile-pipeline">{pipeline}</span>
      </a>
      <span class="tile-figures">
        <span class="tile-rate" ref={rate} />
        <span class="tile-age" ref={age}>
          {texts.wall.waiting}
        </span>
      </span>
    </article>
  )
}
