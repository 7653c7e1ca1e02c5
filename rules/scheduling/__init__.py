"""Rules about scheduled functions."""
