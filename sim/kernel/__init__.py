"""The kernel: virtual time, the one event loop, seeded choices, the trace.

Nothing else in the simulator may look at the real clock, real randomness, thread timing, hash order or
object identity.
"""

from biconvex.sim.kernel.choices import Choices
from biconvex.sim.kernel.clock import NS_PER_MS, NS_PER_SECOND, START_NS, Clock, duration_ns, parse_duration
from biconvex.sim.kernel.loop import CancelledTask, Future, Kernel, Stalled, Task, Timer
from biconvex.sim.kernel.trace import Event, Trace

__all__ = [
    "NS_PER_MS",
    "NS_PER_SECOND",
    "START_NS",
    "CancelledTask",
    "Choices",
    "Clock",
    "Event",
    "Future",
    "Kernel",
    "Stalled",
    "Task",
    "Timer",
    "Trace",
    "duration_ns",
    "parse_duration",
]
