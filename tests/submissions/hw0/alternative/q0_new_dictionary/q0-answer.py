walk = dict.fromkeys(
    ["order", "graded_file", "counts", "green_is_full", "may_rename", "deleted_cell"]
)
# Replace the lines below by your own: walk["order"] = [...] and so on, one line for each key.
walk = dict(
    order="fetch check restart validate submit".split(),
    graded_file="hw0.ipynb",
    counts="last",
    green_is_full=False,
    may_rename=False,
    deleted_cell="NameError",
)
