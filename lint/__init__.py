"""The static analyzer: front ends, analysis, the backend model, the engine and its reports."""
