predicted = dict.fromkeys(
    [
        "shape",
        "wrap",
        "python_scalar",
        "numpy_scalar",
        "view",
        "torch_default",
        "accumulate",
        "detach",
    ]
)
# Replace the lines below by your own: predicted["shape"] = (...) and so on, one line for each key.
predicted = {}
