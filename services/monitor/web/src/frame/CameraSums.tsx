import { Fragment } from "preact"
import type { CameraLedger } from "../api/types"
import { count } from "../format"
import { COLUMNS, framesBehind } from "../ledger/columns"
import { texts } from "../texts"

interface CameraSumsProps {
  of: CameraLedger
  pipeline: string
  camera: string
}

export function CameraSums({ of, pipeline, camera }: CameraSumsProps) {
  return (
    <dl class="facts">
      {COLUMNS.map(({ name }) => {
        const link = framesBehind(name, of[name], pipeline, camera)
        return (
          <Fragment key={name}>
            <dt>{texts.fates[name]}</dt>
            <dd class="number">{link ? <a href={link}>{count(of[name])}</a> : count(of[name])}</dd>
          </Fragment>
        )
      })}
    </dl>
  )
}
