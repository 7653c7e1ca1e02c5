"""Text and vector search: inverted indexes with relevance, and nearest vectors. Source: semantics §12.2, §12.3."""

from .text_index import TextIndex
from .text_query import SearchExpression, TextSearch, compile_search, parse_search_expressions
from .text_scan import SearchScan
from .vector_index import NearestVectors, VectorMatch
from .vector_query import VectorSearch, parse_vector_search, search_vectors
from .view import TextView

__all__ = [
    "NearestVectors",
    "SearchExpression",
    "SearchScan",
    "TextIndex",
    "TextSearch",
    "TextView",
    "VectorMatch",
    "VectorSearch",
    "compile_search",
    "parse_search_expressions",
    "parse_vector_search",
    "search_vectors",
]
