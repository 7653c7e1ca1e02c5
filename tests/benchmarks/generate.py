"""Writes the backend that the linters are measured on: one file of functions and one of helpers for each entity.

The files in `templates/` tell of "things"; here every entity takes the place of things, with a choice of the
functions, a few fields of its own and now and then a mistake. The same seed writes the same backend.
"""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
SEED = 20_250_101
LINES = 12_000

AREAS = {
    "billing": ["invoice", "payment", "refund", "subscription", "coupon", "receipt", "dunning_run"],
    "sales": ["order", "quote", "lead", "campaign", "contract", "discount", "territory_plan"],
    "support": ["ticket", "thread", "macro", "escalation", "survey", "incident", "article"],
    "logistics": ["shipment", "parcel", "route", "driver", "pickup", "warehouse", "stock_count"],
    "people": ["employee", "absence", "shift", "payroll", "review_round", "applicant", "interview"],
    "projects": ["project", "milestone", "sprint", "task", "budget", "timesheet", "retrospective"],
}
ALWAYS = {"list", "get", "create", "archiveIfDone", "sweep", "forService", "setStatus", "announce"}
"""The functions that every module has; each of the others is left out now and then."""

MORE = [
    "",
    "regional_",
    "archived_",
    "partner_",
    "seasonal_",
    "internal_",
    "drafted_",
    "imported_",
    "pending_",
    "expired_",
]
"""What comes before the names of entities when those alone are too few for a large backend."""

EXTRA_FIELDS = [
    "color: v.optional(v.string()),",
    "priority: v.optional(v.union(v.literal(1), v.literal(2), v.literal(3))),",
    "reference: v.optional(v.string()),",
    "currency: v.optional(v.string()),",
    "attachments: v.optional(v.array(v.id('_storage'))),",
    "address: v.optional(v.object({ street: v.string(), city: v.string(), code: v.string() })),",
    "settings: v.optional(v.record(v.string(), v.boolean())),",
    "parentId: v.optional(v.id('things')),",
    "reviewedBy: v.optional(v.array(v.id('users'))),",
    "score: v.optional(v.number()),",
]

SERVER = """\
import {
  actionGeneric,
  httpActionGeneric,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
  type ActionBuilder,
  type GenericMutationCtx,
  type GenericQueryCtx,
  type HttpActionBuilder,
  type MutationBuilder,
  type QueryBuilder,
} from "convex/server";
import type { DataModel } from "./dataModel";

export const query: QueryBuilder<DataModel, "public"> = queryGeneric;
export const internalQuery: QueryBuilder<DataModel, "internal"> = internalQueryGeneric;
export const mutation: MutationBuilder<DataModel, "public"> = mutationGeneric;
export const internalMutation: MutationBuilder<DataModel, "internal"> = internalMutationGeneric;
export const action: ActionBuilder<DataModel, "public"> = actionGeneric;
export const internalAction: ActionBuilder<DataModel, "internal"> = internalActionGeneric;
export const httpAction: HttpActionBuilder = httpActionGeneric;
export type QueryCtx = GenericQueryCtx<DataModel>;
export type MutationCtx = GenericMutationCtx<DataModel>;
"""


def rename(text: str, area: str, entity: str) -> str:
    """Puts an entity, such as `stock_count`, in the place of things."""
    first, *rest = entity.split("_")
    name = first + "".join(word.capitalize() for word in rest)
    title = name[0].upper() + name[1:]
    for thing, instead in [("Thing", title), ("thing", name)]:
        text = text.replace(f"{thing}s", f"{instead}s").replace(thing, instead)
    return text.replace("AREA", area)


def functions(text: str) -> dict[str, str]:
    """The exported functions of a template by name, each with the comment above it."""
    found = list(re.finditer(r"^(?:/\*\*.*\*/\n)?export const (\w+)", text, flags=re.MULTILINE))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {match[1]: text[match.start() : end].rstrip("\n") for match, end in zip(found, ends, strict=True)}


class Generator:
    """Writes a backend of about so many lines below a folder, and counts them."""

    def __init__(self, project: Path, seed: int = SEED) -> None:
        self.convex = project / "convex"
        self.lines = 0
        self.modules: list[str] = []
        self._random = random.Random(seed)
        self._templates = {path.stem: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.ts")}

    def write(self, lines: int) -> None:
        """Write the modules, the helpers, the schema and the generated folder."""
        tables: list[str] = []
        head, _, rest = self._templates["schema"].partition("  things: defineTable")
        self._file("model/access.ts", self._templates["access"])
        pairs = [
            (area, f"{more}{entity}")
            for more in MORE
            for group in zip(*AREAS.values(), strict=True)
            for area, entity in zip(AREAS, group, strict=True)
        ]
        for area, entity in pairs:
            if self.lines + sum(table.count("\n") for table in tables) >= lines:
                break
            extra = self._random.sample(EXTRA_FIELDS, self._random.randint(1, 4))
            table = "  things: defineTable" + rest.removesuffix("});\n")
            tables.append(rename(self._with_fields(table, extra), area, entity))
            module = rename("things", area, entity)
            self._file(f"{area}/{module}.ts", rename(self._with_fields(self._module(), extra), area, entity))
            self._file(f"model/{module}.ts", rename(self._templates["model"], area, entity))
        self._file("schema.ts", f"{head}{''.join(tables)}}});\n")
        self._generated()

    def _module(self) -> str:
        template = self._templates["things"]
        parts = functions(template)
        header = template[: template.index(next(iter(parts.values())))].rstrip("\n")
        kept = [text for name, text in parts.items() if name in ALWAYS or self._random.random() < 0.85]
        kept += [
            text for text in functions(self._templates["mistakes"]).values() if self._random.random() < 0.12
        ]
        return "\n\n".join([header, *kept]) + "\n"

    @staticmethod
    def _with_fields(text: str, fields: list[str]) -> str:
        return re.sub(
            r"^( *)// extra fields\n",
            lambda at: "".join(f"{at[1]}{field}\n" for field in fields),
            text,
            flags=re.M,
        )

    def _generated(self) -> None:
        names = {module: re.sub(r"\W", "_", module) for module in self.modules}
        imports = "".join(f'import type * as {name} from "../{module}";\n' for module, name in names.items())
        entries = "".join(f'  "{module}": typeof {name};\n' for module, name in names.items())
        api = (
            'import { anyApi, type ApiFromModules, type FilterApi, type FunctionReference } from "convex/server";\n'
            f"{imports}\ntype FullApi = ApiFromModules<{{\n{entries}}}>;\n\n"
            'export const api: FilterApi<FullApi, FunctionReference<any, "public">> = anyApi as any;\n'
            'export const internal: FilterApi<FullApi, FunctionReference<any, "internal">> = anyApi as any;\n'
        )
        data_model = (TEMPLATES.parent / "workload/convex/_generated/dataModel.ts").read_text(
            encoding="utf-8"
        )
        for name, text in {"api": api, "server": SERVER, "dataModel": data_model}.items():
            path = self.convex / "_generated" / f"{name}.ts"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _file(self, name: str, text: str) -> None:
        path = self.convex / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.lines += text.count("\n")
        self.modules.append(name.removesuffix(".ts"))


def generate(project: Path, lines: int = LINES) -> tuple[int, int]:
    """Write a backend of about `lines` lines into a fresh folder; how many files and lines it has."""
    shutil.rmtree(project, ignore_errors=True)
    generator = Generator(project)
    generator.write(lines)
    (project / "package.json").write_text(
        '{ "name": "generated-backend", "private": true, "type": "module" }\n'
    )
    tsconfig = (TEMPLATES.parent / "workload" / "tsconfig.json").read_text(encoding="utf-8")
    (project / "tsconfig.json").write_text(tsconfig, encoding="utf-8")
    return len(generator.modules), generator.lines
