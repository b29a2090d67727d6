/** A line chart over time, by uPlot, in the colours of the page. */

import uPlot from "uplot"
import type { Decision } from "../api/types"
import { colourOf } from "../stores/theme"

export interface Line {
  label: string
  /** The custom property that has its colour. */
  colour: string
  filled?: boolean
  /** Stays as it is until the next value, as a number of workers does. */
  stepped?: boolean
}

export interface PlotOptions {
  lines: readonly Line[]
  /** Charts of one key have their cursors at the same time. */
  cursor: string
  format: (value: number) => string
  /** The values may be below 0. */
  signed?: boolean
  decisions: () => readonly Decision[]
}

const HEIGHT = 132
const FONT = "11px ui-sans-serif, system-ui, sans-serif"
/** Where all values are the same, an axis has no other size. */
const LEAST_RANGE = 1

export function makePlot(
  target: HTMLElement,
  data: uPlot.AlignedData,
  options: PlotOptions,
): uPlot {
  const muted = colourOf("--muted")
  const line = colourOf("--line")
  const axis = {
    stroke: muted,
    font: FONT,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  }
  return new uPlot(
    {
      width: target.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: options.cursor }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, low, high) => range(low, high, options.signed ?? false) } },
      axes: [
        { ...axis, space: 70, size: 26, values: (_, ticks) => ticks.map(clockText) },
        { ...axis, size: 48, space: 28, values: (_, ticks) => ticks.map(options.format) },
      ],
      series: [{}, ...options.lines.map(series)],
      hooks: { drawClear: [], draw: [(plot) => drawDecisions(plot, options.decisions())] },
    },
    data,
    target,
  )
}

function series({ label, colour, filled, stepped }: Line): uPlot.Series {
  const stroke = colourOf(colour)
  const found: uPlot.Series = { label, stroke, width: 1.5, points: { show: false } }
  if (filled) found.fill = translucent(stroke)
  const steps = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined
  if (steps) found.paths = steps
  return found
}

export function range(low: number | null, high: number | null, signed: boolean): [number, number] {
  const top = Math.max(high ?? 0, signed ? -(low ?? 0) : 0, LEAST_RANGE) * 1.1
  return signed ? [-top, top] : [0, top]
}

/** When the number of workers was changed: a dashed line with a mark on top. */
function drawDecisions(plot: uPlot, decisions: readonly Decision[]): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = ctx.fillStyle = colourOf("--mark")
  ctx.lineWidth = ratio
  ctx.setLineDash([3 * ratio, 3 * ratio])
  for (const { at_ms } of decisions) {
    const x = plot.valToPos(at_ms / 1000, "x", true)
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(x - 4 * ratio, bbox.top)
    ctx.lineTo(x + 4 * ratio, bbox.top)
    ctx.lineTo(x, bbox.top + 6 * ratio)
    ctx.fill()
  }
  ctx.restore()
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8)
}

/** `rgb(1, 2, 3)` or `color(...)` with little opacity. */
function translucent(colour: string): string {
  return `color-mix(in srgb, ${colour} 14%, transparent)`
}
