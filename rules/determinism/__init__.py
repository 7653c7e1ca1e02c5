"""Rules about what makes a query or a mutation give different results each time, or fail for trying."""
