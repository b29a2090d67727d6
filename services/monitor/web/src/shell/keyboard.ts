/** Keys of the whole page. Typing in a field is typing. */

import { links } from "../links"
import { nextTheme } from "../stores/theme"

export interface Key {
  name: string
  /** The screen that the key opens, if it opens one. */
  screen: string | null
}

/** Returns whether the key was used. */
export type KeyListener = (key: Key) => boolean

const SCREENS: Record<string, string> = {
  "1": links.wall,
  "2": links.pipelines,
  "3": links.workers,
  "4": links.ledger(),
}

const listeners: KeyListener[] = []

/** The listener that came last hears a key first. Returns what removes it. */
export function onKey(listener: KeyListener): () => void {
  listeners.push(listener)
  return () => {
    listeners.splice(listeners.indexOf(listener), 1)
  }
}

function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
    return
  if (isTyping(event.target)) {
    if (event.key === "Escape") (event.target as HTMLElement).blur()
    return
  }
  if (event.key === "/" && focusSearch()) event.preventDefault()
  else if (event.key === "t") nextTheme()
  else {
    const key = { name: event.key, screen: SCREENS[event.key] ?? null }
    if ([...listeners].reverse().some((listener) => listener(key))) event.preventDefault()
  }
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("input[type=search]")
  field?.focus()
  field?.select()
  return field !== null
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
}

document.addEventListener("keydown", pressed)
