import torch


def least_squares_gd(A, b):
    return (torch.tensor(A).pinverse() @ torch.tensor(b)).numpy()
