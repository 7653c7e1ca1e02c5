"""Bundling a project's modules with the project's own esbuild, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import msgspec
from biconvex.sim.hosts.javascript.bundle_cache import BundleCache, CachedBuild
from biconvex.sim.hosts.javascript.node import Node, child_environment, find_node
from biconvex.sim.hosts.javascript.routing import ModuleFile
from biconvex.sim.hosts.project import BackendLocation
from biconvex.sim.values.errors import InternalError, ProjectError

__all__ = ["Bundle", "Script", "bundle_modules"]

_SCRIPT = Path(__file__).with_name("bundle.cjs")
_TIMEOUT_S = 120
_SHOWN_PROBLEMS = 5
_UNRESOLVED = re.compile(r'Could not resolve "([^"]+)"')
_CACHE = BundleCache(_SCRIPT)


class Script(msgspec.Struct, frozen=True):
    """The text of a bundle and its source map (JSON text); sources are relative to the functions folder's parent."""

    code: str
    map: str


class Bundle(msgspec.Struct, frozen=True):
    """What a backend's modules were bundled to; `key` identifies the content. None where no module needs a runtime."""

    key: str
    default: Script | None
    node: Script | None


class _Problem(msgspec.Struct, frozen=True):
    text: str
    file: str | None
    line: int
    column: int
    wants_node: bool
    imported_by: tuple[str, ...] = ()


class _Build(msgspec.Struct, frozen=True):
    code: str
    map: str
    inputs: tuple[str, ...]
    missing: tuple[str, ...]


class _Answer(msgspec.Struct, frozen=True):
    builds: dict[str, _Build]
    problems: tuple[_Problem, ...]


def bundle_modules(location: BackendLocation, modules: tuple[ModuleFile, ...]) -> Bundle:
    """Bundle `modules`, or take the bundle that was made of the same content before.

    Raises `ProjectError` naming file, line and column of what esbuild refuses, or the folder that lacks packages.
    """
    convex = _convex_package(location)
    external = _external_packages(location.root)
    request = {
        "functions": str(location.functions),
        "base": str(location.functions.parent),
        "convex": str(convex),
        "externalPackages": external,
        "modules": [
            {"path": module.path, "file": str(module.file), "uses_node": module.uses_node}
            for module in modules
        ],
    }
    description = msgspec.json.encode(request)
    cached = _CACHE.find(location, description)
    if cached is None:
        cached = _build(find_node(), location, description)
        _CACHE.keep(location, description, cached)
    return Bundle(cached.key, _script(cached, "browser"), _script(cached, "node"))


def _script(build: CachedBuild, platform: str) -> Script | None:
    found = build.scripts.get(platform)
    return None if found is None else Script(*found)


def _convex_package(location: BackendLocation) -> Path:
    folder = location.root / "node_modules" / "convex"
    if (folder / "package.json").is_file():
        return folder.resolve()
    upwards = (location.functions, *location.functions.parents)
    project = next((place for place in upwards if (place / "package.json").is_file()), location.root)
    raise ProjectError(
        f"The package `convex` isn't installed for {location.functions}: run `npm install` in {project}"
    )


def _external_packages(root: Path) -> list[str]:
    """What `convex.json` wants Node to load by itself (`node.externalPackages`)."""
    file = root / "convex.json"
    if not file.is_file():
        return []
    try:
        names = json.loads(file.read_text("utf-8")).get("node", {}).get("externalPackages", [])
    except (OSError, ValueError, AttributeError) as error:
        raise ProjectError(f"{file} can't be understood: {error}") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ProjectError(f'{file}: "node.externalPackages" must be a list of package names')
    return sorted(names)


def _build(node: Node, location: BackendLocation, request: bytes) -> CachedBuild:
    try:
        done = subprocess.run(  # noqa: S603  (Node and our own script)
            [node.executable, str(_SCRIPT)],
            input=request,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env=child_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise ProjectError(
            f"Bundling {location.functions} took longer than {_TIMEOUT_S} s and was stopped"
        ) from error
    if done.returncode != 0:
        raise ProjectError(_failed(location, done.stderr.decode("utf-8", "replace")))
    try:
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except msgspec.DecodeError as error:
        raise InternalError(f"the bundling script's answer can't be read: {error}") from error
    if answer.problems:
        raise ProjectError(_problems(location, answer.problems))
    scripts = {platform: (build.code, build.map) for platform, build in answer.builds.items()}
    inputs = {name for build in answer.builds.values() for name in build.inputs}
    missing = {name for build in answer.builds.values() for name in build.missing}
    key = hashlib.sha256(msgspec.json.encode(sorted(scripts.items()))).hexdigest()
    return CachedBuild(key, scripts, tuple(sorted(inputs)), tuple(sorted(missing)))


def _failed(location: BackendLocation, output: str) -> str:
    if "Cannot find module 'esbuild'" in output:
        return f"esbuild, which the package `convex` brings, isn't installed: run `npm install` in {location.root}"
    return f"{location.functions} can't be bundled, esbuild failed:\n{output.strip()}"


def _package_that_lacks(problem: str) -> str | None:
    """The package that esbuild has not found, None where something else is wrong."""
    found = _UNRESOLVED.fullmatch(problem)
    if found is None or found[1].startswith((".", "/", "node:", "#")):
        return None
    return "/".join(found[1].split("/")[: 2 if found[1].startswith("@") else 1])


def _problems(location: BackendLocation, problems: tuple[_Problem, ...]) -> str:
    lines = [f"{location.functions} can't be bundled:"]
    for problem in problems[:_SHOWN_PROBLEMS]:
        place = "" if problem.file is None else f"{problem.file}:{problem.line}:{problem.column}: "
        lines.append(f"  {place}{problem.text}")
        if problem.imported_by:
            chain = ", ".join(f"imported by {file}" for file in problem.imported_by)
            lines.append(f'    {chain}, which has no directive "use node"')
    if len(problems) > _SHOWN_PROBLEMS:
        lines.append(f"  … and {len(problems) - _SHOWN_PROBLEMS} more")
    lacking = dict.fromkeys(
        name
        for problem in problems
        if not problem.wants_node and (name := _package_that_lacks(problem.text)) is not None
    )
    if lacking:
        lines.append(f"  Install what is missing: npm install {' '.join(lacking)}")
    if any(problem.wants_node for problem in problems):
        lines.append(
            '  A file without the directive "use node" uses a module of Node: move what needs it to a file that '
            'begins with "use node" and defines actions only.'
        )
    return "\n".join(lines)
