"""Measures hidden tests: changes the model solution at one point at a time and marks each change.

Theory of operation
-------------------
A mutant is the model solution with one small change: another operator, a constant off by one, a
dropped term, swapped arguments, a removed statement. Hidden tests that give a mutant full marks
either miss something, or the change makes no difference to anything the statement asks for.

`points` says where a cell's text can be changed and to what, `mutants` makes the changed texts,
`stages` says what has to run for a question. `bench` is a judge of its own: it collects the tests
as the grader does, has the zygote start one confined process, runs what stands before the changed
cell in it once, and marks each mutant in a copy of that process. The tests, the wire, the sandbox
and the marking are the grader's own; what is left out (rebuilding the notebook, writing marks) does
not depend on the answer. The tests are tried one by one until one takes points away, those that
have told most mutants first; a mutant that none takes points from is marked once more in full.

Limits are shortened first, since a mutant in an endless loop would use them up; one that loses
points by time alone is marked again with the real limits.

`equivalence` reads the notes that say which mutants are right answers, and why. Notes are held
against the mutants: one that fits none, or that calls a mutant right which the tests reject, is an
error.
"""
