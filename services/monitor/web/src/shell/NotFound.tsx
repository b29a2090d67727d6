import { links } from "../links"
import { texts } from "../texts"

export function NotFound() {
  return (
    <section class="screen">
      <h1>{texts.notFound}</h1>
      <a href={links.wall}>{texts.home}</a>
    </section>
  )
}
