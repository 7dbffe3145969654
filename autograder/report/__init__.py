"""What people read after a grading run: the class table, grades.csv and report.html.

`schema.Run` is the one input of all three. Nothing here imports torch, and matplotlib is imported
only when `html.write_report` draws.
"""
