"""Rules about what a function may read, write and return."""
