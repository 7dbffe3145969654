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
predicted = {
    "shape": [5, 5],
    "wrap": 44,
    "python_scalar": "float32",
    "numpy_scalar": "float64",
    "view": [1, 0],
    "torch_default": "float32",
    "accumulate": 12,
    "detach": 3,
}
