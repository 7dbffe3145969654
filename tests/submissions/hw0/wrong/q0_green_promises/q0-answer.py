walk = dict.fromkeys(
    ["order", "graded_file", "counts", "green_is_full", "may_rename", "deleted_cell"]
)
# Replace the lines below by your own: walk["order"] = [...] and so on, one line for each key.
walk["order"] = ["fetch", "check", "restart", "validate", "submit"]
walk["graded_file"] = "hw0.ipynb"
walk["counts"] = "last"
walk["green_is_full"] = True
walk["may_rename"] = False
walk["deleted_cell"] = "NameError"
