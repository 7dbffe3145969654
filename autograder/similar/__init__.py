"""Which code answers are suspiciously alike: evidence to look at, not a verdict."""
