"""Documents that are all collected, though only a few of them are used.

## What it does

Finds queries whose results are collected when only the first or the last of them is used (`[0]`, `at(-1)`, `const
[first] = …`), or the first few (`slice(0, 10)`).

## Why is this bad?

The query reads and pays for every document, and is run again when any of them changes. `first` and `take` stop
reading when they have enough.

## Example

```ts
const tasks = await ctx.db.query("tasks").order("desc").collect();
return tasks.slice(0, 10);
```

## Use instead

```ts
return await ctx.db.query("tasks").order("desc").take(10);
```

For the last one, turn the order round: `order("desc")` and `first()`.

## Known limits

Silent when the results are used in any other way as well (they are filtered or sorted first, or their number
matters, as in `tasks.length !== 1`), or where their uses can't be followed, and about positions that aren't constant.

## References

* https://docs.convex.dev/database/reading-data/
* https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import handler_case, python_handler, typescript_handler
from biconvex.rules.limits._shared import few_needed
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse

__all__ = ["NeedlessCollect"]


def _taking(name: str, typescript: str, python: str) -> Case:
    """A query of which the fix takes three; `%` stands for its last call."""
    return Case(
        name,
        typescript_handler(typescript.replace("%", "collect()")),
        python_handler(python.replace("%", "collect()")),
        Fixed(
            typescript_handler(typescript.replace("%", "take(3)").replace("«", "").replace("»", "")),
            python_handler(python.replace("%", "take(3)").replace("«", "").replace("»", "")),
        ),
    )


SILENT = (
    handler_case(
        "all of them are used, too",
        """
const tasks = await ctx.db.query("tasks").collect();
console.log(tasks[0].title);
for (const task of tasks) console.log(task._id);
const notes = await ctx.db.query("notes").collect();
return [notes[0], notes.length, notes.map((note) => note._id)];
""",
        """
tasks = await ctx.db.query("tasks").collect()
print(tasks[0]["title"])
for task in tasks:
    print(task["_id"])
notes = await ctx.db.query("notes").collect()
return [notes[0], len(notes), [note["_id"] for note in notes]]
""",
    ),
    handler_case(
        "their number matters, too",
        """
const tasks = await ctx.db.query("tasks").collect();
if (tasks.length !== 1) throw new Error("not just one");
const notes = await ctx.db.query("notes").collect();
return { task: tasks[0], note: notes[0], count: notes.length };
""",
        """
tasks = await ctx.db.query("tasks").collect()
if len(tasks) != 1:
    raise ValueError("not just one")
notes = await ctx.db.query("notes").collect()
return {"task": tasks[0], "note": notes[0], "count": len(notes)}
""",
    ),
    handler_case(
        "positions that aren't constant, and what comes after the first ones",
        """
const tasks = await ctx.db.query("tasks").collect();
const notes = await ctx.db.query("notes").collect();
return [tasks[Math.floor(Math.random() * tasks.length)], notes.slice(10)];
""",
        """
import random
tasks = await ctx.db.query("tasks").collect()
notes = await ctx.db.query("notes").collect()
return [tasks[random.randrange(len(tasks))], notes[10:]]
""",
    ),
    handler_case(
        "the last ones of what was sorted in code",
        """
const tasks = await ctx.db.query("tasks").collect();
return tasks.sort((a, b) => a.votes - b.votes).slice(0, 3);
""",
        """
tasks = await ctx.db.query("tasks").collect()
return sorted(tasks, key=lambda task: task["votes"])[:3]
""",
    ),
)

FLAGGED = (
    handler_case(
        "the first and the last one",
        """
const tasks = await «ctx.db.query("tasks").collect()»;
if (tasks.length === 0) return null;
const [note] = await «ctx.db.query("notes").collect()»;
return [tasks[0], note, (await «ctx.db.query("logs").collect()»).at(-1)];
""",
        """
tasks = await «ctx.db.query("tasks").collect()»
if len(tasks) == 0:
    return None
[note] = await ctx.db.query("notes").take(1)
return [tasks[0], note, (await «ctx.db.query("logs").collect()»)[-1]]
""",
    ),
    _taking(
        "the first three",
        'return (await «ctx.db.query("tasks").order("desc").%»).slice(0, 3);',
        'return (await «ctx.db.query("tasks").order("desc").%»)[:3]',
    ),
    _taking(
        "the third one, by a variable",
        'const tasks = await «ctx.db.query("tasks").%»;\nreturn [tasks[0], tasks[2]];',
        'tasks = await «ctx.db.query("tasks").%»\nreturn [tasks[0], tasks[2]]',
    ),
)

_TERMINAL = "collect()"


class NeedlessCollect(Rule):
    """Every query that is collected when only its first or last results are used."""

    name = "needless-collect"
    theme = "limits"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/reading-data/",
        "https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such query."""
        for call in backend.database_uses:
            number = few_needed(backend, call)
            if number and not in_tests(call.place):
                yield _problem(call, number)


def _problem(call: DatabaseUse, number: int) -> Problem:
    uses = [use for use in call.uses if use.operation != "length"]
    last = any(use.key == -1 for use in uses)
    if last:
        used, remedy = "the last document is", "turn the order round, and use `first()`"
    elif number == 1:
        used, remedy = "the first document is", "use `first()`"
    else:
        used, remedy = f"the first {number} documents are", f"use `take({number})`"
    return Problem(
        call.place,
        f"All that this query finds is read, and only {used} used.",
        help=remedy,
        evidence=tuple((use.place, "used here") for use in uses),
        fix=None if last else _fix(call, number),
    )


def _fix(call: DatabaseUse, number: int) -> Fix | None:
    """Take no more than what is used; what uses it stays as it is.

    Not where the number of documents is used as well, nor for one document, where `first()` reads better.
    """
    place = call.place
    uses = call.uses
    counted = any(use.operation == "length" for use in uses)
    if number == 1 or counted or not place.text.endswith(_TERMINAL):
        return None
    start = place.end - len(_TERMINAL)
    return Fix(f"use `take({number})`", (Edit(place.source.path, start, place.end, f"take({number})"),))
