"""Rules about who may do what, and about secrets."""
