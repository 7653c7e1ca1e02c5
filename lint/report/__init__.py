"""Reports: what the linter found, for people and for programs."""
