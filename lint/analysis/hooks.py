"""What an evaluator leaves to its subclasses: walking statements and functions, and collecting facts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from biconvex.lint import syntax
    from biconvex.lint.analysis.ctx import Ctx
    from biconvex.lint.analysis.data import Documents
    from biconvex.lint.analysis.promises import Draft
    from biconvex.lint.analysis.queries import QueryRecord
    from biconvex.lint.analysis.registration import Registered
    from biconvex.lint.analysis.results import ResultDraft
    from biconvex.lint.analysis.scopes import Scope, Variable
    from biconvex.lint.analysis.values import CallSite, Closure, External, Value
    from biconvex.lint.model import IndexUse, Loop, QueryChain

__all__ = ["Hooks"]


class Hooks(ABC):
    """The methods that subclasses of the evaluator add."""

    @abstractmethod
    def visit(self, node: syntax.Node, scope: Scope) -> Value | None:
        """Take a node that may be a statement or an expression."""

    @abstractmethod
    def call_closure(self, closure: Closure, site: CallSite) -> Value | None:
        """Call a function of the source."""

    @abstractmethod
    def call_external(self, external: External, site: CallSite) -> Value | None:
        """Call something of a package, of generated code, or a global."""

    @abstractmethod
    def ctx_call(self, api: str, ctx: Ctx, site: CallSite) -> Value | None:
        """Note a call on a ctx; gives its value where it is not a promise."""

    @abstractmethod
    def query_use(
        self, site: CallSite, record: QueryRecord, chain: QueryChain
    ) -> tuple[Draft | None, ResultDraft | None]:
        """Note a query that was run; gives its promise, and what is known of its results."""

    @abstractmethod
    def index_use(self, node: syntax.Node, use: IndexUse) -> None:
        """Note a use of an index."""

    @abstractmethod
    def inline(self, closure: Closure, arguments: list[Value | None]) -> Value | None:
        """Walk through a function where it stands; gives what it returns."""

    @abstractmethod
    def callback(
        self, closure: Closure, arguments: list[Value | None], *, certain: bool = True
    ) -> Value | None:
        """Walk through a function that somebody else calls; gives what it returns, a promise if it is async.

        `certain` is false when that may be later, or never.
        """

    @abstractmethod
    def in_loop(self, loop: Loop, walk: Callable[[], Value | None]) -> Value | None:
        """Walk something that a callback's loop runs."""

    @abstractmethod
    def promise(
        self,
        node: syntax.Node,
        scope: Scope,
        *,
        api: str | None = None,
        of: Draft | None = None,
        through: str | None = None,
    ) -> Draft | None:
        """Note a promise; None where nothing becomes a fact."""

    @abstractmethod
    def called_directly(self, registered: Registered, site: CallSite) -> None:
        """Note that a registered function is called as if it were a plain one."""

    @abstractmethod
    def note_reference(self, external: External, node: syntax.Node, scope: Scope) -> None:
        """Note a function reference that is written in the source."""

    @abstractmethod
    def plain_call(self, closure: Closure, node: syntax.Node, scope: Scope) -> None:
        """Note a call of a function that gets no ctx."""

    @abstractmethod
    def module_write(self, target: syntax.Node, operation: str, node: syntax.Node, scope: Scope) -> None:
        """Note that something may change what a variable at the top of a module holds."""

    @abstractmethod
    def import_value(self, source: str, scope: Scope) -> Value | None:
        """Give the module that `import("source")` or `require("source")` gives."""

    @property
    @abstractmethod
    def documents(self) -> Documents:
        """The documents of the backend's tables."""

    @abstractmethod
    def pass_on(self, site: CallSite) -> None:
        """Note what a call out of sight is handed."""

    @abstractmethod
    def reassign(self, variable: Variable, value: Value | None) -> None:
        """Give a variable another value."""

    @abstractmethod
    def bind(self, target: syntax.Node, value: Value | None, scope: Scope, *, declare: bool = True) -> None:
        """Bind the names of a pattern to the parts of a value."""
