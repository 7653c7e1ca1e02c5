"""Rules about the use of the database."""
