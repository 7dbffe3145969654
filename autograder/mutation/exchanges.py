"""Which operators and functions are exchanged for which."""

from __future__ import annotations

import libcst as cst

ARITHMETIC: dict[type[cst.BaseBinaryOp], type[cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Divide,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Divide,
    cst.Modulo: cst.FloorDivide,
    cst.Power: cst.Multiply,
    cst.MatrixMultiply: cst.Multiply,
    cst.BitAnd: cst.BitOr,
    cst.BitOr: cst.BitAnd,
}
NOT_COMMUTATIVE = (cst.Subtract, cst.Divide, cst.MatrixMultiply, cst.Power, cst.FloorDivide)
AUGMENTED: dict[type[cst.BaseAugOp], type[cst.BaseAugOp]] = {
    cst.AddAssign: cst.SubtractAssign,
    cst.SubtractAssign: cst.AddAssign,
    cst.MultiplyAssign: cst.DivideAssign,
    cst.DivideAssign: cst.MultiplyAssign,
}
COMPARISONS: dict[type[cst.BaseCompOp], tuple[type[cst.BaseCompOp], ...]] = {
    cst.LessThan: (cst.LessThanEqual, cst.GreaterThan),
    cst.LessThanEqual: (cst.LessThan, cst.GreaterThanEqual),
    cst.GreaterThan: (cst.GreaterThanEqual, cst.LessThan),
    cst.GreaterThanEqual: (cst.GreaterThan, cst.LessThanEqual),
    cst.Equal: (cst.NotEqual,),
    cst.NotEqual: (cst.Equal,),
    cst.In: (cst.NotIn,),
    cst.NotIn: (cst.In,),
    cst.Is: (cst.IsNot,),
    cst.IsNot: (cst.Is,),
}
FUNCTIONS = {
    a: b
    for pair in (
        ("max", "min"),
        ("argmax", "argmin"),
        ("maximum", "minimum"),
        ("sum", "mean"),
        ("zeros", "ones"),
        ("zeros_like", "ones_like"),
        ("any", "all"),
        ("floor", "ceil"),
        ("sin", "cos"),
        ("var", "std"),
    )
    for a, b in (pair, pair[::-1])
}
COMMUTATIVE = ("maximum", "minimum", "logaddexp", "max", "min")
