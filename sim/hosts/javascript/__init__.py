"""The JavaScript host: runs a project's own TypeScript, with its own package `convex`, in a stepped Node process."""

from biconvex.sim.hosts.javascript.host import JavaScriptHost
from biconvex.sim.hosts.javascript.node import missing_sandbox, node_version
from biconvex.sim.hosts.javascript.routing import CONFIG, ModuleFile, module_files

__all__ = ["CONFIG", "JavaScriptHost", "ModuleFile", "missing_sandbox", "module_files", "node_version"]
