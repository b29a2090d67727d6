/** Moving the focus among tiles with the arrow keys. */

const STEPS: Record<string, (columns: number) => number> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
}

/** Returns whether the key was one that moves. */
export function focusNeighbour(grid: HTMLElement, key: string): boolean {
  const step = STEPS[key]
  if (step === undefined) return false
  const tiles = [...grid.querySelectorAll<HTMLElement>(".tile")]
  const now = tiles.findIndex((tile) => tile.contains(document.activeElement))
  const target = now === -1 ? 0 : now + step(columnsOf(tiles))
  tiles[target]?.querySelector("a")?.focus()
  return true
}

function columnsOf(tiles: readonly HTMLElement[]): number {
  const top = tiles[0]?.offsetTop
  const next = tiles.findIndex((tile) => tile.offsetTop !== top)
  return next === -1 ? tiles.length : next
}
