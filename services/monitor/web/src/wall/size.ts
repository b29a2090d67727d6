/** How large the pictures of the wall are; kept from visit to visit. */

import { signal } from "@preact/signals"

const KEY = "framemesh-wall-size"
export const LARGEST = 4
const USUAL = 2

export const size = signal(stored())

export function changeSize(by: number): void {
  size.value = Math.max(0, Math.min(LARGEST, size.value + by))
  localStorage.setItem(KEY, String(size.value))
}

function stored(): number {
  const found = Number.parseInt(localStorage.getItem(KEY) ?? "", 10)
  return found >= 0 && found <= LARGEST ? found : USUAL
}
