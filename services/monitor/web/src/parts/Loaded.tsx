import type { ComponentChildren } from "preact"
import { texts } from "../texts"
import type { Resource } from "./resource"

interface LoadedProps<T> {
  of: Resource<T>
  children: (data: T) => ComponentChildren
}

/** What a resource has; until then that it is loading, or why it cannot be shown. */
export function Loaded<T>({ of: { data, error, refresh }, children }: LoadedProps<T>) {
  return (
    <>
      {error !== "" && (
        <p class="notice warning" role="alert">
          {texts.failed}: {error}
          <button type="button" class="quiet" onClick={refresh}>
            {texts.retry}
          </button>
        </p>
      )}
      {data !== null ? children(data) : error === "" && <p class="quiet-text">{texts.loading}</p>}
    </>
  )
}
