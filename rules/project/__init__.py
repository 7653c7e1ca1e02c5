"""Rules about the project as a whole: its imports, its components, its errors, its files."""
