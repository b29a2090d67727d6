import { useState } from "preact/hooks"
import { texts } from "../texts"

/** A command of the terminal, with a button that copies it. */
export function Command({ children }: { children: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(children)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <div class="command">
      <code>{children}</code>
      <button type="button" class="quiet" onClick={copy}>
        {copied ? texts.empty.copied : texts.empty.copy}
      </button>
    </div>
  )
}
