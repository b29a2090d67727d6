import { texts } from "../texts"

/** A tick or an alarm: whether a ledger balances. */
export function Balance({ balanced }: { balanced: boolean | null }) {
  if (balanced === null) return <span class="balance unknown">{texts.ledger.unknown}</span>
  return (
    <span class={`balance ${balanced ? "well" : "alarm"}`}>
      <span aria-hidden="true">{balanced ? "✓" : "✗"}</span>{" "}
      {balanced ? texts.ledger.balanced : texts.ledger.unbalanced}
    </span>
  )
}
