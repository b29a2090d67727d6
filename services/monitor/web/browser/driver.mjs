/**
 * A browser for tests that are written in another language: one JSON object a line comes in, with the
 * name of a command, and one goes out, with its result.
 */

import { createInterface } from "node:readline"
import axe from "axe-core"
import { chromium } from "playwright-core"

const [executablePath] = process.argv.slice(2)
// Without the last ones Chromium asks the network for things of its own at every start.
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat([
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
])
const browser = await chromium.launch({ executablePath, args })
const pages = []

const POLL_MS = 25

/** Playwright's own wait evaluates a text in the page, which the page's policy forbids. */
async function until({ page, errors, script, seconds }) {
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    const found = await page.evaluate(script)
    if (found) return found
    await page.waitForTimeout(POLL_MS)
  }
  const found = `its errors: ${JSON.stringify(errors)}; it says: ${await words(page)}`
  throw new Error(`not within ${seconds} s: ${script}; ${found}`)
}

const words = (page) => page.evaluate("document.body.innerText.slice(0, 2000)")

/** Long tasks of the thread that runs a page, each with its time on the clock and on the processor. */
async function tasks({ page, seconds }) {
  const session = await browser.newBrowserCDPSession()
  const found = []
  let own = ""
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const { ph, name, pid, tid, dur, tdur } of value) {
      if (name === MARK) own = `${pid}/${tid}`
      if (ph === "X" && name.endsWith("RunTask") && dur > LONG_US) {
        found.push({ thread: `${pid}/${tid}`, clock_ms: dur / 1000, processor_ms: tdur / 1000 })
      }
    }
  })
  const done = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve))
  const traceConfig = { includedCategories: ["toplevel", "blink.user_timing"] }
  await session.send("Tracing.start", { traceConfig })
  await page.evaluate(`performance.mark("${MARK}")`)
  await page.waitForTimeout(seconds * 1000)
  await session.send("Tracing.end")
  await done
  await session.detach()
  if (own === "") throw new Error("the trace has no mark of the page")
  return found.filter(({ thread }) => thread === own)
}

/** Tells which of all threads runs the page. */
const MARK = "framemesh-page"
const LONG_US = 50_000

const commands = {
  tasks,
  async open({ url, theme = "light", width = 1440, height = 900, scale = 1 }) {
    const viewport = { width, height }
    const options = { viewport, colorScheme: theme, deviceScaleFactor: scale, locale: "en-GB" }
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const errors = []
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()))
    page.on("pageerror", (error) => errors.push(String(error)))
    await page.goto(url)
    return pages.push({ page, context, errors }) - 1
  },
  go: ({ page, url }) => page.goto(url).then(() => null),
  evaluate: ({ page, script }) => page.evaluate(script),
  until,
  click: ({ page, selector }) => page.click(selector, { timeout: 10_000 }),
  fill: ({ page, selector, text }) => page.fill(selector, text, { timeout: 10_000 }),
  press: ({ page, key }) => page.keyboard.press(key),
  point: ({ page, x, y }) => page.mouse.move(x, y),
  resize: ({ page, width, height }) => page.setViewportSize({ width, height }),
  screenshot: ({ page, path, full = false }) =>
    page.screenshot({ path, fullPage: full, animations: "disabled" }).then(() => null),
  errors: ({ errors }) => errors,
  async violations({ page }) {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate("axe.run()")
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
    }))
  },
  async heap({ page, context }) {
    const session = await context.newCDPSession(page)
    await session.send("HeapProfiler.collectGarbage")
    const { usedSize } = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return usedSize
  },
  close: ({ context }) => context.close(),
}

async function answer(line) {
  const { id, command, page: number, ...rest } = JSON.parse(line)
  try {
    const result = await commands[command]({ ...pages[number], ...rest })
    return { id, result: result ?? null }
  } catch (error) {
    return { id, error: String(error) }
  }
}

process.stdout.write(`${JSON.stringify({ id: 0, result: browser.version() })}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  void answer(line).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`))
}
await browser.close()
