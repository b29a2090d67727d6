import { Command } from "../parts/Command"
import { pipelines } from "../stores/mesh"
import { texts } from "../texts"

/** What an empty mesh shows: how the first frame gets here. */
export function Empty() {
  const [first] = pipelines.value
  const name = first?.name ?? "street"
  return (
    <section class="empty">
      <h1>{texts.empty.title}</h1>
      <p>{first === undefined ? texts.empty.noPipeline : texts.empty.noCamera}</p>
      <ol>
        {first === undefined && (
          <li>
            <h2>{texts.empty.model}</h2>
            <Command>framemesh model submit models/person</Command>
            <Command>framemesh pipeline apply examples/street/pipeline.yaml</Command>
          </li>
        )}
        <li>
          <h2>{texts.empty.push}</h2>
          <Command>{`framemesh push examples/street/street.mp4 --pipeline ${name} --fps 10 --loop`}</Command>
          <Command>{`framemesh push webcam --pipeline ${name} --camera desk`}</Command>
        </li>
        <li class="instead">
          <h2>{texts.empty.demo}</h2>
          <Command>framemesh demo</Command>
        </li>
      </ol>
      <p class="quiet-text">{texts.empty.here}</p>
    </section>
  )
}
