/** The token that allows changes: it arrives in the address and stays in this tab. */

const KEY = "framemesh-token"

/** Take `#token=...` out of the address, so that it is in no history, link or screenshot. */
export function takeTokenFromAddress(): void {
  const found = new URLSearchParams(location.hash.slice(1)).get("token")
  if (found === null) return
  sessionStorage.setItem(KEY, found)
  history.replaceState(history.state, "", location.pathname + location.search)
}

export function currentToken(): string | null {
  return sessionStorage.getItem(KEY)
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY)
}
