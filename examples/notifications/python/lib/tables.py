import json as json_module


def plain(value):
    """A number as JSON has it: Convex's numbers are floats, and 12.0 is written 12."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def csv_cell(value):
    """As RFC 4180 has it, with an apostrophe before what a spreadsheet would take for a formula."""
    text = "" if value is None else str(plain(value))
    safe = f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text
    return '"' + safe.replace('"', '""') + '"' if any(sign in safe for sign in '",\r\n') else safe


def csv(columns, rows):
    return "".join(",".join(map(csv_cell, row)) + "\r\n" for row in [columns, *rows])


def json(columns, rows):
    objects = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
    return json_module.dumps(objects, ensure_ascii=False, separators=(",", ":"))
