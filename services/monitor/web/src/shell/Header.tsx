import { useLocation } from "preact-iso"
import { links } from "../links"
import { session } from "../stores/session"
import { nextTheme, theme } from "../stores/theme"
import { texts } from "../texts"
import { Connection } from "./Connection"
import mark from "./mark.svg"

const SCREENS = [
  { link: links.wall, text: texts.nav.wall, under: "/wall/" },
  { link: links.pipelines, text: texts.nav.pipelines, under: "/pipelines/" },
  { link: links.workers, text: texts.nav.workers, under: "/workers/" },
  { link: links.ledger(), text: texts.nav.ledger, under: "/ledger/" },
]

const NEXT = { system: "light", light: "dark", dark: "system" } as const
const SYMBOLS = { system: "◐", light: "○", dark: "●" } as const

export function Header({ onHelp }: { onHelp: () => void }) {
  const { path } = useLocation()
  return (
    <header class="header">
      <a class="brand" href={links.wall}>
        <img src={mark} alt="" width={20} height={20} />
        <span>{texts.name}</span>
      </a>
      <nav aria-label={texts.nav.label}>
        {SCREENS.map(({ link, text, under }) => (
          <a
            key={link}
            href={link}
            aria-current={path === link || path.startsWith(under) ? "page" : undefined}
          >
            {text}
          </a>
        ))}
      </nav>
      <div class="header-end">
        <Connection />
        <Permission />
        <ThemeSwitch />
        <button type="button" class="quiet icon" onClick={onHelp} aria-label={texts.help.open}>
          ?
        </button>
      </div>
    </header>
  )
}

function Permission() {
  if (session.value === null) return null
  const { writable } = session.value
  return (
    <span
      class={`permission ${writable ? "writable" : ""}`}
      title={writable ? "" : texts.session.readOnlyHelp}
    >
      {writable ? texts.session.writable : texts.session.readOnly}
    </span>
  )
}

function ThemeSwitch() {
  const now = theme.value
  const label = texts.theme.label(texts.theme[now], texts.theme[NEXT[now]])
  return (
    <button type="button" class="quiet icon" onClick={nextTheme} aria-label={label} title={label}>
      {SYMBOLS[now]}
    </button>
  )
}
