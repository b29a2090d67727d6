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
          <>
            <li>
              <h2>{texts.empty.try}</h2>
              <Command>framemesh try</Command>
            </li>
            <li>
              <h2>{texts.empty.model}</h2>
              <Command>framemesh model submit model.onnx --name mine</Command>
              <Command>{`framemesh pipeline create ${name} --model mine`}</Command>
            </li>
          </>
        )}
        <li>
          <h2>{texts.empty.push}</h2>
          <Command>{`framemesh push clip.mp4 --pipeline ${name} --fps 10 --loop`}</Command>
          <Command>{`framemesh push webcam --pipeline ${name} --camera desk`}</Command>
        </li>
      </ol>
      <p class="quiet-text">{texts.empty.here}</p>
    </section>
  )
}
