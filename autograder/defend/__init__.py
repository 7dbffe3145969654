"""A sampled oral check: questions from students' own answers, on a sheet to print."""
