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
predicted["shape"] = (5, 5)  # (5,) is read as (1, 5); against (5, 1) it gives all 25 pairs
predicted["wrap"] = 44  # 300 - 256: uint8 arrays stay uint8
predicted["python_scalar"] = "float32"  # a Python float takes the dtype of the array
predicted["numpy_scalar"] = "float64"  # a NumPy scalar keeps its own dtype, since NumPy 2
predicted["view"] = (0.0, 0.0)  # a slice is a view, an index list makes a copy
predicted["torch_default"] = "torch.float32"  # float tensors default to float32
predicted["accumulate"] = 12.0  # three times 2w = 4, added up in .grad
predicted["detach"] = 3.0  # only the first factor is differentiated
