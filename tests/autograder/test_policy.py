"""What a question forbids, read from the syntax tree: nothing missed, nobody accused falsely."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.definitions import Source, defined_names, modules_of, parse_cell
from autograder.policy import Breach, breaches

AUTOGRAD = ["torch.autograd", "torch.nn", "torch.func", ".backward"]
IMPORTS = "import numpy as np\nimport torch\nimport torch.nn.functional as F\n"


def found(*cells: str, roots: str = "f", forbid: list[str] | None = None) -> list[str]:
    """Names of the breaches in cells that are read from the top."""
    sources = [Source(f"cell {i}", textwrap.dedent(text)) for i, text in enumerate(cells, 1)]
    return [b.name for b in breaches(sources, roots.split(), forbid or AUTOGRAD)]


BREACHES = {
    "by full name": "def f(x): return torch.autograd.grad(x.sum(), x)",
    "the module itself": "def f(x):\n    g = torch.autograd\n    return g.grad(x, x)",
    "by alias": "import torch.autograd as A\ndef f(x): return A.grad(x, x)",
    "by alias of the parent": "import torch as T\ndef f(x): return T.autograd.grad(x, x)",
    "by from-import": "from torch.autograd import grad\ndef f(x): return grad(x, x)",
    "by from-import of the module": "from torch import autograd as a\ndef f(x): return a.grad(x)",
    "by renamed from-import": "from torch.autograd import grad as g\ndef f(x): return g(x, x)",
    "by star import": "from torch.autograd import *\ndef f(x): return grad(x, x)",
    "by import in the function": "def f(x):\n    from torch.autograd import grad\n    grad(x)",
    "by import of a submodule": "def f(x):\n    import torch.nn.functional as G\n    G.relu(x)",
    "by import in a branch": "try:\n    from torch.autograd import grad\nexcept ImportError:\n"
    "    pass\ndef f(x): return grad(x, x)",
    "by method": "def f(x):\n    x.sum().backward()\n    return x.grad",
    "by method of a call": "def f(x):\n    (x * 2).sum().backward()",
    "by unbound method": "def f(x): torch.Tensor.backward(x)",
    "by method kept as a value": "def f(x):\n    go = x.backward\n    go()",
    "by constant getattr": "def f(x): return getattr(torch, 'autograd').grad(x, x)",
    "by getattr of a method": "def f(x): getattr(x.sum(), 'backward')()",
    "by computed getattr": "def f(x): return getattr(torch, 'auto' + 'grad').grad(x, x)",
    "by getattr as a value": "def f(x): return map(getattr, [torch], ['autograd'])",
    "by getattr renamed": "g = getattr\ndef f(x): return g(torch, 'autograd')",
    "by dict of the module": "def f(x): return torch.__dict__['autograd'].grad(x, x)",
    "by vars": "def f(x): return vars(torch)['autograd']",
    "by module in a list": "def f(x):\n    for t in [torch]:\n        return t.autograd.grad(x, x)",
    "by module as an argument": "def g(t): return t.autograd\ndef f(x): return g(torch)",
    "by module as a default": "def f(x, t=torch): return t.autograd.grad(x, x)",
    "by renamed module": "t = torch\ndef f(x): return t.autograd.grad(x, x)",
    "by twice renamed module": "t = torch\nu = t\ndef f(x): return u.autograd.grad(x, x)",
    "by local renaming": "def f(x):\n    t = torch\n    return t.autograd.grad(x, x)",
    "by tuple renaming": "def f(x):\n    t, u = torch, 1\n    return t.autograd.grad(x, x)",
    "by walrus": "def f(x): return (t := torch).autograd.grad(x, x) and t.nn",
    "by renamed function": "g = torch.autograd.grad\ndef f(x): return g(x, x)",
    "by decorator": "@torch.func.grad\ndef f(x): return x",
    "by lambda": "f = lambda x: torch.autograd.grad(x, x)",
    "by partial": "from functools import partial\nf = partial(torch.autograd.grad)",
    "by class": "class f:\n    def step(self, x):\n        return F.relu(x)",
    "by base class": "class f(torch.nn.Module):\n    pass",
    "by comprehension": "def f(x): return [torch.nn.Linear(1, 1) for _ in x]",
    "by nested function": "def f(x):\n    def g():\n        return torch.func.grad\n    return g()",
    "by default argument": "def f(x, g=torch.autograd.grad): return g(x, x)",
    "by helper": "def g(x): return torch.autograd.grad(x, x)\ndef f(x): return g(x)",
    "by helper of a helper": "def h(x): F.relu(x)\ndef g(x): h(x)\ndef f(x): g(x)",
    "by a variable": "table = {'g': torch.autograd.grad}\ndef f(x): return table['g'](x, x)",
    "by a changed variable": "table = {}\ntable['g'] = torch.func.grad\ndef f(x): table['g'](x)",
    "by an extended list": "fs = []\nfs.append(torch.func.grad)\ndef f(x): return fs[0](x)",
    "by an attribute of another module": "np.g = torch.func.grad\ndef f(x): return np.g(x)",
    "by setattr on another module": "setattr(np, 'g', torch.func.grad)\ndef f(x): return np.g(x)",
    "by global statement": "def g():\n    global h\n    h = torch.func.grad\ng()\ndef f(x): h(x)",
    "by eval": "def f(x): return eval('torch.autograd.grad')(x, x)",
    "by exec": "def f(x):\n    exec('import torch.autograd')",
    "by dunder import": "def f(x): return __import__('torch.autograd')",
    "by importlib": "import importlib\ndef f(x): return importlib.import_module('torch.autograd')",
    "by sys.modules": "import sys\ndef f(x): return sys.modules['torch.autograd'].grad(x, x)",
    "by globals": "def f(x): return globals()['torch'].autograd",
    "by attrgetter": "import operator\ndef f(x): return operator.attrgetter('autograd')(torch)",
    "by globals of a function": "def g(): pass\ndef f(x): return g.__globals__['torch']",
    "by exec at top level": "exec('def f(x): return torch.autograd.grad(x, x)')",
    "by exec after an honest definition": "def f(x): return x\nexec(open('g.py').read())",
    "by exec in a function that runs": "def g(): exec('...')\ndef f(x): return x\ng()",
    "by run_cell": "def f(x): return x\nget_ipython().run_cell('...')",
    "by %run": "def f(x): return x\n%run other.py",
    "by a cell magic of one's own": "%%mine\nf = torch.autograd.grad",
    "in a cell with a magic": "%matplotlib inline\ndef f(x): return torch.autograd.grad(x, x)",
    "in a cell with a shell line": "!ls\ndef f(x): return torch.autograd.grad(x, x)",
    "in a cell with an assigned magic": "t = %timeit -o 1\ndef f(x): return torch.nn.Linear(1, 1)",
    "in a cell with a question mark": "len?\ndef f(x): return torch.autograd.grad(x, x)",
    "in a timed cell": "%%time\ndef f(x): return torch.autograd.grad(x, x)",
    "in a captured cell": "\n%%capture out\ndef f(x): return torch.autograd.grad(x, x)",
    "behind a line that looks like a magic": "def f(x):\n    return (0\n"
    "    % 1 if x is None else torch.autograd.grad(x, x))",
    "behind such a line in a cell with a magic": "%time 1\ndef f(x):\n    return [0\n"
    "    % torch.autograd.grad(x, x)[0]]",
    "behind a decoy alias": "import torch as T\ndef f(x): return T.autograd.grad(x, x)\n"
    "def decoy():\n    import math as T",
    "behind a decoy definition": "g = torch.func.grad\ndef f(x): return g(x)\n"
    "def decoy():\n    global g\n    g = 0",
    "behind a decoy in a comprehension": "def f(x):\n    [0 for torch in x]\n"
    "    return torch.autograd.grad(x, x)",
    "behind a conditional redefinition": "g = torch.func.grad\nif False:\n    g = len\n"
    "def f(x): return g(x)",
    "by class attribute": "class T:\n    m = torch.autograd\ndef f(x): return T.m.grad(x, x)",
    "by import in a class": "class T:\n    from torch import autograd as m\n"
    "def f(x): return T.m.grad(x, x)",
    "by attribute of an object": "def g(t): return t.m.grad\n"
    "def f(x):\n    x.m = torch.autograd\n    return g(x)",
    "by global name of a function": "def g():\n    global h\n    h = torch.autograd\ng()\n"
    "def f(x): return h.grad(x, x)",
    "by builtins in a cell that nobody uses": "import builtins as b\nb.g = torch.func.grad\n"
    "def f(x): return g(x)",
    "by dict of the builtins": "import builtins\nbuiltins.__dict__.update(g=torch.func.grad)\n"
    "def f(x): return g(x)",
    "by setattr on the builtins in a function": "def h():\n    import builtins\n"
    "    setattr(builtins, 'g', torch.func.grad)\nh()\ndef f(x): return g(x)",
    "by another alias of a module": "import math as a\na.g = torch.func.grad\nimport math as b\n"
    "def f(x): return b.g(x)",
    "by a function that changes a module": "def put(m): m.g = m.func.grad\nput(torch)\n"
    "import torch as T\ndef f(x): return T.g(x)",
    "by a private path": "def f(x): return torch._C._autograd.grad(x, x)",
    "by import of a private path": "import torch._C as inner\ndef f(x): return inner.nn(x)",
    "by IPython's history": "torch.func.grad\ndef f(x): return Out[1](x)",
    "by the last value": "def f(x): return _(x)",
    "by a numbered value": "def f(x): return _1(x)",
    "by a pickle": "import pickle\ndef f(x): return pickle.loads(TEXT)(x)",
    "by a module that is not installed": "import written_here\ndef f(x): return written_here.g(x)",
    "by a name from such a module": "from written_here import g\ndef f(x): return g(x)",
    "kept before a redefinition": "def g(x): return torch.func.grad(x)\nh = g\n"
    "def g(x): return x\ndef f(x): return h(x)",
}

HONEST = {
    "by hand": "def f(x): return 2 * x.T @ np.ones(3)",
    "tensors without gradients": "def f(x): return torch.relu(torch.tensor(x)).numpy()",
    "another question's use": "def f(x): return x\ndef other(x):\n    x.sum().backward()\n"
    "    return torch.autograd.grad(x, x)",
    "an unused import": "from torch.autograd import grad\ndef f(x): return x",
    "a local variable of the same name": "from torch.autograd import grad\n"
    "def f(x):\n    grad = 2 * x\n    return grad",
    "a parameter of the same name": "from torch import nn\ndef f(nn): return nn + 1",
    "a comprehension variable of the same name": "from torch import func\n"
    "def f(x): return [func * 2 for func in x]",
    "a local that another function has": "def f(x): return w\nw = 3\n"
    "def other():\n    w = torch.nn.Linear(1, 1)\n    return w",
    "checking oneself afterwards": "def f(x): return 2 * x\nt = torch.ones(2, requires_grad=True)\n"
    "(t * t).sum().backward()\nnp.testing.assert_allclose(t.grad.numpy(), f(np.ones(2)))\n"
    "print(np.abs(torch.autograd.grad((t * t).sum(), t)[0].numpy() - f(np.ones(2))).max())",
    "checking with torch's own tools": "def f(x): return torch.relu(x)\n"
    "torch.testing.assert_close(f(torch.ones(2)), F.relu(torch.ones(2)))\n"
    "torch.autograd.gradcheck(torch.sin, torch.ones(1, dtype=torch.double, requires_grad=True))",
    "a first try that was replaced": "def f(x): return torch.autograd.grad(x, x)\n"
    "def f(x): return 2 * x",
    "a name that was an import once": "from torch.autograd import grad\n"
    "def grad(x): return 2 * x\ndef f(x): return grad(x)",
    "a constant getattr": "def f(x): return getattr(np, 'sin')(x)",
    "a getattr with a default": "def f(x): return getattr(x, 'shape', None)",
    "a word in a string": "def f(x):\n    'uses no torch.autograd'\n    return 'x.backward()'",
    "a keyword argument": "def f(x): return dict(backward=1, autograd=2)",
    "a similar name": "def f(x): return torch.nnn(x), my.autograd.y",
    "a method of one's own with another name": "def f(x): return x.backwards()",
    "the matplotlib magic": "%matplotlib inline\ndef f(x): return x",
    "a shell line": "!pip list\ndef f(x): return x",
    "help": "f?\ndef f(x): return x",
    "colab's question": "import sys\nprint('colab' in str(get_ipython()))\ndef f(x): return x",
    "a bash cell": "%%bash\ntorch.autograd.grad",
    "a broken cell": "def f(x:\n    return torch.autograd.grad(x, x)",
    "setattr on oneself": "class f:\n    def __init__(self, **kw):\n"
    "        for k, v in kw.items():\n            setattr(self, k, v)",
    "exec in a function that never runs": "def g(): exec('1')\ndef f(x): return x",
    "a setting of a module": "torch.backends.cudnn.deterministic = True\n"
    "np.random.x = 3\ndef f(x): return x",
    "a module handed to print": "print(torch)\nhelp(np)\ndef f(x): return x",
    "a module that is not installed, elsewhere": "def g():\n    import pandaz\ndef f(x): return x",
    "a variable called underscore": "_ = 3\ndef f(x): return _ * x",
    "a throwaway name": "def f(x):\n    _, y = x, 2\n    return [y for _ in range(3)]",
    "an attribute of a class": "class T:\n    zero = np.zeros\ndef f(x): return T.zero(x)",
    "a private name of another package": "def f(x): return np._NoValue or x",
    "a method called exec": "class Q:\n    def exec(self): 1\nQ().exec()\ndef f(x): return x",
}


def found_with(module: str, cell: str, name: str = "mine") -> list[str]:
    """Names of the breaches in a cell beside which a module lies."""
    sources = [Source("mine.py", module, name), Source("cell 1", IMPORTS + cell)]
    return [b.name for b in breaches(sources, ["f"], AUTOGRAD)]


class TestModules:
    """Modules that come with a notebook are read by what is taken of them."""

    @pytest.mark.parametrize(
        "cell",
        [
            "import mine\ndef f(x): return mine.g(x)",
            "from mine import g\ndef f(x): return g(x)",
            "from mine import h as g\ndef f(x): return g(x)",
            "from mine import *\ndef f(x): return h(x)",
            "def f(x):\n    import mine as m\n    return m.h(x)",
            "import mine\ndef f(x, m=mine): return m.g(x)",
        ],
    )
    def test_a_use_in_a_module_is_found(self, cell: str) -> None:
        """However its name is taken."""
        module = "from torch.func import grad as g\ndef h(x): return g(x)"
        assert "torch.func" in found_with(module, cell)

    def test_what_is_not_taken_is_not_read(self) -> None:
        """A helper for another question accuses nobody."""
        module = "import torch\ndef plot(x): return torch.nn.Linear(1, 1)\ndef ok(x): return x"
        assert found_with(module, "import mine\ndef f(x): return mine.ok(x)") == []
        assert found_with(module, "import mine\nmine.plot(1)\ndef f(x): return x") == []

    def test_a_module_that_changes_a_module_is_read(self) -> None:
        """It need not even be used."""
        module = "import builtins, torch\nbuiltins.g = torch.func.grad"
        assert "torch.func" in found_with(module, "import mine\ndef f(x): return g(x)")

    def test_a_package_is_followed(self) -> None:
        """A submodule by its dotted name; a relative import takes everything."""
        cell = "from mine.inner import h\ndef f(x): return h(x)"
        assert "torch.func" in found_with("from torch.func import grad as h", cell, "mine.inner")
        sources = [
            Source("mine/__init__.py", "from .inner import h", "mine"),
            Source("mine/inner.py", "from torch.func import grad as h", "mine.inner"),
            Source("cell 1", "from mine import h\ndef f(x): return h(x)"),
        ]
        assert breaches(sources, ["f"], AUTOGRAD)

    def test_the_breach_names_file_and_line(self) -> None:
        """A student can find it."""
        sources = [
            Source("mine.py", "import torch\n\ndef g(x):\n    x.backward()", "mine"),
            Source("cell 1", "import mine\ndef f(x): mine.g(x)"),
        ]
        assert str(breaches(sources, ["f"], AUTOGRAD)[0]).endswith("mine.py, line 4: x.backward()")

    def test_files_of_a_folder_are_named_as_they_are_imported(self, tmp_path: Path) -> None:
        """Packages too."""
        (tmp_path / "package").mkdir()
        for name in ("one.py", "package/__init__.py", "package/two.py", "note.txt"):
            (tmp_path / name).write_text("x = 1")
        names = [source.module for source in modules_of(tmp_path)]
        assert names == ["one", "package", "package.two"]


class TestReading:
    """Both ways: what is a breach and what is none."""

    @pytest.mark.parametrize("name", sorted(BREACHES))
    def test_a_use_is_found(self, name: str) -> None:
        """However it is written."""
        assert found(IMPORTS, BREACHES[name])

    @pytest.mark.parametrize("name", sorted(BREACHES))
    def test_a_use_is_found_with_everything_in_one_cell(self, name: str) -> None:
        """Cell borders don't matter."""
        magic = BREACHES[name].lstrip().startswith("%%")
        assert magic or found(IMPORTS + BREACHES[name])

    @pytest.mark.parametrize("name", sorted(HONEST))
    def test_honest_work_is_not_accused(self, name: str) -> None:
        """No breach where the question's own code uses nothing forbidden."""
        assert found(IMPORTS, HONEST[name]) == []

    def test_without_a_policy_nothing_is_a_breach(self) -> None:
        """A question that forbids nothing reads nothing."""
        assert breaches([Source("a", "exec('1')")], ["f"], []) == []

    def test_code_that_stands_later_does_not_count(self) -> None:
        """What runs at top level is read with the definitions before it."""
        first = "g = len\nh = g\ndef f(x): return h(x)"
        assert found(IMPORTS, first, "g = torch.func.grad") == []

    def test_only_the_requested_names_count(self) -> None:
        """Roots are what the question's tests asked for."""
        code = "def f(x): return x\ndef g(x): return F.relu(x)"
        assert found(IMPORTS, code, roots="f") == []
        assert found(IMPORTS, code, roots="g") == ["torch.nn"]
        assert found(IMPORTS, code, roots="f g") == ["torch.nn"]
        assert found(IMPORTS, code, roots="") == []

    @pytest.mark.parametrize(
        ("forbid", "code", "expected"),
        [
            ("numpy.linalg.lstsq", "def f(x): return np.linalg.lstsq(x, x)", True),
            ("numpy.linalg.lstsq", "def f(x): return np.linalg.solve(x, x)", False),
            (
                "numpy.linalg.lstsq",
                "from numpy.linalg import lstsq\ndef f(x): return lstsq(x)",
                True,
            ),
            ("numpy.linalg", "from numpy import linalg as L\ndef f(x): return L.inv(x)", True),
            ("sklearn", "from sklearn.svm import SVC\ndef f(x): return SVC()", True),
            ("sklearn.svm", "import sklearn.svm\ndef f(x): return sklearn.svm.SVC()", True),
            ("sklearn.svm", "import sklearn.tree\ndef f(x): return sklearn.tree.plot()", False),
            (".inv", "def f(x): return np.linalg.inv(x)", True),
            (".inverse", "def f(x): return x.inverse()", True),
            ("sum", "def f(x): return sum(x)", True),
            ("sum", "def sum(x): return 0\ndef f(x): return sum(x)", False),
        ],
        ids=range(11),
    )
    def test_modules_functions_methods_and_builtins(
        self, forbid: str, code: str, expected: bool
    ) -> None:
        """Each kind of entry of `forbid`."""
        assert bool(found(IMPORTS, code, forbid=[forbid])) is expected

    def test_a_breach_names_cell_line_and_text(self) -> None:
        """A student can find it."""
        source = Source("q4-answer", "%matplotlib inline\n\ndef f(x):\n    x.backward()\n")
        (breach,) = breaches([source], ["f"], [".backward"])
        assert breach == Breach(".backward", "q4-answer", 4, "x.backward()")
        assert str(breach) == (
            ".backward is not allowed in this question: q4-answer, line 4: x.backward()"
        )

    def test_lines_are_right_behind_a_cell_magic(self) -> None:
        """The magic's own line is counted."""
        source = Source("a", "\n%%time\ndef f(x):\n    x.backward()\n")
        assert breaches([source], ["f"], [".backward"])[0].line == 4


class TestRobustness:
    """Whatever a student wrote."""

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.text(max_size=60), max_size=4))
    def test_any_text_is_read(self, cells: list[str]) -> None:
        """Noise raises nothing."""
        found(*cells)

    @pytest.mark.parametrize(
        "text",
        [
            "\0",
            "f = '\ud800'",
            "x" * 100_000,
            "(" * 5000,
            "f = " + "-" * 5000 + "1",
            "f = " + "+".join(["1"] * 20_000),
            "f = " + "a." * 3000 + "b",
            "f = " + "g(" * 80 + ")" * 80,
            "def f():\n" + "".join(" " * i + "if x:\n" for i in range(1, 90)) + " " * 90 + "pass",
            "lambda: " * 500 + "1",
        ],
        ids=range(10),
    )
    def test_monsters_are_read_or_skipped(self, text: str) -> None:
        """Deep or long code costs bounded time and never an exception."""
        started = time.process_time()
        found(text)
        assert time.process_time() - started < 10

    def test_many_names_are_read_fast(self) -> None:
        """A long notebook with chains of renamings stays cheap."""
        cell = "\n".join(
            f"x{i} = x{i - 1}\ndef g{i}(a): return g{i - 1}(x{i})" for i in range(1500)
        )
        started = time.process_time()
        found(IMPORTS, cell + "\ndef f(x): return g1499(x)")
        assert time.process_time() - started < 10

    def test_cycles_end(self) -> None:
        """Functions and renamings that refer to each other."""
        assert found("a = b\nb = a\ndef f(x): return g(a)\ndef g(x): return f(b)") == []
        assert found("def f(x):\n    a = b\n    b = a\n    return a.b.c") == []


def test_parsing_a_cell() -> None:
    """Magics become calls, other languages nothing, broken code None."""
    assert parse_cell("%matplotlib inline\nx = 1") is not None
    tree = parse_cell("%%bash\nls")
    assert tree is not None
    assert tree.body == []
    assert parse_cell("def f(:") is None


def test_defined_names() -> None:
    """Functions and classes at top level only."""
    assert defined_names("def f(): pass\nclass C:\n    def m(self): pass\nx = 1") == {"f", "C"}
    assert defined_names("def f(:") == set()
