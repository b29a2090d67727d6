"""Metrics of the mesh as a whole: what monitor, master and agents know."""

from framemesh.core.metrics.metric import BYTES, Kind, Metric, Service

MONITOR = (Service.MONITOR,)
MASTER = (Service.MASTER,)
AGENT = (Service.AGENT,)
PIPELINE = ("pipeline",)
CAMERA = ("pipeline", "camera")

LEDGER_FRAMES = Metric(
    "framemesh.ledger.frames",
    Kind.COUNTER,
    "{frame}",
    "Frames by what became of them; accepted = done + expired + superseded + dead + pending.",
    MONITOR,
    ("pipeline", "state"),
)
LEDGER_REASONS = Metric(
    "framemesh.ledger.reasons",
    Kind.COUNTER,
    "{frame}",
    "Frames by the reason of a fate other than done, and those that are done and `damaged`.",
    MONITOR,
    ("pipeline", "reason"),
)
LEDGER_PENDING = Metric(
    "framemesh.ledger.pending",
    Kind.GAUGE,
    "{frame}",
    "Accepted frames without an outcome.",
    MONITOR,
    PIPELINE,
)
LEDGER_MISSING = Metric(
    "framemesh.ledger.missing",
    Kind.GAUGE,
    "{frame}",
    "Pending frames that are not in the buffer; above 0 for minutes, the ledger does not balance.",
    MONITOR,
    PIPELINE,
)
LEDGER_DUPLICATES = Metric(
    "framemesh.ledger.duplicates",
    Kind.COUNTER,
    "{outcome}",
    "Second outcomes of frames: always 0, or a promise is broken.",
    MONITOR,
    PIPELINE,
)
LEDGER_UNREAD = Metric(
    "framemesh.ledger.unread",
    Kind.COUNTER,
    "{entry}",
    "Entries of the ledger that the broker dropped before a monitor read them.",
    MONITOR,
    PIPELINE,
)
BACKLOG = Metric(
    "framemesh.backlog.frames",
    Kind.GAUGE,
    "{frame}",
    "Frames in the buffer, by shard: they wait, or are with a worker.",
    MONITOR,
    ("pipeline", "shard"),
)
BACKLOG_SIZE = Metric(
    "framemesh.backlog.size",
    Kind.GAUGE,
    BYTES,
    "Size of the frames in the buffer.",
    MONITOR,
    PIPELINE,
)
BACKLOG_LIMIT = Metric(
    "framemesh.backlog.limit",
    Kind.GAUGE,
    BYTES,
    "What the buffer holds; a full one holds the cameras back.",
    MONITOR,
    PIPELINE,
)
BACKLOG_GROWTH = Metric(
    "framemesh.backlog.growth",
    Kind.GAUGE,
    "{frame}/s",
    "How fast the backlog grows, over the last half minute; below 0, it shrinks.",
    MONITOR,
    PIPELINE,
)
DEAD_LETTERS = Metric(
    "framemesh.dead_letters",
    Kind.GAUGE,
    "{frame}",
    "Dead letters that are kept.",
    MONITOR,
    PIPELINE,
)
CAMERA_FRAMES = Metric(
    "framemesh.camera.frames",
    Kind.COUNTER,
    "{frame}",
    "Frames of a camera that have an outcome; only with FRAMEMESH_MONITOR_METRICS_CAMERAS.",
    MONITOR,
    (*CAMERA, "fate"),
)
CAMERA_SILENCE = Metric(
    "framemesh.camera.silence",
    Kind.GAUGE,
    "s",
    "Since a camera's last entry in the ledger; only with FRAMEMESH_MONITOR_METRICS_CAMERAS.",
    MONITOR,
    CAMERA,
)
BROKER_STORAGE = Metric(
    "framemesh.broker.storage",
    Kind.GAUGE,
    BYTES,
    "What a server of the broker has stored on disk; needs FRAMEMESH_MONITOR_BROKER_HTTP.",
    MONITOR,
    ("server",),
)
BROKER_LIMIT = Metric(
    "framemesh.broker.storage.limit",
    Kind.GAUGE,
    BYTES,
    "What that server may store; nothing is accepted beyond it.",
    MONITOR,
    ("server",),
)

LEADING = Metric(
    "framemesh.master.leading", Kind.GAUGE, "{master}", "1 in the master that leads.", MASTER
)
WORKERS = Metric(
    "framemesh.workers",
    Kind.GAUGE,
    "{worker}",
    "Workers of a pipeline: `wanted`, and `ready`; told by the master that leads.",
    MASTER,
    ("pipeline", "state"),
)
WORKER_RESTARTS = Metric(
    "framemesh.workers.restarts",
    Kind.COUNTER,
    "{restart}",
    "Times that a worker ended by itself, or hung, and was started again; told by the leader.",
    MASTER,
    PIPELINE,
)
NODES = Metric(
    "framemesh.nodes",
    Kind.GAUGE,
    "{node}",
    "Nodes that are here: `open` to workers, or `cordoned`; told by the master that leads.",
    MASTER,
    ("state",),
)
SCALER_DECISIONS = Metric(
    "framemesh.scaler.decisions",
    Kind.COUNTER,
    "{decision}",
    "Changes of a pipeline's number of workers by its load, `up` or `down`.",
    MASTER,
    ("pipeline", "direction"),
)
EVENTS = Metric(
    "framemesh.events",
    Kind.COUNTER,
    "{event}",
    "Events of a pipeline, as `framemesh pipeline show` lists them.",
    MASTER,
    ("pipeline", "kind"),
)

AGENT_WORKERS = Metric(
    "framemesh.agent.workers",
    Kind.GAUGE,
    "{worker}",
    "Workers on this node, by the state of their process.",
    AGENT,
    ("pipeline", "state"),
)
NODE_CPUS = Metric(
    "framemesh.node.cpus",
    Kind.GAUGE,
    "{cpu}",
    "CPUs of this node: the `total` and what is `used` of them, by everybody.",
    AGENT,
    ("state",),
)
NODE_MEMORY = Metric(
    "framemesh.node.memory",
    Kind.GAUGE,
    BYTES,
    "Memory of this node: the `total` and what is `used` of it, by everybody.",
    AGENT,
    ("state",),
)
NODE_DISK = Metric(
    "framemesh.node.disk",
    Kind.GAUGE,
    BYTES,
    "The disk with the agent's data: the `total` and what is `used` of it.",
    AGENT,
    ("state",),
)

MESH: tuple[Metric, ...] = (
    LEDGER_FRAMES,
    LEDGER_REASONS,
    LEDGER_PENDING,
    LEDGER_MISSING,
    LEDGER_DUPLICATES,
    LEDGER_UNREAD,
    BACKLOG,
    BACKLOG_SIZE,
    BACKLOG_LIMIT,
    BACKLOG_GROWTH,
    DEAD_LETTERS,
    CAMERA_FRAMES,
    CAMERA_SILENCE,
    BROKER_STORAGE,
    BROKER_LIMIT,
    LEADING,
    WORKERS,
    WORKER_RESTARTS,
    NODES,
    SCALER_DECISIONS,
    EVENTS,
    AGENT_WORKERS,
    NODE_CPUS,
    NODE_MEMORY,
    NODE_DISK,
)
