import { useLocation } from "preact-iso"
import { apiPath, query } from "../api/http"
import type { CameraPage, Pipeline } from "../api/types"
import { Loaded } from "../parts/Loaded"
import { usePages } from "../parts/pages"
import { pipelines } from "../stores/mesh"
import { texts } from "../texts"
import { WallBar } from "../wall/WallBar"
import { LedgerTable } from "./LedgerTable"

const REFRESH_MS = 2000
const PAGE = 100

/** Every camera's sums, and whether they balance. */
export function LedgerScreen() {
  const { query: asked } = useLocation()
  const { pipeline = "", search = "" } = asked
  const page = usePages<CameraPage>(
    `${apiPath("cameras")}${query({ pipeline, search, limit: PAGE })}`,
    "cameras",
    REFRESH_MS,
  )
  const sums = pipelines.value.filter(({ name }) => pipeline === "" || name === pipeline)
  return (
    <section class="screen">
      <h1>{texts.ledger.title}</h1>
      <p class="equation">{texts.ledger.explain}</p>
      <WallBar
        pipeline={pipeline}
        search={search}
        shown={page.data?.cameras.length ?? 0}
        more={page.data?.next != null}
        sizes={false}
      />
      <Oddities of={sums} />
      <Loaded of={page}>
        {({ cameras, next }) => (
          <>
            <LedgerTable sums={search === "" ? sums : []} cameras={cameras} />
            {cameras.length === 0 && <p class="quiet-text">{texts.ledger.none}</p>}
            {next !== null && (
              <button type="button" onClick={page.more}>
                {texts.ledger.more}
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

/** Counts that are 0, or a promise is broken. */
function Oddities({ of }: { of: readonly Pipeline[] }) {
  const lines = of.flatMap(({ name, duplicates, unread_entries }) => [
    ...(duplicates > 0 ? [texts.problems.duplicates(name, duplicates)] : []),
    ...(unread_entries > 0 ? [texts.problems.unread(name, unread_entries)] : []),
  ])
  return (
    <>
      {lines.map((line) => (
        <p key={line} class="notice alarm">
          {line}
        </p>
      ))}
    </>
  )
}
