/** Where the boxes of a graph of stages are: a column for each step on a frame's way. */

export interface GraphStage {
  name: string
  for_each: readonly string[]
  after: readonly string[]
}

export interface Place {
  column: number
  row: number
}

export interface Layout {
  places: ReadonlyMap<string, Place>
  columns: number
  rows: number
}

/** A stage is one column behind the last of those that it waits for, and beside the first of them. */
export function layout(stages: readonly GraphStage[]): Layout {
  const known = new Set(stages.map((stage) => stage.name))
  // What a stage waits for and is not there is left out: it is drawn as one on the whole frame.
  const sources = new Map(
    stages.map(({ name, for_each, after }) => [
      name,
      [...for_each, ...after].filter((source) => source !== name && known.has(source)),
    ]),
  )
  const columns = columnsOf(sources)
  const places = new Map<string, Place>()
  let rows = 0
  const visit = (name: string): void => {
    if (places.has(name)) return
    places.set(name, { column: columns.get(name) ?? 0, row: rows })
    const behind = stages.filter((other) => sources.get(other.name)?.[0] === name)
    for (const other of behind) visit(other.name)
    // The first of those behind it is beside it; each other one has a row of its own.
    if (behind.length === 0) rows += 1
  }
  for (const { name } of stages) if (sources.get(name)?.length === 0) visit(name)
  return { places, columns: Math.max(0, ...[...columns.values()].map((at) => at + 1)), rows }
}

/** The number of stages on the longest way to each. */
function columnsOf(sources: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const columns = new Map<string, number>()
  const column = (name: string): number => {
    const found = columns.get(name)
    if (found !== undefined) return found
    columns.set(name, 0)
    const at = Math.max(-1, ...(sources.get(name) ?? []).map(column)) + 1
    columns.set(name, at)
    return at
  }
  for (const name of sources.keys()) column(name)
  return columns
}
