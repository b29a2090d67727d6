/** A binary message of the live connection: a picture with the outcome of its frame. */

import type { PictureHeader } from "./types"

export interface Picture {
  header: PictureHeader
  jpeg: Blob
}

const LENGTH_BYTES = 4
const utf8 = new TextDecoder()

/** @throws RangeError or SyntaxError where the message is cut or is no picture */
export function parsePicture(message: ArrayBuffer): Picture {
  const length = new DataView(message).getUint32(0)
  const header = new Uint8Array(message, LENGTH_BYTES, length)
  const jpeg = new Uint8Array(message, LENGTH_BYTES + length)
  return {
    header: JSON.parse(utf8.decode(header)) as PictureHeader,
    jpeg: new Blob([jpeg], { type: "image/jpeg" }),
  }
}
