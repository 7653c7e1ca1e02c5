"""The Python host: runs functions written in Python, stepped on an asyncio loop of virtual time."""

from biconvex.sim.hosts.python.host import PythonHost
from biconvex.sim.hosts.python.loader import python_files
from biconvex.sim.hosts.python.stubs import StubHost

__all__ = ["PythonHost", "StubHost", "python_files"]
