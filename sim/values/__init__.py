"""Convex values: their Python shapes, wire encoding, sizes and total order; validators; document ids.

What other parts of the simulator need is exported here. Source: semantics §2 to §4.
"""

from .builders import as_object_validator, v
from .compound_validators import ArrayValidator, UnionValidator
from .decoding import from_json, from_json_or_undefined, loads, patch_from_json, pending_from_json
from .display import display, type_name
from .documents import MAX_DOCUMENT_NESTING, MAX_DOCUMENT_SIZE, DocumentLimits, check_document
from .encoding import dumps, patch_to_json, to_json, to_json_or_undefined
from .errors import (
    ConvexError,
    DeveloperError,
    FunctionError,
    InternalError,
    InvariantError,
    InvariantViolation,
    NetworkError,
    ProjectError,
    SimulationError,
    StallError,
    UsageError,
)
from .exact_validators import IdValidator, LiteralValidator
from .identifiers import check_field_name, check_identifier, is_field_name, is_identifier
from .ids import DocumentId, decode_id, encode_id
from .int64 import MAX_INT64, MIN_INT64, Int64
from .limits import ValueLimits
from .object_validators import ObjectValidator, RecordValidator
from .order import compare, index_key, index_key_of
from .pending import is_pending, resolve_commit_ts
from .python import from_python, patch_from_python, pending_from_python
from .rust import format_bytes
from .size import MAX_ARRAY_LENGTH, MAX_NESTING, MAX_OBJECT_FIELDS, check_size, nesting_of, size_of
from .types import COMMIT_TS, UNDEFINED, CommitTsPlaceholder, Undefined, Value
from .validator_json import compile_validator
from .validators import AnyValidator, ScalarValidator, Tables, Validator

__all__ = [
    "COMMIT_TS",
    "MAX_ARRAY_LENGTH",
    "MAX_DOCUMENT_NESTING",
    "MAX_DOCUMENT_SIZE",
    "MAX_INT64",
    "MAX_NESTING",
    "MAX_OBJECT_FIELDS",
    "MIN_INT64",
    "UNDEFINED",
    "AnyValidator",
    "ArrayValidator",
    "CommitTsPlaceholder",
    "ConvexError",
    "DeveloperError",
    "DocumentId",
    "DocumentLimits",
    "FunctionError",
    "IdValidator",
    "Int64",
    "InternalError",
    "InvariantError",
    "InvariantViolation",
    "LiteralValidator",
    "NetworkError",
    "ObjectValidator",
    "ProjectError",
    "RecordValidator",
    "ScalarValidator",
    "SimulationError",
    "StallError",
    "Tables",
    "Undefined",
    "UnionValidator",
    "UsageError",
    "Validator",
    "Value",
    "ValueLimits",
    "as_object_validator",
    "check_document",
    "check_field_name",
    "check_identifier",
    "check_size",
    "compare",
    "compile_validator",
    "decode_id",
    "display",
    "dumps",
    "encode_id",
    "format_bytes",
    "from_json",
    "from_json_or_undefined",
    "from_python",
    "index_key",
    "index_key_of",
    "is_field_name",
    "is_identifier",
    "is_pending",
    "loads",
    "nesting_of",
    "patch_from_json",
    "patch_from_python",
    "patch_to_json",
    "pending_from_json",
    "pending_from_python",
    "resolve_commit_ts",
    "size_of",
    "to_json",
    "to_json_or_undefined",
    "type_name",
    "v",
]
