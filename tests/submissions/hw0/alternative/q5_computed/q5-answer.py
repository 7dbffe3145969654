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
predicted["shape"] = ((np.zeros(5) - np.zeros((5, 1))) ** 2).shape
predicted["wrap"] = int((np.array([200], dtype=np.uint8) + np.array([100], dtype=np.uint8))[0])
predicted["python_scalar"] = (np.ones(3, dtype=np.float32) * 0.1).dtype
predicted["numpy_scalar"] = (np.ones(3, dtype=np.float32) * np.float64(0.1)).dtype
predicted["view"] = (1.0, 0.0)
predicted["torch_default"] = (torch.tensor([1.0, 2.0]) + torch.tensor([1, 2])).dtype
predicted["accumulate"] = 12.0
predicted["detach"] = 3.0
