"""Hosts: who runs a handler, in each language, behind one stepping protocol."""
