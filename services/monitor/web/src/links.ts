/** The addresses of the page's screens. */

import { query } from "./api/http"

const part = encodeURIComponent

export interface FrameAddress {
  camera: string
  session: string
  sequence: number
}

export const links = {
  wall: "/",
  pipelines: "/pipelines",
  workers: "/workers",
  wallOf: (pipeline: string) => `/${query({ pipeline })}`,
  camera: (pipeline: string, camera: string) => `/wall/${part(pipeline)}/${part(camera)}`,
  pipeline: (name: string) => `/pipelines/${part(name)}`,
  ledger: (pipeline?: string, search?: string) => `/ledger${query({ pipeline, search })}`,
  frames: (pipeline: string, fields: { camera?: string; fate?: string; reason?: string } = {}) =>
    `/pipelines/${part(pipeline)}/frames${query(fields)}`,
  deadLetters: (pipeline: string) => `/pipelines/${part(pipeline)}/dead-letters`,
  frame: (pipeline: string, { camera, session, sequence }: FrameAddress) =>
    `/pipelines/${part(pipeline)}/frames/${part(camera)}/${part(session)}/${sequence}`,
}
