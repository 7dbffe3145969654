"""Confinement of one student's process: namespaces, another user, or limits only."""
