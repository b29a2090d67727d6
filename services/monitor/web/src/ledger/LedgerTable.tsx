import type { Camera, Pipeline } from "../api/types"
import { count } from "../format"
import { links } from "../links"
import { Balance } from "../parts/Balance"
import { keepsPromises } from "../stores/summary"
import { texts } from "../texts"
import { COLUMNS, framesBehind, sortedReasons } from "./columns"

const text = texts.ledger

interface LedgerTableProps {
  sums: readonly Pipeline[]
  cameras: readonly Camera[]
}

export function LedgerTable({ sums, cameras }: LedgerTableProps) {
  return (
    <div class="table-scroll">
      <table class="ledger">
        <thead>
          <tr>
            <th scope="col">{text.camera}</th>
            {COLUMNS.map(({ name, sign }) => (
              <th key={name} scope="col" class={`number column-${name}`}>
                <span class="sign">{sign}</span> {texts.fates[name]}
              </th>
            ))}
            <th scope="col">{text.balance}</th>
            <th scope="col">{text.reasons}</th>
          </tr>
        </thead>
        <tbody class="sums">
          {sums.map((pipeline) => (
            <Sum key={pipeline.name} of={pipeline} />
          ))}
        </tbody>
        <tbody>
          {cameras.map((camera) => (
            <Row key={`${camera.pipeline}/${camera.camera}`} of={camera} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Sum({ of }: { of: Pipeline }) {
  return (
    <tr>
      <th scope="row">
        {text.sum}
        <span class="beside">{of.name}</span>
      </th>
      <Counts of={of.totals} pipeline={of.name} />
      <td>
        <Balance balanced={keepsPromises(of)} />
      </td>
      <Reasons of={of.reasons} pipeline={of.name} />
    </tr>
  )
}

function Row({ of }: { of: Camera }) {
  return (
    <tr data-camera={`${of.pipeline}/${of.camera}`}>
      <th scope="row">
        <a href={links.camera(of.pipeline, of.camera)}>{of.camera}</a>
        <span class="beside">{of.pipeline}</span>
      </th>
      <Counts of={of} pipeline={of.pipeline} camera={of.camera} />
      <td>
        <Balance balanced={of.balanced} />
      </td>
      <Reasons of={of.reasons} pipeline={of.pipeline} camera={of.camera} />
    </tr>
  )
}

interface CountsProps {
  of: Pipeline["totals"]
  pipeline: string
  camera?: string
}

/** From a count to the frames behind it, where there are any. */
function Counts({ of, pipeline, camera = "" }: CountsProps) {
  return (
    <>
      {COLUMNS.map(({ name }) => {
        const value = of?.[name]
        const link = framesBehind(name, value, pipeline, camera)
        const label = text.showFrames(texts.fates[name] ?? name, camera || pipeline)
        return (
          <td key={name} class={`number column-${name} ${value === 0 ? "zero" : ""}`}>
            {link ? (
              <a href={link} aria-label={`${count(value)}: ${label}`}>
                {count(value)}
              </a>
            ) : (
              count(value)
            )}
          </td>
        )
      })}
    </>
  )
}

interface ReasonsProps {
  of: Readonly<Record<string, number>>
  pipeline: string
  camera?: string
}

function Reasons({ of, pipeline, camera = "" }: ReasonsProps) {
  return (
    <td class="reasons">
      {sortedReasons(of).map(([reason, times]) => (
        <a key={reason} href={links.frames(pipeline, { camera, reason })}>
          {reason} <b>{count(times)}</b>
        </a>
      ))}
    </td>
  )
}
