// Made from framemesh.monitor.dashboard.messages by `make web-types`: do not edit.

/** Percentiles from capture to outcome, of the last frames that were done. */
export interface Age {
  p50: number
  p95: number
  p99: number
}

/** One camera of one pipeline. */
export interface Camera {
  offered: number
  accepted: number
  rejected: number
  done: number
  expired: number
  superseded: number
  dead: number
  pending: number
  reasons: Record<string, number>
  pipeline: string
  camera: string
  /** When its last entry was read; null: not since the monitor was started. */
  last_seen_ms: number | null
  /** Frames that were completed. */
  per_second: number | null
  balanced: boolean
}

/** The ledger of a camera. */
export interface CameraLedger {
  offered: number
  accepted: number
  rejected: number
  done: number
  expired: number
  superseded: number
  dead: number
  pending: number
  reasons: Record<string, number>
}

/** Some cameras, by pipeline and name. */
export interface CameraPage {
  cameras: Array<Camera>
  /** The `after` of the next page; null after the last. */
  next: string | null
}

/** One class that some cells of a raster have. */
export interface ClassOfCells {
  class_id: number
  label: string
  /** Of all cells, 0 to 1. */
  area: number
}

/** What holds of a pipeline now. */
export interface Condition {
  name: string
  message: string
}

/** A dead frame that is kept with its picture. */
export interface DeadLetter {
  camera: string
  session: string
  sequence: number
  reason: string
  detail: string
  attempts: number
  /** That gave it up. */
  worker: string
  captured_ms: number
  died_ms: number
  image_bytes: number
  picture_url: string
}

/** Some dead letters, the newest first. */
export interface DeadLetterPage {
  dead_letters: Array<DeadLetter>
  next: string | null
}

/** The number of workers was changed. */
export interface Decision {
  at_ms: number
  message: string
}

/** One thing that one stage found. */
export interface Detection {
  stage: string
  label: string
  score: number
  /** Left, top, right, bottom. */
  box: [number, number, number, number] | null
  /** Of an oriented box. */
  corners: Array<[number, number]>
  /** x, y and score of each. */
  keypoints: Array<[number, number, number]>
  mask: Mask | null
  raster: Raster | null
  text: string
  /** Index of the detection in whose crop it was found. */
  parent: number | null
}

/** Something that was asked for cannot be had; the connection goes on unless it is closed. */
export interface ErrorMessage {
  type: "error"
  error: string
}

/** Something that happened to a pipeline. */
export interface Event {
  at_ms: number
  kind: string
  message: string
  /** How many equal ones it stands for. */
  times: number
}

/** All that is on record of one frame. */
export interface FrameDetails {
  pipeline: string
  camera: string
  session: string
  sequence: number
  /** not_retained: it had an outcome, which is no longer kept. */
  state: "unknown" | "pending" | "completed" | "not_retained"
  outcome: FrameOutcome | null
  /** Of its camera. */
  ledger: CameraLedger
  timeline: Array<Step>
  attempts: number
  completed_by: string
  /** As stage: name:version. */
  models: Array<string>
  trace_id: string | null
  trace_url: string | null
  picture_url: string | null
  dead_letter: DeadLetter | null
}

/** What became of a frame, with its detections. */
export interface FrameOutcome {
  fate: "done" | "expired" | "superseded" | "dead" | "rejected"
  reason: string
  detail: string
  captured_ms: number
  completed_ms: number
  width: number
  height: number
  damaged: boolean
  revision: number
  detections: Array<Detection>
  /** By hop. */
  timings_ms: Record<string, number>
}

/** Some frames, the newest first. */
export interface FramePage {
  frames: Array<ListedFrame>
  /** The `after` of the next page; null after the last. */
  next: string | null
}

/** One GPU of a node. */
export interface Gpu {
  uuid: string
  name: string
  memory_bytes: number
  memory_used_bytes: number
  /** 0 to 1. */
  used: number
}

/** Percentiles of one part of a frame's way. */
export interface HopTime {
  p50: number
  p99: number
}

/** A picture that was shown lately. */
export interface KeptPicture {
  session: string
  sequence: number
  captured_ms: number
}

/** Those of one camera, the oldest first. */
export interface KeptPictures {
  pictures: Array<KeptPicture>
}

/** A frame of a list. */
export interface ListedFrame {
  camera: string
  session: string
  sequence: number
  fate: "done" | "expired" | "superseded" | "dead" | "rejected" | "pending"
  reason: string
  /** None, as the next one: of a pending frame. */
  captured_ms: number | null
  completed_ms: number | null
  attempts: number
  /** Whether its picture can still be had. */
  kept_picture: boolean
}

/** What the page shows now. */
export interface LiveRequest {
  token?: string | null
  /** Whether mesh messages are wanted. */
  mesh?: boolean
  wall?: Wall | null
  /** The pipeline whose samples are wanted. */
  history?: string | null
}

/** Which cells of a grid over the detection's box (the frame if it has none) belong to it. */
export interface Mask {
  width: number
  height: number
  /** Lengths of runs of cells, row by row: outside, inside, outside, ... */
  runs: Array<number>
}

/** Everything that the pages of pipelines, workers and nodes show. */
export interface MeshMessage {
  type: "mesh"
  at_ms: number
  pipelines: Array<Pipeline>
  nodes: Array<Node>
  workers: Array<Worker>
  /** What cannot be shown now and why, such as a master that does not answer. */
  problems: Array<string>
}

/** A machine that runs workers, as its agent reported it last. */
export interface Node {
  name: string
  state: "ready" | "draining" | "drained" | "away" | "unknown"
  cpus: number
  /** In CPUs: at most `cpus`. */
  cpus_used: number
  memory_bytes: number
  memory_used_bytes: number
  disk_bytes: number
  disk_used_bytes: number
  gpus: Array<Gpu>
  labels: Record<string, string>
  price_per_hour: number | null
  watts: number | null
  reserved: Reserved
}

/** A picture of a frame, with the outcome of the same frame. */
export interface PictureHeader {
  pipeline: string
  camera: string
  session: string
  sequence: number
  captured_ms: number
  completed_ms: number
  /** Of the frame in pixels; the picture may be smaller. */
  width: number
  height: number
  fate: "done" | "expired" | "superseded" | "dead" | "rejected"
  reason: string
  detections: Array<Detection>
  /** By hop: ingest, dwell, queue, decode, batch, triton, outcome. */
  timings_ms: Record<string, number>
}

/** One pipeline now. What is not known, or not measured yet, is null. */
export interface Pipeline {
  name: string
  revision: number
  ready_workers: number
  wanted_workers: number
  /** What keeps it from running; empty if nothing does. */
  trouble: string
  conditions: Array<Condition>
  accepted_per_second: number | null
  completed_per_second: number | null
  /** Frames that wait or are with a worker. */
  backlog: number | null
  backlog_bytes: number | null
  /** The derivative of the backlog, in frames a second. */
  backlog_growth: number | null
  age_ms: Age | null
  /** By hop, in the order of a frame's way: ingest, dwell, queue, decode, ... */
  hops_ms: Record<string, HopTime>
  stages: Array<Stage>
  /** Of all cameras. */
  totals: Totals | null
  /** How often each was given for a fate other than done. */
  reasons: Record<string, number>
  /** Whether the ledger adds up: every frame has one outcome or is pending. */
  balanced: boolean | null
  /** Second outcomes of a frame: always 0, or a promise is broken. */
  duplicates: number
  /** Entries that the broker dropped before the monitor read them. */
  unread_entries: number
  /** That are kept. */
  dead_letters: number | null
  cameras: number
  versions: Array<RunningVersion>
  shadow: ShadowSummary | null
  /** Why something is missing here; empty if nothing is. */
  problem: string
}

/** A pipeline, and how it came to be what it is. */
export interface PipelineDetails {
  name: string
  revision: number
  ready_workers: number
  wanted_workers: number
  /** What keeps it from running; empty if nothing does. */
  trouble: string
  conditions: Array<Condition>
  accepted_per_second: number | null
  completed_per_second: number | null
  /** Frames that wait or are with a worker. */
  backlog: number | null
  backlog_bytes: number | null
  /** The derivative of the backlog, in frames a second. */
  backlog_growth: number | null
  age_ms: Age | null
  /** By hop, in the order of a frame's way: ingest, dwell, queue, decode, ... */
  hops_ms: Record<string, HopTime>
  stages: Array<Stage>
  /** Of all cameras. */
  totals: Totals | null
  /** How often each was given for a fate other than done. */
  reasons: Record<string, number>
  /** Whether the ledger adds up: every frame has one outcome or is pending. */
  balanced: boolean | null
  /** Second outcomes of a frame: always 0, or a promise is broken. */
  duplicates: number
  /** Entries that the broker dropped before the monitor read them. */
  unread_entries: number
  /** That are kept. */
  dead_letters: number | null
  cameras: number
  versions: Array<RunningVersion>
  shadow: ShadowSummary | null
  /** Why something is missing here; empty if nothing is. */
  problem: string
  /** As pipeline.yaml has it. */
  spec_yaml: string
  /** The newest last. */
  events: Array<Event>
  /** The newest first. */
  revisions: Array<Revision>
  shadow_report: ShadowReport | null
}

/** Dead letters that were deleted. */
export interface Purged {
  purged: number
}

/** A value for each cell of a grid over the detection's box (the frame if it has none). */
export interface Raster {
  kind: "classes" | "anomaly" | "depth"
  width: number
  height: number
  /** One byte a cell, row by row, compressed by zlib and written in base64. Of classes it is the number of one; else low + byte / 255 * (high - low). */
  values: string
  low: number
  high: number
  /** Those that are there, the largest first. */
  classes: Array<ClassOfCells>
}

/** Why a request failed, in one line; the body of every answer with a status of 400 or more. */
export interface Refusal {
  error: string
}

/** A dead letter was offered again and accepted. */
export interface Replayed {
  camera: string
  session: string
  sequence: number
}

/** What all workers of a node are given together. */
export interface Reserved {
  cpus: number
  memory_bytes: number
  gpus: number
}

/** A specification that the pipeline has, or had. */
export interface Revision {
  revision: number
  models: Array<string>
  applied_ms: number | null
  current: boolean
  /** Why it was given up; empty if it was not. */
  problem: string
}

/** A revision of the pipeline that has workers. */
export interface RunningVersion {
  revision: number
  /** As name:version. */
  models: Array<string>
  /** Those of it that are ready. */
  workers: number
  /** Of the cameras, 0 to 1: of a canary its part, of all others what is left to them. */
  share: number
}

/** Series of equal length, the oldest first. */
export interface Samples {
  /** Between two samples while somebody looks; there may be gaps. */
  step_s: number
  at_ms: Array<number>
  backlog: Array<number | null>
  /** In frames a second. */
  growth: Array<number | null>
  /** Frames a second. */
  accepted: Array<number | null>
  /** Frames a second. */
  completed: Array<number | null>
  age_p99_ms: Array<number | null>
  /** Those that are ready. */
  workers: Array<number | null>
  decisions: Array<Decision>
}

/** What came since the last message of a live connection; the first has all that is kept. */
export interface SamplesMessage {
  /** Between two samples while somebody looks; there may be gaps. */
  step_s: number
  at_ms: Array<number>
  backlog: Array<number | null>
  /** In frames a second. */
  growth: Array<number | null>
  /** Frames a second. */
  accepted: Array<number | null>
  /** Frames a second. */
  completed: Array<number | null>
  age_p99_ms: Array<number | null>
  /** Those that are ready. */
  workers: Array<number | null>
  decisions: Array<Decision>
  type: "samples"
  pipeline: string
}

/** What the caller may do. */
export interface Session {
  /** Of framemesh. */
  version: string
  /** Whether dead letters may be replayed and purged: the caller's token is the right one. */
  writable: boolean
}

/** The detections of one class by both. */
export interface ShadowClass {
  name: string
  real: number
  shadow: number
  same: number
  only_real: number
  only_shadow: number
  mean_iou: number | null
}

/** A frame in which both found different things. */
export interface ShadowFrame {
  camera: string
  session: string
  sequence: number
  only_real: number
  only_shadow: number
}

/** The differences, class by class. */
export interface ShadowReport {
  running: boolean
  /** As stage: model:version -> version of the shadow. */
  models: Array<string>
  compared_frames: number
  same_frames: number
  since_ms: number
  waiting_frames: number | null
  skipped_frames: number | null
  unmatched_frames: number
  mean_score_difference: number | null
  classes: Array<ShadowClass>
  /** Things that both found, by `class of the pipeline -> class of the shadow`. */
  relabelled: Record<string, number>
  examples: Array<ShadowFrame>
}

/** How the outcomes of a shadow differ from the real ones. */
export interface ShadowSummary {
  running: boolean
  /** As stage: model:version -> version of the shadow. */
  models: Array<string>
  compared_frames: number
  same_frames: number
}

/** One model of the pipeline. */
export interface Stage {
  name: string
  model: string
  version: number
  /** The stages on whose boxes it runs; none: on the whole frame. */
  for_each: Array<string>
  /** Stages that are through before it runs, of which it takes no boxes. */
  after: Array<string>
  /** Of these boxes only; none: all. */
  labels: Array<string>
  /** Inputs of its model: frames, tiles or crops; None: not known. */
  per_second: number | null
  /** That an input was with Triton, on average over the last seconds; None: not known. */
  triton_ms: number | null
}

/** A part of a frame's life. */
export interface Step {
  name: string
  at_ms: number
  duration_ms: number
}

/** offered = accepted + rejected; accepted = done + expired + superseded + dead + pending. */
export interface Totals {
  offered: number
  accepted: number
  rejected: number
  done: number
  expired: number
  superseded: number
  dead: number
  pending: number
}

/** The cameras that are on the screen. */
export interface Wall {
  cameras: Array<WatchedCamera>
  /** Of a picture on the screen, in pixels; those that are sent are about so wide. */
  width: number
}

/** A camera whose pictures are wanted. */
export interface WatchedCamera {
  pipeline: string
  camera: string
}

/** One worker, as its node reported it; the last four fields are what it says itself. */
export interface Worker {
  id: string
  pipeline: string
  node: string
  state: "starting" | "ready" | "failed" | "stopping" | "unknown"
  role: "worker" | "shadow"
  revision: number
  restarts: number
  /** Why it ended last, or what keeps it from its work; empty if nothing does. */
  trouble: string
  pid: number
  /** Of its revision, as name:version; none of a shadow. */
  models: Array<string>
  /** That it draws frames from, or 1 of a shadow; None: not known. */
  shards: number | null
  /** Frames that it has pulled and not completed; None: it does not answer. */
  frames_in_progress: number | null
  triton_healthy: boolean | null
}
