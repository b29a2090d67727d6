import type { Node, Worker } from "../api/types"
import { bytes, rate } from "../format"
import { mesh } from "../stores/mesh"
import { texts } from "../texts"
import { Gauge } from "./Gauge"
import { WorkerTable } from "./WorkerTable"

const text = texts.workers

/** Every node with its load, and every worker with what it does and what ailed it last. */
export function WorkersScreen() {
  const now = mesh.value
  return (
    <section class="screen">
      <h1>{text.title}</h1>
      {now === null ? (
        <p class="quiet-text">{texts.loading}</p>
      ) : (
        <>
          <h2>{text.nodes}</h2>
          {now.nodes.length === 0 && <p class="quiet-text">{text.noNodes}</p>}
          <div class="nodes">
            {now.nodes.map((node) => (
              <NodeCard key={node.name} node={node} workers={now.workers} />
            ))}
          </div>
          <h2>{text.workers}</h2>
          {now.workers.length === 0 ? (
            <p class="quiet-text">{text.noWorkers}</p>
          ) : (
            <WorkerTable workers={now.workers} />
          )}
        </>
      )}
    </section>
  )
}

function NodeCard({ node, workers }: { node: Node; workers: readonly Worker[] }) {
  const here = workers.filter((worker) => worker.node === node.name)
  const { cpus, memory_bytes: memory } = node.reserved
  const facts = [
    ...(cpus > 0 || memory > 0 ? [text.reserved(rate(cpus), bytes(memory))] : []),
    ...(node.price_per_hour === null ? [] : [text.price(String(node.price_per_hour))]),
    ...(node.watts === null ? [] : [text.watts(String(node.watts))]),
  ]
  return (
    <article class="panel node" data-node={node.name}>
      <h3>
        {node.name} <span class={`state ${node.state}`}>{text.states[node.state]}</span>
      </h3>
      <Gauge
        name={text.cpu}
        used={node.cpus_used}
        all={node.cpus}
        words={text.of(rate(node.cpus_used), String(node.cpus))}
      />
      <Gauge
        name={text.memory}
        used={node.memory_used_bytes}
        all={node.memory_bytes}
        words={text.of(bytes(node.memory_used_bytes), bytes(node.memory_bytes))}
      />
      <Gauge
        name={text.disk}
        used={node.disk_used_bytes}
        all={node.disk_bytes}
        words={text.of(bytes(node.disk_used_bytes), bytes(node.disk_bytes))}
      />
      {node.gpus.map((gpu) => (
        <Gauge
          key={gpu.uuid}
          name={gpu.name || text.gpu}
          used={gpu.used}
          all={1}
          words={text.of(bytes(gpu.memory_used_bytes), bytes(gpu.memory_bytes))}
        />
      ))}
      <p class="quiet-text">{facts.join(" · ")}</p>
      <ul class="node-workers" aria-label={text.workers}>
        {here.map((worker) => (
          <li key={worker.id} class={worker.state} title={worker.id} />
        ))}
      </ul>
      {Object.keys(node.labels).length > 0 && (
        <ul class="labels">
          {Object.entries(node.labels).map(([name, value]) => (
            <li key={name}>
              {name}={value}
            </li>
          ))}
        </ul>
      )}
    </article>
  )
}
