"""Gradescope: a zip that grades uploads in its container, by the same judge."""
