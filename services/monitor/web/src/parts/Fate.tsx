import { texts } from "../texts"

/** What became of a frame, with a colour beside the word. */
export function Fate({ fate }: { fate: string }) {
  return <span class={`fate ${fate}`}>{texts.fates[fate] ?? fate}</span>
}
