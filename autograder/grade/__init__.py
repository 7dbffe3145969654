"""A submission from folder to gradebook."""
