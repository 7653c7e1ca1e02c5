"""Code in Markdown: the fenced blocks of a document, linted as fragments of backends."""

from biconvex.lint.markdown.document import Document, read_document

__all__ = ["Document", "read_document"]
