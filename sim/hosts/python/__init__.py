"""The Python host: runs functions written in Python, stepped on an asyncio loop of virtual time."""

from biconvex.sim.hosts.python.host import PythonHost
from biconvex.sim.hosts.python.loader import python_files

__all__ = ["PythonHost", "python_files"]
