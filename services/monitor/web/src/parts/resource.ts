/** What a screen shows of one address of the API, asked again while somebody looks. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks"
import { getJson, RequestFailed } from "../api/http"

export interface Resource<T> {
  data: T | null
  /** Why it could not be had last; what is known stays. */
  error: string
  refresh: () => void
}

type Load<T> = (path: string, signal: AbortSignal) => Promise<T>

/**
 * @param everyMs between two requests; 0: only once
 * @param load what asks for it; the one of the last rendering is used
 */
export function useResource<T>(path: string, everyMs = 0, load: Load<T> = getJson): Resource<T> {
  const [found, setFound] = useState<{ path: string | null; data: T | null; error: string }>({
    path: null,
    data: null,
    error: "",
  })
  const [round, setRound] = useState(0)
  const loading = useRef(load)
  loading.current = load
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      if (!document.hidden || everyMs === 0) {
        try {
          const data = await loading.current(path, stop.signal)
          if (!stop.signal.aborted) setFound({ path, data, error: "" })
        } catch (error) {
          if (stop.signal.aborted) return
          const message = error instanceof RequestFailed ? error.message : String(error)
          setFound((known) => ({
            path,
            data: known.path === path ? known.data : null,
            error: message,
          }))
        }
      }
      if (everyMs > 0 && !stop.signal.aborted) timer = setTimeout(ask, everyMs)
    }
    void ask()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [path, everyMs, round])
  const refresh = useCallback(() => setRound((n) => n + 1), [])
  const current = found.path === path
  return { data: current ? found.data : null, error: current ? found.error : "", refresh }
}
