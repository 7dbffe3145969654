"""Grading of notebooks whose marks can be trusted: the judge, its wire and the tools around it."""
