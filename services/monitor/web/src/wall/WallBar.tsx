import { useLocation } from "preact-iso"
import { query } from "../api/http"
import { pipelines } from "../stores/mesh"
import { texts } from "../texts"
import { changeSize, LARGEST, size } from "./size"

interface WallBarProps {
  pipeline: string
  search: string
  shown: number
  more: boolean
  /** Whether there are pictures whose size can be changed. */
  sizes?: boolean
}

/** Which cameras are shown and how large. The address has it, so that it can be shared. */
export function WallBar({ pipeline, search, shown, more, sizes = true }: WallBarProps) {
  const { path, route } = useLocation()
  const show = (fields: { pipeline?: string; search?: string }) =>
    route(`${path}${query({ pipeline, search, ...fields })}`, true)
  return (
    <div class="bar">
      <input
        type="search"
        value={search}
        placeholder={texts.wall.search}
        aria-label={texts.wall.search}
        onInput={(event) => show({ search: event.currentTarget.value })}
      />
      <select
        aria-label={texts.wall.pipeline}
        value={pipeline}
        onChange={(event) => show({ pipeline: event.currentTarget.value })}
      >
        <option value="">{texts.wall.allPipelines}</option>
        {pipelines.value.map(({ name }) => (
          <option key={name} value={name} selected={name === pipeline}>
            {name}
          </option>
        ))}
      </select>
      <span class="bar-count">{texts.wall.shown(shown, more)}</span>
      {sizes && <Sizes />}
    </div>
  )
}

function Sizes() {
  return (
    // biome-ignore lint/a11y/useSemanticElements: two buttons are no fieldset
    <span class="sizes" role="group" aria-label={texts.wall.size}>
      <button
        type="button"
        disabled={size.value === 0}
        aria-label={texts.wall.smaller}
        onClick={() => changeSize(-1)}
      >
        −
      </button>
      <button
        type="button"
        disabled={size.value === LARGEST}
        aria-label={texts.wall.larger}
        onClick={() => changeSize(1)}
      >
        +
      </button>
    </span>
  )
}
