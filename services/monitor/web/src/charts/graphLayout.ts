/** Where the boxes of a graph of stages are: a column for each step on a frame's way. */

export interface GraphStage {
  name: string
  crops_of: string
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

/** Stages on the whole frame are in column 0, those on crops one after the stage whose they are. */
export function layout(stages: readonly GraphStage[]): Layout {
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  const places = new Map<string, Place>()
  let rows = 0
  const visit = (stage: GraphStage, column: number): void => {
    if (places.has(stage.name)) return
    const row = rows
    places.set(stage.name, { column, row })
    const crops = stages.filter((other) => other.crops_of === stage.name)
    for (const other of crops) visit(other, column + 1)
    // The first of its crops is beside it; each other one has a row of its own.
    if (crops.length === 0) rows += 1
  }
  for (const stage of stages) {
    // A stage whose parent is not there is drawn as one on the whole frame.
    if (!byName.has(stage.crops_of)) visit(stage, 0)
  }
  const columns = Math.max(0, ...[...places.values()].map(({ column }) => column + 1))
  return { places, columns, rows }
}
