import { useRoute } from "preact-iso"
import { apiPath, query } from "../api/http"
import type { DeadLetterPage } from "../api/types"
import { bytes, count, exactTime } from "../format"
import { links } from "../links"
import { Loaded } from "../parts/Loaded"
import { usePages } from "../parts/pages"
import { texts } from "../texts"

const text = texts.frames
const PAGE = 50
const REFRESH_MS = 5000

/** Dead frames that are kept with their pictures. */
export function DeadLettersScreen() {
  const { params } = useRoute()
  const { pipeline = "" } = params
  const page = usePages<DeadLetterPage>(
    `${apiPath("pipelines", pipeline, "dead-letters")}${query({ limit: PAGE })}`,
    "dead_letters",
    REFRESH_MS,
  )
  return (
    <section class="screen">
      <h1>
        <a href={links.pipeline(pipeline)}>{text.deadTitle(pipeline)}</a>
      </h1>
      <Loaded of={page}>
        {({ dead_letters: letters, next }) => (
          <>
            {letters.length === 0 ? (
              <p class="quiet-text">{text.noDead}</p>
            ) : (
              <Table letters={letters} pipeline={pipeline} />
            )}
            {next !== null && (
              <button type="button" onClick={page.more}>
                {text.more}
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

interface TableProps {
  letters: DeadLetterPage["dead_letters"]
  pipeline: string
}

function Table({ letters, pipeline }: TableProps) {
  return (
    <div class="table-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              {text.sequence}
            </th>
            <th scope="col">{text.camera}</th>
            <th scope="col">{text.reason}</th>
            <th scope="col">{text.died}</th>
            <th scope="col" class="number">
              {text.attempts}
            </th>
            <th scope="col" class="number">
              {text.size}
            </th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={links.frame(pipeline, letter)}>
              <th scope="row" class="number">
                <a href={links.frame(pipeline, letter)}>{count(letter.sequence)}</a>
              </th>
              <td>{letter.camera}</td>
              <td>
                {letter.reason}
                <span class="under">{letter.detail}</span>
              </td>
              <td>{exactTime(letter.died_ms)}</td>
              <td class="number">{letter.attempts}</td>
              <td class="number">{bytes(letter.image_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
