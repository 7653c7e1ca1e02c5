import re

from biconvex.sim.values import v

from .phones import turkish_phone

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

BENEFICIARY_FIELDS = {
    "code": v.string(),
    "name": v.string(),
    "phone": v.optional(v.string()),
    "email": v.optional(v.string()),
    "status": v.union(v.literal("active"), v.literal("inactive")),
    # The sum of the donations that were received for them, in kuruş.
    "received": v.number(),
}

DONATION_FIELDS = {
    "receipt": v.string(),
    "beneficiary": v.string(),
    "donor": v.string(),
    # In kuruş, so that sums are exact.
    "amount": v.number(),
    "status": v.union(v.literal("pledged"), v.literal("received")),
}

collection_validator = v.union(v.literal("beneficiaries"), v.literal("donations"))
row_validator = v.record(v.string(), v.union(v.string(), v.number(), v.boolean(), v.null()))

# What an export has of a document, and in which order.
COLUMNS = {
    "beneficiaries": ["code", "name", "phone", "email", "status", "received"],
    "donations": ["receipt", "beneficiary", "donor", "amount", "status"],
}


class RowReader:
    """Reads the fields of one row, and gathers what is wrong with them."""

    def __init__(self, row):
        self.row = row
        self.problems = []

    def text(self, field):
        value = self.row.get(field)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self._problem(field, "is missing")
        return ""

    def amount(self, field):
        value = self.row.get(field)
        if isinstance(value, float) and value.is_integer() and value > 0:
            return value
        self._problem(field, "is no whole number above 0")
        return 0

    def choice(self, field, choices):
        value = self.row.get(field)
        if value is None:
            return choices[0]
        if value in choices:
            return value
        self._problem(field, f"is none of {', '.join(choices)}")
        return choices[0]

    def phone(self, field):
        return self._optional(field, turkish_phone, "is no Turkish mobile number")

    def email(self, field):
        return self._optional(
            field, lambda text: text if EMAIL.fullmatch(text) else None, "is no e-mail address"
        )

    def _optional(self, field, read, message):
        value = self.row.get(field)
        if value is None or value == "":
            return None
        found = read(value.strip()) if isinstance(value, str) else None
        if found is None:
            self._problem(field, message)
        return found

    def _problem(self, field, message):
        self.problems.append({"field": field, "message": message})


def read_beneficiary(row):
    read = RowReader(row)
    value = {
        "code": read.text("code"),
        "name": read.text("name"),
        "phone": read.phone("phone"),
        "email": read.email("email"),
        "status": read.choice("status", ["active", "inactive"]),
    }
    return value, read.problems


def read_donation(row):
    read = RowReader(row)
    value = {
        "receipt": read.text("receipt"),
        "beneficiary": read.text("beneficiary"),
        "donor": read.text("donor"),
        "amount": read.amount("amount"),
        "status": read.choice("status", ["pledged", "received"]),
    }
    return value, read.problems


def problems_of(collection, row):
    _, problems = read_beneficiary(row) if collection == "beneficiaries" else read_donation(row)
    return problems
