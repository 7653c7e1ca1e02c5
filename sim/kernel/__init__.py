"""The kernel: virtual time, the one event loop, seeded choices, the trace.

Nothing else in the simulator may look at the real clock, real randomness, thread timing, hash order or
object identity.
"""

from biconvex.sim.kernel.choices import Choices, Decide
from biconvex.sim.kernel.clock import NS_PER_MS, NS_PER_SECOND, START_NS, Clock, duration_ns, parse_duration
from biconvex.sim.kernel.event import EVENT_KINDS, Event
from biconvex.sim.kernel.loop import CancelledTask, Future, Halt, Kernel, Stalled, Task, Timer
from biconvex.sim.kernel.trace import Trace
from biconvex.sim.kernel.trace_files import TRACE_VERSION, read_jsonl
from biconvex.sim.kernel.trace_queries import FunctionRun

__all__ = [
    "EVENT_KINDS",
    "NS_PER_MS",
    "NS_PER_SECOND",
    "START_NS",
    "TRACE_VERSION",
    "CancelledTask",
    "Choices",
    "Clock",
    "Decide",
    "Event",
    "FunctionRun",
    "Future",
    "Halt",
    "Kernel",
    "Stalled",
    "Task",
    "Timer",
    "Trace",
    "duration_ns",
    "parse_duration",
    "read_jsonl",
]
