/** Requests to the dashboard's API, each with an end in time. */

import { texts } from "../texts"
import { currentToken } from "./token"
import type { Refusal } from "./types"

const TIMEOUT_MS = 10_000

/** A request that was not answered as it should be; the message is for the reader of the page. */
export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** The path of an API resource, its parts encoded. */
export function apiPath(...parts: Array<string | number>): string {
  return `/api/v1/${parts.map((part) => encodeURIComponent(part)).join("/")}`
}

/** The query of an address, without what is empty. */
export function query(fields: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value != null && value !== "")
  return given.length === 0
    ? ""
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send("GET", path, signal)).json() as Promise<T>
}

export async function getPicture(path: string, signal?: AbortSignal): Promise<Blob> {
  return (await send("GET", path, signal)).blob()
}

export async function change<T>(method: "POST" | "DELETE", path: string): Promise<T> {
  return (await send(method, path)).json() as Promise<T>
}

async function send(method: string, path: string, signal?: AbortSignal): Promise<Response> {
  const token = currentToken()
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new RequestFailed(0, texts.connection.noAnswer)
  }
  if (!response.ok) throw new RequestFailed(response.status, await reason(response))
  return response
}

async function reason(response: Response): Promise<string> {
  try {
    return ((await response.json()) as Refusal).error
  } catch {
    return texts.connection.badAnswer(response.status)
  }
}
