import { useEffect } from "preact/hooks"
import type { Decision, Samples } from "../api/types"
import { TimeChart } from "../charts/TimeChart"
import { count, duration, rate, signedRate, timeOfDay } from "../format"
import { Panel } from "../parts/Panel"
import { wantSamples } from "../stores/live"
import { history } from "../stores/samples"
import { texts } from "../texts"

const text = texts.charts

const BACKLOG = [{ label: "backlog", colour: "--series-1", filled: true }]
const GROWTH = [{ label: "growth", colour: "--series-3" }]
const RATES = [
  { label: text.accepted, colour: "--series-2" },
  { label: text.completed, colour: "--series-1" },
]
const AGE = [{ label: "age", colour: "--series-4" }]
const WORKERS = [{ label: "workers", colour: "--series-5", stepped: true, filled: true }]

/** Backlog, its derivative, rates, ages and workers over time, with the scaler's decisions. */
export function OverTime({ pipeline }: { pipeline: string }) {
  useEffect(() => {
    wantSamples(pipeline)
    return () => wantSamples(null)
  }, [pipeline])
  const samples = history.value?.pipeline === pipeline ? history.value.samples : null
  return (
    <Panel title={texts.pipeline.overTime}>
      {samples === null ? (
        <p class="quiet-text">{text.waiting}</p>
      ) : (
        <div class="charts">
          <Charts samples={samples} />
          <Decisions of={samples.decisions} />
        </div>
      )}
    </Panel>
  )
}

function Charts({ samples }: { samples: Samples }) {
  const shared = { atMs: samples.at_ms, decisions: samples.decisions }
  return (
    <>
      <TimeChart
        {...shared}
        title={text.backlog}
        lines={BACKLOG}
        values={[samples.backlog]}
        format={count}
      />
      <TimeChart
        {...shared}
        title={text.growth}
        lines={GROWTH}
        values={[samples.growth]}
        format={signedRate}
        signed
      />
      <TimeChart
        {...shared}
        title={text.rates}
        lines={RATES}
        values={[samples.accepted, samples.completed]}
        format={rate}
      />
      <TimeChart
        {...shared}
        title={text.age}
        lines={AGE}
        values={[samples.age_p99_ms]}
        format={duration}
      />
      <TimeChart
        {...shared}
        title={text.workers}
        lines={WORKERS}
        values={[samples.workers]}
        format={count}
      />
    </>
  )
}

/** So many are listed; all are marked in the charts. */
const LISTED = 6

function Decisions({ of }: { of: readonly Decision[] }) {
  return (
    <div class="decisions">
      <h3>
        <span class="mark" aria-hidden="true">
          ▼
        </span>{" "}
        {texts.pipeline.scaling}
      </h3>
      {of.length === 0 ? (
        <p class="quiet-text">{texts.pipeline.noScaling}</p>
      ) : (
        <ol>
          {of
            .slice(-LISTED)
            .reverse()
            .map(({ at_ms, message }) => (
              <li key={`${at_ms} ${message}`}>
                <time>{timeOfDay(at_ms)}</time> {message}
              </li>
            ))}
        </ol>
      )}
    </div>
  )
}
