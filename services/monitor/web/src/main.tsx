import { render } from "preact"
import { App } from "./app"
import { startLive } from "./stores/live"
import { startSession } from "./stores/session"
import { startTheme } from "./stores/theme"
import "./styles/tokens.css"
import "./styles/base.css"
import "./styles/shell.css"
import "./styles/parts.css"
import "./styles/wall.css"
import "./styles/viewer.css"
import "./styles/pipelines.css"
import "./styles/ledger.css"
import "./styles/frame.css"
import "./styles/workers.css"
import "./styles/hops.css"

const root = document.getElementById("app")
if (root === null) throw new Error("the page has no element #app")

startTheme()
render(<App />, root)
// The live connection comes second: a wrong token is known by then.
void startSession().finally(startLive)
