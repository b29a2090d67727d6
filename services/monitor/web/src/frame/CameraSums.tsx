import { Fragment } from "preact"
import type { CameraLedger } from "../api/types"
import { count } from "../format"
import { COLUMNS, LISTED } from "../ledger/columns"
import { links } from "../links"
import { texts } from "../texts"

interface CameraSumsProps {
  of: CameraLedger
  pipeline: string
  camera: string
}

export function CameraSums({ of, pipeline, camera }: CameraSumsProps) {
  return (
    <dl class="facts">
      {COLUMNS.map(({ name }) => (
        <Fragment key={name}>
          <dt>{texts.fates[name]}</dt>
          <dd class="number">
            {LISTED.has(name) && of[name] > 0 ? (
              <a href={links.frames(pipeline, { camera, fate: name })}>{count(of[name])}</a>
            ) : (
              count(of[name])
            )}
          </dd>
        </Fragment>
      ))}
    </dl>
  )
}
