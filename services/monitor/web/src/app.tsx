import { LocationProvider, Route, Router } from "preact-iso"
import { DeadLettersScreen } from "./frame/DeadLettersScreen"
import { FrameScreen } from "./frame/FrameScreen"
import { FramesScreen } from "./frame/FramesScreen"
import { LedgerScreen } from "./ledger/LedgerScreen"
import { PipelineScreen } from "./pipelines/PipelineScreen"
import { PipelinesScreen } from "./pipelines/PipelinesScreen"
import { NotFound } from "./shell/NotFound"
import { Shell } from "./shell/Shell"
import { Viewer } from "./wall/Viewer"
import { WallScreen } from "./wall/WallScreen"
import { WorkersScreen } from "./workers/WorkersScreen"

/** The page: which screen each address has. */
export function App() {
  return (
    <LocationProvider>
      <Shell>
        <Router>
          <Route path="/" component={WallScreen} />
          <Route path="/wall/:pipeline/:camera" component={Viewer} />
          <Route path="/pipelines" component={PipelinesScreen} />
          <Route path="/pipelines/:pipeline" component={PipelineScreen} />
          <Route path="/pipelines/:pipeline/frames" component={FramesScreen} />
          <Route path="/pipelines/:pipeline/dead-letters" component={DeadLettersScreen} />
          <Route
            path="/pipelines/:pipeline/frames/:camera/:session/:sequence"
            component={FrameScreen}
          />
          <Route path="/workers" component={WorkersScreen} />
          <Route path="/ledger" component={LedgerScreen} />
          <Route default component={NotFound} />
        </Router>
      </Shell>
    </LocationProvider>
  )
}
