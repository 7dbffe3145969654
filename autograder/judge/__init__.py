"""The judge: trusted, runs tests, computes verdicts; never runs student code."""
