"""Rules about what runs in one transaction, and what does not."""
