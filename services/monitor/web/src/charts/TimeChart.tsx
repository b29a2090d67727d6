import { useEffect, useRef } from "preact/hooks"
import type uPlot from "uplot"
import type { Decision } from "../api/types"
import { paint } from "../stores/theme"
import { texts } from "../texts"
import { type Line, makePlot } from "./plot"
import "uplot/dist/uPlot.min.css"

export type Values = ReadonlyArray<number | null>

interface TimeChartProps {
  title: string
  lines: readonly Line[]
  /** Of each value, in milliseconds since the Unix epoch. */
  atMs: readonly number[]
  values: readonly Values[]
  decisions: readonly Decision[]
  format: (value: number) => string
  signed?: boolean
}

const CURSOR = "pipeline"

/** A chart over time with its newest value in words. It is drawn anew when colours change. */
export function TimeChart(props: TimeChartProps) {
  const { title, lines, values, format } = props
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        {lines.map((line, at) => (
          <span key={line.label} class="chart-now">
            {lines.length > 1 && (
              <span class="swatch" style={{ background: `var(${line.colour})` }} />
            )}
            {lines.length > 1 && `${line.label} `}
            <b data-latest={line.label}>{latest(values[at], format)}</b>
          </span>
        ))}
      </figcaption>
      <Plot {...props} />
    </figure>
  )
}

function Plot({ title, lines, atMs, values, decisions, format, signed = false }: TimeChartProps) {
  const target = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const now = useRef({ atMs, values, decisions })
  now.current = { atMs, values, decisions }
  const colours = paint.value
  useEffect(() => {
    const element = target.current
    if (element === null) return
    const options = { lines, format, signed, cursor: CURSOR }
    const made = makePlot(element, aligned(now.current.atMs, now.current.values), {
      ...options,
      decisions: () => now.current.decisions,
    })
    plot.current = made
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: made.height }),
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [colours])
  useEffect(() => plot.current?.setData(aligned(atMs, values)), [atMs, values])
  return (
    <div class="plot" ref={target} role="img" aria-label={description(title, values, format)} />
  )
}

function aligned(atMs: readonly number[], values: readonly Values[]): uPlot.AlignedData {
  return [atMs.map((at) => at / 1000), ...values.map((one) => [...one])]
}

function latest(values: Values | undefined, format: (value: number) => string): string {
  const found = values?.findLast((value) => value !== null)
  return found == null ? "–" : format(found)
}

function description(title: string, values: readonly Values[], format: (n: number) => string) {
  return `${title}: ${texts.charts.latest(values.map((one) => latest(one, format)).join(", "))}`
}
