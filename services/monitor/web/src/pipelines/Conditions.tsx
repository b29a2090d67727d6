import type { Pipeline } from "../api/types"
import { texts } from "../texts"

export function Conditions({ of }: { of: Pipeline }) {
  const lines = [
    ...(of.trouble === "" ? [] : [{ name: "trouble", message: of.trouble }]),
    ...(of.problem === "" ? [] : [{ name: "problem", message: of.problem }]),
    ...of.conditions,
  ]
  if (lines.length === 0) return <p class="quiet-text">{texts.pipeline.noConditions}</p>
  return (
    <dl class="conditions">
      {lines.map(({ name, message }) => (
        <div key={`${name} ${message}`}>
          <dt>{name}</dt>
          <dd>{message}</dd>
        </div>
      ))}
    </dl>
  )
}
