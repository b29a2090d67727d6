import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { useLocation } from "preact-iso"
import { apiPath, query } from "../api/http"
import type { Camera, CameraPage } from "../api/types"
import { Loaded } from "../parts/Loaded"
import { usePages } from "../parts/pages"
import { onKey } from "../shell/keyboard"
import { mesh } from "../stores/mesh"
import { texts } from "../texts"
import { Empty } from "./Empty"
import { focusNeighbour } from "./neighbours"
import { changeSize, size } from "./size"
import { Tile } from "./Tile"
import { keyOf, Tiles } from "./tiles"
import { WallBar } from "./WallBar"

const REFRESH_MS = 2000
/** Cameras that are asked for at a time. */
const PAGE = 200

/** All cameras with their newest frames. */
export function WallScreen() {
  const { query: asked } = useLocation()
  const { pipeline = "", search = "" } = asked
  const page = usePages<CameraPage>(
    `${apiPath("cameras")}${query({ pipeline, search, limit: PAGE })}`,
    "cameras",
    REFRESH_MS,
  )
  const cameras = page.data?.cameras
  const filtered = pipeline !== "" || search !== ""
  if (cameras?.length === 0 && !filtered && mesh.value !== null) return <Empty />
  return (
    <section class="wall">
      <h1 class="hidden">{texts.nav.wall}</h1>
      <WallBar
        pipeline={pipeline}
        search={search}
        shown={cameras?.length ?? 0}
        more={page.data?.next != null}
      />
      <Loaded of={page}>
        {({ cameras: found, next }) => (
          <>
            <Grid cameras={found} />
            {found.length === 0 && <p class="quiet-text">{texts.wall.none}</p>}
            {next !== null && (
              <button type="button" onClick={page.more}>
                {texts.wall.more}
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

function Grid({ cameras }: { cameras: readonly Camera[] }) {
  const grid = useRef<HTMLDivElement>(null)
  const [tiles, setTiles] = useState<Tiles | null>(null)
  useEffect(() => {
    const made = new Tiles()
    setTiles(made)
    return () => made.close()
  }, [])
  useEffect(() => {
    tiles?.update(new Map(cameras.map((row) => [keyOf(row), row])))
  }, [tiles, cameras])
  useEffect(() => onKey((key) => wallKey(key.name, grid.current)), [])
  // The same list is the same elements: a camera's new figures render nothing.
  const names = cameras.map(keyOf).join("\n")
  const elements = useMemo(
    () =>
      tiles &&
      cameras.map((row) => (
        <Tile key={keyOf(row)} pipeline={row.pipeline} camera={row.camera} tiles={tiles} />
      )),
    [tiles, names],
  )
  return (
    <div class={`grid size-${size.value}`} ref={grid}>
      {elements}
    </div>
  )
}

function wallKey(name: string, grid: HTMLElement | null): boolean {
  if (name === "+" || name === "=") changeSize(1)
  else if (name === "-") changeSize(-1)
  else return grid !== null && focusNeighbour(grid, name)
  return true
}
