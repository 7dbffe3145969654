"""Where marks go: nbgrader, Gradescope, otter."""
