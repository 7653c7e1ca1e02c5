"""The static analyzer: from the source of Convex backends to findings."""
