"""What may stand in a configuration file, as pydantic models; import this only when there is a file."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

from biconvex.lint.config.errors import ConfigError
from biconvex.lint.finding import Severity
from biconvex.lint.nearest import did_you_mean
from biconvex.lint.rule import NoOptions, Preset
from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, StrictStr, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.config.find import ConfigFile

__all__ = ["ConfigModel", "OverrideModel", "rule_settings", "validated"]

Names = list[Annotated[StrictStr, Field(min_length=1)]]


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-")
    )


class OverrideModel(_Strict):
    """`[[overrides]]`: rules and themes that are not wanted in the files that some patterns match."""

    paths: Names
    ignore: Names


class ConfigModel(_Strict):
    """The whole configuration.

    Rules are chosen by their names or those of their themes; paths are relative to the file's folder.
    """

    preset: Preset = "recommended"
    select: Names | None = None
    extend_select: Names = []
    ignore: Names = []
    exclude: Names = []
    baseline: StrictStr | None = None
    overrides: list[OverrideModel] = []
    rules: dict[str, dict[str, Any]] = {}


def validated(file: ConfigFile) -> ConfigModel:
    """Validate the values of a configuration file. Raises `ConfigError` with a line for each mistake."""
    try:
        return ConfigModel.model_validate(file.values)
    except ValidationError as error:
        raise ConfigError("\n".join(_mistakes(file, error))) from error


def rule_settings(
    file: ConfigFile, name: str, options: type[Any] | None, given: Mapping[str, Any]
) -> tuple[Severity | None, Any]:
    """Read `[rules.<name>]`: the severity, and the options of the rule's class if any are set (otherwise None).

    `options` is the rule's `Options`; None for the engine's own findings. Raises `ConfigError` with a line for
    each mistake.
    """
    where = ("rules", name)
    names = {field.name.replace("_", "-"): field.name for field in fields(options or NoOptions)}
    known = sorted({*names, "severity"})
    problems = [
        f"{_key(file, (*where, key))}: the rule has no such option: "
        + did_you_mean(key, known, f"there is {', '.join(f'`{one}`' for one in known)}")
        for key in given
        if key not in known
    ]
    severity = chosen = None
    values = {names[key]: value for key, value in given.items() if key in names}
    try:
        if "severity" in given:
            severity = TypeAdapter(Severity).validate_python(given["severity"])
    except ValidationError as error:
        problems += _mistakes(file, error, (*where, "severity"))
    try:
        if values and options is not None:
            chosen = TypeAdapter(options).validate_python(values)
    except ValidationError as error:
        problems += _mistakes(file, error, where)
    except (PydanticUserError, NameError) as error:
        problems.append(f"{_key(file, where)}: the rule's `Options` can't be used: {error}")
    if problems:
        raise ConfigError("\n".join(problems))
    return severity, chosen


def _mistakes(file: ConfigFile, error: ValidationError, above: tuple[str | int, ...] = ()) -> Iterator[str]:
    for mistake in error.errors(include_url=False):
        where = (*above, *mistake["loc"])
        if above:  # a field of a rule's `Options`
            where = tuple(part if isinstance(part, int) else part.replace("_", "-") for part in where)
        if mistake["type"] == "extra_forbidden":
            model = OverrideModel if where[0] == "overrides" else ConfigModel
            known = [name.replace("_", "-") for name in model.model_fields]
            said = "there is no such option: " + did_you_mean(
                str(where[-1]), known, f"there are {', '.join(known)}"
            )
        elif mistake["type"] == "missing":
            said = "is missing"
        else:
            said = f"{mistake['msg'][:1].lower()}{mistake['msg'][1:]}, not {repr(mistake['input'])[:60]}"
        yield f"{_key(file, where)}: {said}"


def _key(file: ConfigFile, where: tuple[str | int, ...]) -> str:
    key = file.prefix
    for part in where:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return f"{file.shown}: {key}" if key else file.shown
