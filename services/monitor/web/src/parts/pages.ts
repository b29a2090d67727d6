/** Lists that come in pages: as many of them as the reader asked for, as one list. */

import { useState } from "preact/hooks"
import { getJson } from "../api/http"
import { type Resource, useResource } from "./resource"

interface Page {
  /** What the address of the next page ends with; null: there is none. */
  next: string | null
}

export interface Pages<P extends Page> extends Resource<P> {
  /** Show one page more. */
  more: () => void
}

/** @param list the field of a page that has its entries */
export function usePages<P extends Page>(path: string, list: keyof P, everyMs = 0): Pages<P> {
  const [asked, setAsked] = useState({ path, pages: 1 })
  const pages = asked.path === path ? asked.pages : 1
  const found = useResource<P>(path, everyMs, (from, signal) =>
    getPages<P>(from, list, pages, signal),
  )
  const more = () => {
    setAsked({ path, pages: pages + 1 })
    found.refresh()
  }
  return { ...found, more }
}

async function getPages<P extends Page>(
  path: string,
  list: keyof P,
  pages: number,
  signal: AbortSignal,
): Promise<P> {
  let all = await getJson<P>(path, signal)
  for (let page = 1; page < pages && all.next !== null; page += 1) {
    const after = `${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(all.next)}`
    const next = await getJson<P>(path + after, signal)
    all = { ...next, [list]: [...(all[list] as unknown[]), ...(next[list] as unknown[])] }
  }
  return all
}
