walk = dict.fromkeys(
    ["order", "graded_file", "counts", "green_is_full", "may_rename", "deleted_cell"]
)
# Replace the lines below by your own: walk["order"] = [...] and so on, one line for each key.
walk = {}
