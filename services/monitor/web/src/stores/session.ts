/** Whether this page may change anything. */

import { signal } from "@preact/signals"
import { apiPath, getJson, RequestFailed } from "../api/http"
import { currentToken, forgetToken, takeTokenFromAddress } from "../api/token"
import type { Session } from "../api/types"

export const session = signal<Session | null>(null)
/** The token of the address was wrong: said until it is closed. */
export const tokenRefused = signal(false)

const UNAUTHORIZED = 401

/** Ask what the token allows; a wrong one is forgotten, and the page goes on without it. */
export async function startSession(): Promise<void> {
  takeTokenFromAddress()
  try {
    session.value = await getJson<Session>(apiPath("session"))
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error
    if (error.status === UNAUTHORIZED && currentToken() !== null) await startWithoutToken()
  }
}

export async function startWithoutToken(): Promise<void> {
  tokenRefused.value = true
  forgetToken()
  await startSession()
}

export function mayChange(): boolean {
  return session.value?.writable ?? false
}
