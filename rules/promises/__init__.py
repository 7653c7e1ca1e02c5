"""Rules about promises and their await."""
