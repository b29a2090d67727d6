import type { ComponentChildren } from "preact"
import { useEffect, useState } from "preact/hooks"
import { useLocation } from "preact-iso"
import { texts } from "../texts"
import { Header } from "./Header"
import { Help } from "./Help"
import { onKey } from "./keyboard"
import { Notices } from "./Notices"
import { StatusLine } from "./StatusLine"

/** What every screen has: the header, the state of the mesh, and the keys. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { route } = useLocation()
  const [help, setHelp] = useState(false)
  useEffect(
    () =>
      onKey((key) => {
        if (key.name === "?") setHelp(true)
        else if (key.screen !== null) route(key.screen)
        else return false
        return true
      }),
    [route],
  )
  return (
    <>
      <a class="skip" href="#content">
        {texts.nav.skip}
      </a>
      <Header onHelp={() => setHelp(true)} />
      <StatusLine />
      <Notices />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  )
}
