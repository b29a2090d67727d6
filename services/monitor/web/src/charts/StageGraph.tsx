import type { Pipeline, Stage } from "../api/types"
import { count, duration, rate, signedRate } from "../format"
import { texts } from "../texts"
import { layout } from "./graphLayout"

const BOX = { width: 164, height: 74 }
const GAP = { x: 62, y: 18 }

interface Card {
  x: number
  y: number
  title: string
  detail: string
  figure: string
  kind: "end" | "buffer" | "stage"
}

interface Edge {
  from: Card
  to: Card
  label: string
}

/** The way of a frame: cameras, buffer, stages, outcomes, with a rate and a time on each. */
export function StageGraph({ pipeline }: { pipeline: Pipeline }) {
  const { cards, edges, width, height } = graph(pipeline)
  return (
    <div class="graph-scroll">
      <svg
        class="graph"
        viewBox={`0 0 ${width} ${height}`}
        style={{ width: `${width}px` }}
        role="img"
        aria-label={cards
          .map(({ title, detail, figure }) => `${title}: ${detail}, ${figure}`)
          .join("; ")}
      >
        {edges.map((edge) => (
          <EdgeLine key={`${edge.from.title}-${edge.to.title}`} edge={edge} />
        ))}
        {cards.map((card) => (
          <CardBox key={card.title} card={card} />
        ))}
      </svg>
    </div>
  )
}

function graph(pipeline: Pipeline) {
  const { places, columns, rows } = layout(pipeline.stages)
  const lines = Math.max(1, rows)
  const middle = (lines - 1) / 2
  const at = (column: number, row: number) => ({
    x: 1 + column * (BOX.width + GAP.x),
    y: 1 + row * (BOX.height + GAP.y),
  })
  const text = texts.pipeline
  const cameras: Card = {
    ...at(0, middle),
    title: text.fromCameras,
    detail: texts.status.cameras(pipeline.cameras),
    figure: perSecond(pipeline.accepted_per_second),
    kind: "end",
  }
  const buffer: Card = {
    ...at(1, middle),
    title: text.buffer,
    detail: text.inBuffer(count(pipeline.backlog)),
    figure: `${signedRate(pipeline.backlog_growth)} ${text.perSecond}`,
    kind: "buffer",
  }
  const outcomes: Card = {
    ...at(2 + columns, middle),
    title: text.outcomes,
    detail: `p99 ${duration(pipeline.age_ms?.p99)}`,
    figure: perSecond(pipeline.completed_per_second),
    kind: "end",
  }
  const stages = new Map(
    pipeline.stages.map((stage) => {
      const { column, row } = places.get(stage.name) ?? { column: 0, row: 0 }
      return [stage.name, { ...at(2 + column, row), ...stageCard(stage) }]
    }),
  )
  const edges = [
    { from: cameras, to: buffer, label: hop(pipeline, "ingest") },
    ...stageEdges(pipeline, stages, buffer, outcomes),
  ]
  const cards = [cameras, buffer, ...stages.values(), outcomes]
  const last = at(2 + columns, lines - 1)
  return { cards, edges, width: last.x + BOX.width + 1, height: last.y + BOX.height + 1 }
}

function stageCard(stage: Stage): Omit<Card, "x" | "y"> {
  const { name, model, version, per_second, triton_ms } = stage
  const time = triton_ms === null ? [] : [duration(triton_ms)]
  const figure = [perSecond(per_second), ...time].join(" · ")
  return { title: name, detail: `${model}:${version}`, figure, kind: "stage" }
}

function stageEdges(
  pipeline: Pipeline,
  stages: ReadonlyMap<string, Card>,
  buffer: Card,
  outcomes: Card,
): Edge[] {
  const edges: Edge[] = []
  const sources = new Set(pipeline.stages.flatMap((stage) => [...stage.for_each, ...stage.after]))
  for (const { name, for_each, after, labels } of pipeline.stages) {
    const to = stages.get(name)
    if (to === undefined) continue
    const crops = labels.join(", ") || texts.pipeline.cropsOf("").trim()
    const before = edges.length
    for (const [names, label] of [[for_each, crops] as const, [after, ""] as const])
      for (const source of names) {
        const from = stages.get(source)
        if (from) edges.push({ from, to, label })
      }
    if (edges.length === before) edges.push({ from: buffer, to, label: hop(pipeline, "dwell") })
    if (!sources.has(name)) edges.push({ from: to, to: outcomes, label: hop(pipeline, "outcome") })
  }
  return edges
}

function hop(pipeline: Pipeline, name: string): string {
  const found = pipeline.hops_ms[name]
  return found === undefined ? "" : duration(found.p50)
}

function perSecond(value: number | null): string {
  return `${rate(value)}${texts.pipeline.perSecond}`
}

function EdgeLine({ edge: { from, to, label } }: { edge: Edge }) {
  const x1 = from.x + BOX.width
  const y1 = from.y + BOX.height / 2
  const y2 = to.y + BOX.height / 2
  const middle = to.x - GAP.x / 2
  return (
    <g class="edge">
      <path
        d={`M${x1} ${y1} H${to.x - GAP.x} C${middle} ${y1} ${middle} ${y2} ${to.x - 5} ${y2}`}
      />
      <path class="arrow" d={`M${to.x - 6} ${y2 - 4} l6 4 l-6 4 z`} />
      <text x={middle - 3} y={(y1 === y2 ? y1 : y2) - 7}>
        {label}
      </text>
    </g>
  )
}

function CardBox({ card: { x, y, title, detail, figure, kind } }: { card: Card }) {
  return (
    <g class={`card ${kind}`} transform={`translate(${x} ${y})`}>
      <rect width={BOX.width} height={BOX.height} rx={6} />
      <text class="card-title" x={12} y={22}>
        {title}
      </text>
      <text class="card-detail" x={12} y={40}>
        {detail}
      </text>
      <text class="card-figure" x={12} y={61}>
        {figure}
      </text>
    </g>
  )
}
