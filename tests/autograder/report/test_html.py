"""report.html: read with a parser of its own, and once in Chromium."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest

from autograder.report.html import write_report
from autograder.report.markup import tag
from autograder.report.palette import VARIABLES
from autograder.report.roster import student_anchors

VOID = {"meta"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}",
    "&lt;b&gt;",
    "\x1b[31mred",
    "=1+1",
    "$\\frac{x",
    "\ud800",
    "李雷",
]


class Page(HTMLParser):
    """Elements, text and links of a page; refuses tags that don't match."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):
        self.elements.append((name, dict(attributes)))

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    def all(self, name):
        return [attributes for element, attributes in self.elements if element == name]


@pytest.fixture
def report(tmp_path):
    def written(run):
        write_report(run, tmp_path / "report.html")
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return written


def mixed(builder):
    """A class in which everything happens."""
    run = builder.run(14)
    run["submissions"][1:4] = [
        builder.absent("gone"),
        builder.absent("torn", "invalid"),
        builder.absent("fault", "not_marked"),
    ]
    run["submissions"][4] = builder.submission("waiting", hand_marked=False)
    run["submissions"][6].update(outcome="timed_out", message="Cell q4-answer ran over 60 s.")
    return run


def check_page(text):
    """The rules that hold for every report."""
    page = Page(text)
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    links = [a["href"] for _, a in page.elements if a.get("href") is not None]
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert {target for target in re.findall(r"url\(#([^)]*)\)", text)} <= set(ids)
    assert not {"script", "img", "link", "iframe", "object", "form"} & {e for e, _ in page.elements}
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not any(key.startswith("on") or key == "src" for key in attributes)
    return page


@pytest.mark.parametrize("students", [0, 1, 2, 14])
def test_a_page_of_any_class_is_sound(builder, report, students):
    page = check_page(report(builder.run(students)))
    assert len(page.all("svg")) == (5 if students else 0)


def test_a_class_in_which_everything_happens_is_sound(builder, report):
    text = report(mixed(builder))
    check_page(text)
    assert "1 submission not marked" in text
    assert "hand marks to come for 1 submission" in text


def test_a_class_that_is_all_missing_is_sound(builder, report):
    run = builder.run(0)
    run["submissions"] = [builder.absent(f"s{i}") for i in range(5)]
    page = check_page(report(run))
    assert "Missing (5): " in page.texts


def test_an_assignment_without_points_is_sound(builder, report):
    run = builder.run(4, max_score=0.0)
    for submission in run["submissions"]:
        submission.update(score=0.0, max_score=0.0, auto_score=0.0)
        for question in submission["questions"].values():
            question.update(score=0.0, max_score=0.0)
    page = check_page(report(run))
    assert "There are no points to show." in page.texts


def test_nothing_is_fetched_and_only_the_inline_style_is_allowed(builder, report):
    text = report(mixed(builder))
    policy = next(a["content"] for a in Page(text).all("meta") if "http-equiv" in a)
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy
    assert not re.search(r"https?:|@import|url\((?!#)", text)


def test_every_chart_has_a_label_and_a_table_in_its_section(builder, report):
    text = report(mixed(builder))
    for section in re.findall("<section.*?</section>", text, re.DOTALL):
        for svg in re.findall("<svg[^>]*>", section):
            assert re.search('role="img" aria-label="[^"]{20,}"', svg)
            assert "<table" in section


def test_charts_take_every_colour_from_the_page(builder, report):
    text = report(mixed(builder))
    for svg in re.findall("<svg.*?</svg>", text, re.DOTALL):
        assert set(re.findall(r"var\(--\w+\)", svg)) <= set(VARIABLES.values())
        assert not re.search("#[0-9a-fA-F]{6}", svg)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_strings_are_shown_as_text(builder, report, name):
    run = builder.run(3, course=name, level=name)
    first = run["submissions"][0]
    first.update(student=name, message=name + "\nline two", flags=[name], late_seconds=60.0)
    for submission in run["submissions"]:
        submission["questions"][name] = submission["questions"].pop("q0")
        for test in submission["questions"][name]["parts"]["q0"]["tests"]:
            test.update(hint=name, title=name, passed=False)
    run["submissions"].append(builder.absent(name + "!"))
    page = check_page(report(run))
    shown = name.replace("\x1b", "\\x1b").replace("\ud800", "\\ud800")
    assert sum(shown in text for text in page.texts) >= 8
    assert "\x1b" not in "".join(page.texts)


def test_every_student_has_a_row_that_links_can_reach(builder, report):
    run = mixed(builder)
    run["submissions"][0]["student"] = "a b"
    run["submissions"][5]["student"] = "a-b"
    anchors = student_anchors(run)
    assert len(set(anchors.values())) == 14
    assert anchors["gone"] == "student-gone"
    rows = {attributes.get("id") for attributes in Page(report(run)).all("tr")}
    assert set(anchors.values()) <= rows


def test_not_marked_has_no_number_but_its_seconds(builder, report):
    run = builder.run(0)
    run["submissions"] = [builder.absent("fault", "not_marked")]
    row = re.search('<tr id="student-fault">.*?</tr>', report(run), re.DOTALL)[0]
    assert re.findall(">([0-9.]+)<", row) == ["0.0"]


def test_the_same_run_gives_the_same_bytes(builder, report):
    run = mixed(builder)
    assert report(run) == report(run)


def test_a_user_style_of_matplotlib_does_not_leak_in(builder, report):
    import matplotlib

    run = builder.run(3)
    plain = report(run)
    with matplotlib.rc_context({"text.color": "red", "font.size": 30, "axes.edgecolor": "lime"}):
        assert report(run) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_five_hundred_students_take_under_five_seconds(builder, tmp_path):
    run = builder.run(500)
    start = time.process_time()
    write_report(run, tmp_path / "report.html")
    assert time.process_time() - start < 5


def test_an_older_report_survives_a_run_that_is_none(builder, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("older", encoding="utf-8")
    with pytest.raises(ValueError, match="run.seed must be an object"):
        write_report(builder.run(1, seed=3), path)
    assert path.read_text(encoding="utf-8") == "older"


def test_markup_escapes_whatever_is_not_markup():
    inner = tag("b", "<i>&\"'")
    assert inner == "<b>&lt;i&gt;&amp;&quot;&#x27;</b>"
    assert tag("p", inner, class_='"x') == f'<p class="&quot;x">{inner}</p>'


def test_importing_the_reports_imports_neither_torch_nor_matplotlib():
    names = ("schema", "measures", "table", "grades", "html", "roster", "markup")
    imports = "".join(f"import autograder.report.{name}; " for name in names)
    program = imports + "import sys; print({'torch', 'matplotlib', 'nbgrader'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def console_messages(path):
    """What Chromium complains about when it opens the page."""
    flags = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    flags += " disable-component-update disable-sync headless dump-dom enable-logging=stderr"
    command = ["chromium", *(f"--{flag}" for flag in flags.split()), path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "</html>" in done.stdout
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_chromium_opens_the_page_without_a_complaint(builder, report, tmp_path):
    text = report(mixed(builder))
    assert console_messages(tmp_path / "report.html") == []
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace("<svg", '<svg style="color:red"'), encoding="utf-8")
    assert "Content Security Policy" in console_messages(broken)[0]
