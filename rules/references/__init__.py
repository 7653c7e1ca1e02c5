"""Rules about function references and what they name."""
