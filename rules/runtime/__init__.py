"""Rules about where code runs: Convex's own runtime, or Node.js."""
