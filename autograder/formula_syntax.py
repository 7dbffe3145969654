"""A formula that somebody typed, read without ever running it.

`read_formula` takes Python's arithmetic (`x**2*exp(-x)`, also with `^`, `E` for e and `lambda` as a
symbol) or LaTeX, with or without dollars, and gives Python's syntax tree with nothing in it but
numbers, known names, arithmetic and known functions. Neither the text nor anything made from it
reaches `eval`, nor sympy's parsers, which evaluate what they read.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection

from autograder.errors import SubmissionError, shown

MOST_CHARACTERS = 2000
MOST_NODES = 400
MOST_DEPTH = 60
FUNCTIONS = frozenset("sin cos tan asin acos atan sinh cosh tanh exp log sqrt abs erf".split())
ALIASES = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "Abs": "abs"}
CONSTANTS = frozenset({"pi", "e"})
CLOSED_FORM = frozenset("sum prod int oint lim iint infty partial nabla".split())
BARS = {"lvert": "<", "rvert": ">", "vert": "|"}
SIDES = {("command", "left"): "<", ("command", "right"): ">"}
# What people type, or copy from a page, for signs of a keyboard.
TYPED = str.maketrans({"·": "*", "×": "*", "⋅": "*", "−": "-", "–": "-", "÷": "/"})
_DOLLARS = re.compile(r"\s*(\$\$|\$|\\\(|\\\[)(.*?)(\$\$|\$|\\\)|\\\])\s*", re.DOTALL)
_LAMBDA = re.compile(r"\blambda\b")  # a keyword of Python's, and everybody's regulariser
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub)


def read_formula(text: object, symbols: Collection[str]) -> ast.expr:
    """The tree of a formula.

    Args:
        text: what was entered.
        symbols: names that may occur in it; `pi` and `e` always may.

    Raises:
        SubmissionError: it is no formula in these symbols; says where and why.
    """
    if not isinstance(text, str) or not text.strip():
        raise SubmissionError(f"formula must be a text such as 'x**2 + 1', got {shown(text)}")
    if len(text) > MOST_CHARACTERS:
        raise SubmissionError(
            f"formula must have at most {MOST_CHARACTERS} characters, got {len(text)}"
        )
    dollars = _DOLLARS.fullmatch(text)
    inner = (dollars[2] if dollars else text).translate(TYPED)
    plain = from_latex(inner) if dollars or "\\" in inner or "{" in inner else inner
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            plain_python = _LAMBDA.sub("lamda", plain.strip().replace("^", "**"))
            tree: ast.expr = ast.parse(plain_python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = getattr(error, "offset", None)
        place = f" near character {where}" if where and plain is inner else ""
        raise SubmissionError(
            f"formula must be readable, products with *, got an error{place}: {shown(text)}"
        ) from None
    try:
        tree = _Spelled(symbols).visit(tree)
    except RecursionError:
        raise SubmissionError("formula must be short enough to read, got a very deep one") from None
    _check(tree, {*symbols, *CONSTANTS}, symbols)
    return tree


class _Spelled(ast.NodeTransformer):
    """Names as the question has them; sympy's Rational(1, 2) and log(x, 2) as quotients."""

    def __init__(self, symbols: Collection[str]) -> None:
        self._symbols = symbols

    def visit_Name(self, node: ast.Name) -> ast.Name:
        known = node.id in self._symbols
        name = node.id if known else {"lamda": "lambda", "E": "e"}.get(node.id, node.id)
        return ast.Name(name, node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and len(node.args) == 2 and not node.keywords:
            top, bottom = node.args
            if node.func.id == "Rational":
                return ast.BinOp(top, ast.Div(), bottom)
            if node.func.id in ("log", "ln"):
                top, bottom = (ast.Call(node.func, [each], []) for each in node.args)
                return ast.BinOp(top, ast.Div(), bottom)
        return node


def _check(tree: ast.expr, names: set[str], symbols: Collection[str]) -> None:
    stack, count = [(tree, 1)], 0
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MOST_NODES or depth > MOST_DEPTH:
            raise SubmissionError("formula must be short enough to read, got a very large one")
        stack += [(child, depth + 1) for child in _operands(node, names, symbols)]


def _operands(node: ast.expr, names: set[str], symbols: Collection[str]) -> list[ast.expr]:
    """The parts of a node that is allowed."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, OPERATORS):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, OPERATORS):
        return [node.operand]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.Name):
        if node.id not in names:
            known = ", ".join(sorted(symbols))
            raise SubmissionError(f"symbols must be among {known}, got {shown(node.id)}")
        return []
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if ALIASES.get(name, name) not in FUNCTIONS or len(node.args) != 1 or node.keywords:
            known = ", ".join(sorted(FUNCTIONS))
            found = shown(ast.unparse(node))
            raise SubmissionError(f"functions must be of one argument among {known}, got {found}")
        return list(node.args)
    hint = "; write a product with *" if isinstance(node, ast.Call) else ""
    raise SubmissionError(f"formula must be arithmetic{hint}, got {shown(ast.unparse(node))}")


_TOKEN = re.compile(
    r"\s+|(?P<space>\\[,;:! ]|\\quad|\\qquad)|(?P<number>\d+(?:\.\d*)?|\.\d+)"
    r"|\\(?P<command>[A-Za-z]+)|(?P<letter>[A-Za-z])|(?P<sign>[-+*/^_(){}\[\]|=])"
)
_STARTS = {"number", "name", "open"}
_SIGNS = {"cdot": "*", "times": "*", "div": "/", "left": "", "right": ""}
_WORDS = frozenset({"mathrm", "operatorname", "text"})  # letters behind these are one name


def from_latex(text: str) -> str:
    """A LaTeX formula as Python's arithmetic; products may be written without a sign.

    Raises:
        SubmissionError: a command that is not known, or braces that don't match.
    """
    tokens, position = list[tuple[str, str]](), 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise SubmissionError(f"formula must be LaTeX, got {shown(text[position:])}")
        position = match.end()
        kind = match.lastgroup
        if kind in ("number", "command", "letter", "sign"):
            tokens.append((kind, match[kind]))
    reader = _Latex(_with_bars(tokens))
    result = reader.until("")
    return result


def _with_bars(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Bars that say which side they are of as < and >, which no formula has otherwise."""
    found = list[tuple[str, str]]()
    for kind, mark in tokens:
        bar = ("sign", BARS.get(mark, mark)) if kind == "command" else (kind, mark)
        bar = bar if bar[1] in BARS.values() else (kind, mark)
        if found and bar == ("sign", "|") and found[-1] in SIDES:
            bar = ("sign", SIDES[found.pop()])
        found.append(bar)
    return found


class _Latex:
    """Turns tokens into text, one pass, bounded depth."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def until(self, end: str) -> str:
        """Text up to a closing sign, products written out."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise SubmissionError("formula must be short enough to read, got a very deep one")
        parts, value = list[str](), False
        while self._at < len(self._tokens):
            kind, mark = self._tokens[self._at]
            if kind == "sign" and mark == end:
                self._at += 1
                self._depth -= 1
                return "".join(parts)
            text, starts, ends = self._next(value)
            if text and value and starts:
                parts.append("*")
            parts.append(text)
            value = ends if text else value
        if end:
            raise SubmissionError(f"formula must close each bracket, got none for {end!r}")
        return "".join(parts)

    def _next(self, value: bool) -> tuple[str, bool, bool]:
        """(text, whether it starts a factor, whether it ends one) of the next mark."""
        kind, mark = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return mark, True, True
        if kind == "letter":
            return self._name("e" if mark == "e" else mark), True, True
        if kind == "command":
            return self._command(mark)
        if mark in "([{":
            inner = self.until({"(": ")", "[": "]", "{": "}"}[mark])
            return f"({inner})", True, True
        if mark == "^":
            if self._at < len(self._tokens) and len(self._tokens[self._at][1]) > 1:
                self._refuse_number("exponent")
            return f"**({self._argument()})", False, True
        if mark in "+-*/":
            return mark, False, False
        if mark == "<" or (mark == "|" and not value):
            return f"abs({self.until('>' if mark == '<' else '|')})", True, True
        raise SubmissionError(f"formula must be LaTeX, got {mark!r} where none fits")

    def _command(self, name: str) -> tuple[str, bool, bool]:
        if name in CLOSED_FORM:
            raise SubmissionError(f"formula must be in closed form, got \\{name}")
        if name in _WORDS:
            name = self._word()
        if name in _SIGNS:
            sign = _SIGNS[name]
            return sign, False, False
        if name in ("frac", "dfrac", "tfrac"):
            top, bottom = self._argument(), self._argument()
            return f"(({top})/({bottom}))", True, True
        if name == "sqrt" and self._tokens[self._at : self._at + 1] == [("sign", "[")]:
            self._at += 1
            degree = self.until("]")
            return f"(({self._argument()})**(1/({degree})))", True, True
        if name == "sqrt":
            return f"sqrt({self._argument()})", True, True
        if ALIASES.get(name, name) in FUNCTIONS:
            return self._function(name), True, True
        return self._name(name), True, True

    def _function(self, name: str) -> str:
        power = ""
        if self._tokens[self._at : self._at + 1] == [("sign", "^")]:
            self._at += 1
            power = f"**({self._argument()})"
        while self._tokens[self._at : self._at + 1] == [("command", "left")]:
            self._at += 1
        if self._tokens[self._at : self._at + 1] in ([("sign", "(")], [("sign", "{")]):
            return f"{name}({self._argument()}){power}"
        argument = "" if self._at == len(self._tokens) else self._next(False)[0]
        behind = self._tokens[self._at : self._at + 1]
        signs = {("sign", sign) for sign in "+-*/)]}|>"}
        if argument in ("", *"+-*/") or (behind and behind[0] not in signs):
            raise SubmissionError(f"\\{name} must be followed by its argument in brackets")
        return f"{name}({argument}){power}"

    def _word(self) -> str:
        """Letters in braces as one name, as in \\operatorname{erf}."""
        letters = list[str]()
        for kind, mark in self._tokens[self._at + 1 :]:
            if kind != "letter":
                break
            letters.append(mark)
        end = self._at + 1 + len(letters)
        around = (*self._tokens[self._at : self._at + 1], *self._tokens[end : end + 1])
        if not letters or around != (("sign", "{"), ("sign", "}")):
            raise SubmissionError("letters of a name must be in braces, as in \\operatorname{erf}")
        self._at = end + 1
        return "".join(letters)

    def _refuse_number(self, what: str) -> None:
        """Where TeX would take the first digit alone, and people may mean all of it."""
        kind, mark = self._tokens[self._at]
        if kind == "number":
            raise SubmissionError(f"{what} of several digits must be in braces, got {shown(mark)}")

    def _name(self, name: str) -> str:
        if self._tokens[self._at : self._at + 1] == [("sign", "_")]:
            self._at += 1
            whole = self._tokens[self._at : self._at + 1]
            number = bool(whole) and whole[0][0] == "number"
            index = re.sub(
                r"[^A-Za-z0-9]", "", self._next(False)[0] if number else self._argument()
            )
            return f"{name}_{index}"
        return name

    def _argument(self) -> str:
        """A braced or bracketed part, or the next mark."""
        if self._at >= len(self._tokens):
            raise SubmissionError("formula must be complete, got an argument missing at its end")
        kind, mark = self._tokens[self._at]
        if kind == "sign" and mark in "({":
            self._at += 1
            return self.until(")" if mark == "(" else "}")
        if kind == "sign":
            raise SubmissionError(f"argument must be in braces, got {mark!r}")
        if kind == "number" and len(mark) > 1:  # \\frac12 is a half
            if not mark.isdigit():
                self._refuse_number("argument")
            self._tokens[self._at] = (kind, mark[1:])
            return mark[0]
        return self._next(False)[0]
