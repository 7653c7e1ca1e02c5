"""Rules about what functions declare about their arguments and results."""
