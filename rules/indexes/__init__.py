"""Rules about index definitions and the queries that use them."""
