"""A tree as one short line, for tests: `(call (. ctx db) "a")`."""

from biconvex.lint import syntax
from biconvex.lint.parse import ParsedFile, parse
from biconvex.lint.source import SourceFile
from biconvex.lint.syntax import Node


def read(text: str | bytes, path: str = "convex/a.ts") -> ParsedFile:
    data = text if isinstance(text, bytes) else text.encode()
    return parse(SourceFile(path, "python" if path.endswith(".py") else "typescript", data))


def tree(text: str, path: str = "convex/a.ts") -> str:
    """The dump of a text that has no errors, a statement a line."""
    parsed = read(text, path)
    assert parsed.errors == []
    return "\n".join(dump(node) for node in parsed.module.body)


def dump(node: object) -> str:  # noqa: PLR0915 (one case for each kind of node)
    """`const` and Python's assignments look alike; what is false, empty or None is left out."""
    match node:
        case None:
            return "_"
        case list():
            return f"[{' '.join(map(dump, node))}]"
        case syntax.Name():
            return node.id
        case syntax.Literal():
            text = f'"{node.value}"' if node.kind == "string" else f"{node.value}"
            return text if node.kind in {"string", "number"} else _join(node.kind, text)
        case syntax.Member():
            return f"({'?.' if node.optional else '.'} {dump(node.object)} {node.name})"
        case syntax.Index():
            return _join("index", dump(node.object), dump(node.index))
        case syntax.Call():
            kind = "new" if node.new else "call?" if node.optional else "call"
            return _join(kind, dump(node.callee), *map(dump, node.arguments))
        case syntax.Template():
            return _join("template", f'"{node.text}"', *map(dump, node.parts))
        case syntax.Property():
            key = node.key if node.computed is None else f"[{dump(node.computed)}]"
            if node.shorthand and isinstance(node.value, syntax.Name):
                return f"{key}"
            return f"{key}{'()' if node.method else ':'}{dump(node.value)}"
        case syntax.Object():
            return f"{'**' if node.keywords else ''}{{{' '.join(map(dump, node.properties))}}}"
        case syntax.ObjectPattern():
            return f"pattern{{{' '.join(map(dump, node.properties))}}}"
        case syntax.Array():
            return dump(node.elements)
        case syntax.ArrayPattern():
            return f"pattern{dump(node.elements)}"
        case syntax.Spread():
            return f"...{dump(node.value)}"
        case syntax.Parameter():
            return dump(node.target) + (f"<{node.annotation}>" if node.annotation else "")
        case syntax.Function():
            words = ["async"] * node.is_async + ["generator"] * node.is_generator
            kind = "arrow" if node.arrow else "function"
            returns = [f"<{node.returns}>"] if node.returns else []
            decorators = [f"@{dump(each)}" for each in node.decorators]
            names = [node.name] if node.name else []
            given = f"({' '.join(map(dump, node.parameters))})"
            return _join(*words, kind, *names, given, *returns, *decorators, dump(node.body))
        case syntax.Class():
            decorators = [f"@{dump(each)}" for each in node.decorators]
            return _join("class", node.name or "_", *map(dump, node.bases), *decorators, dump(node.body))
        case syntax.Await():
            return _join("await", dump(node.value))
        case syntax.Operation():
            return _join(node.operator, *map(dump, node.operands))
        case syntax.Conditional():
            return _join("?:", dump(node.test), dump(node.then), dump(node.otherwise))
        case syntax.Cast():
            return _join("as", dump(node.value), f"<{node.type}>")
        case syntax.Assign():
            return _join(f"set{node.operator}", dump(node.target), dump(node.value))
        case syntax.Default():
            return f"{dump(node.target)}={dump(node.value)}"
        case syntax.ExpressionStatement():
            return dump(node.value)
        case syntax.Declare():
            kind = "let" if node.kind in {"const", "assignment"} else node.kind + "!"
            annotation = f"<{node.annotation}>" if node.annotation else ""
            return _join(kind, dump(node.target) + annotation, dump(node.value))
        case syntax.Return():
            return _join("return", *([dump(node.value)] if node.value else []))
        case syntax.Throw():
            return _join("throw", *([dump(node.value)] if node.value else []))
        case syntax.If():
            return _join("if", dump(node.test), dump(node.then), dump(node.otherwise))
        case syntax.Loop():
            kind = f"async {node.kind}" if node.is_async else node.kind
            over = [dump(node.each), dump(node.iterable)] if node.each else []
            return _join(kind, *over, *([dump(node.header)] if node.header else []), dump(node.body))
        case syntax.Try():
            handler = ["catch", dump(node.parameter), dump(node.handler)] if node.handler is not None else []
            return _join(
                "try", dump(node.body), *handler, *(["finally", dump(node.final)] if node.final else [])
            )
        case syntax.Block():
            return _join("block", dump(node.body))
        case syntax.ImportName():
            name = node.imported if node.imported == node.local else f"{node.imported}:{node.local}"
            return f"type {name}" if node.type_only else name
        case syntax.Import():
            kind = "import()" if node.dynamic else "import type" if node.type_only else "import"
            return _join(kind, f'"{node.source}"', *map(dump, node.names))
        case syntax.Export():
            kind = "export type" if node.type_only else "export default" if node.default else "export"
            if node.declaration is not None:
                return _join(kind, dump(node.declaration))
            pairs = [a if a == b else f"{a}:{b}" for a, b in node.names]
            return _join(kind, *pairs, *([f'from "{node.source}"'] if node.source is not None else []))
        case syntax.Other():
            return _join(node.kind, *map(dump, node.children))
    raise TypeError(node)


def _join(*parts: str) -> str:
    return f"({' '.join(parts)})"


def misplaced(parsed: ParsedFile) -> list[Node]:
    """The nodes that are outside of the file, or (where nothing is made up) outside of their parent."""
    size = len(parsed.source.data)
    return [node for node in syntax.walk(parsed.module) if not 0 <= node.start <= node.end <= size]
