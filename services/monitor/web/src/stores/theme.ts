/** Light, dark, or as the system says. */

import { effect, signal } from "@preact/signals"

export type Theme = "system" | "light" | "dark"

const KEY = "framemesh-theme"
const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" }

export const theme = signal<Theme>(stored())
/** Grows whenever colours change: what is drawn on a canvas is drawn again. */
export const paint = signal(0)

export function nextTheme(): void {
  theme.value = NEXT[theme.value]
  localStorage.setItem(KEY, theme.value)
}

export function startTheme(): void {
  effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
    paint.value = paint.peek() + 1
  })
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    paint.value += 1
  })
}

/** The colour that a custom property has now, as a canvas understands it. */
export function colourOf(property: string): string {
  const probe = document.createElement("span")
  probe.style.color = `var(${property})`
  document.body.append(probe)
  const found = getComputedStyle(probe).color
  probe.remove()
  return found
}

function stored(): Theme {
  const found = localStorage.getItem(KEY)
  return found === "light" || found === "dark" ? found : "system"
}
