"""`tdl` as the student kit brings it: check, receipt, team, start, update and regrade, alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import SubmissionError, TdlError


def check(notebook: Path, question: str | None = None) -> int:
    """Print the results of the public tests; 0 if all pass."""
    from autograder.selfcheck.checking import check_notebook

    report = check_notebook(notebook, question)
    print(report)
    return 0 if report.passed else 1


def receipt(folder: Path) -> int:
    """Print the receipt of a folder."""
    from autograder.selfcheck.receipt import receipt_of

    print("\n".join(receipt_of(folder).lines()))
    return 0


def team(folder: Path, partners: Sequence[str], alone: bool = False) -> int:
    """Name the partners of a folder's work, or print them."""
    from autograder.selfcheck.team import read_partners, write_partners

    if partners or alone:
        write_partners(folder, () if alone else partners)
    names = read_partners(folder)
    print(f"you and {', '.join(names)}" if names else "you alone")
    if names:
        print("each of you runs this with the other's user name; both get the mark")
    return 0


def start(assignment: str, folder: Path | None = None) -> int:
    """Unpack the release that this kit holds.

    Raises:
        SubmissionError: it holds no such assignment.
    """
    from autograder.selfcheck.updating import update_folder

    target = folder or Path(assignment)
    for line in update_folder(target, _released(assignment)).lines or ["nothing to add"]:
        print(f"{target}: {line}")
    return 0


def update(folder: Path, released: Path | None = None) -> int:
    """Bring a corrected release into a folder of work.

    Raises:
        SubmissionError: no notebook there, or no release of it.
    """
    from autograder.selfcheck.updating import update_folder

    if released is None:
        notebooks = sorted(folder.glob("*.ipynb"))
        if not notebooks:
            raise SubmissionError(f"folder must hold a notebook, got none in {folder}")
        released = _released(notebooks[0].stem)
    done = update_folder(folder, released)
    print("\n".join(done.lines) or "nothing to correct")
    if done.backup is not None:
        print(f"before: {done.backup}")
        print("reload the notebook in JupyterLab: File, Reload Notebook from Disk")
    return 0


def ask_regrade(
    assignment: str,
    question: str,
    reason: str,
    folder: Path | None = None,
    exchange: Path | None = None,
    course_id: str = "",
) -> int:
    """Ask for a mark to be looked at again.

    Raises:
        SubmissionError: no folder of work, its notebooks have no such question, or the exchange
            can't be written to.
    """
    from autograder.selfcheck.points import points_of
    from autograder.selfcheck.regrade import ask, course_in_exchange, new_request

    folder = folder or Path(assignment)
    if not folder.is_dir():
        raise SubmissionError(f"folder must be your work, got none at {folder}; give --folder")
    parts = points_of(folder)
    questions = dict.fromkeys(name.partition("-")[0] for name in parts)
    if parts and question not in (*parts, *questions):
        raise SubmissionError(f"question must be one of {', '.join(questions)}, got {question!r}")
    request = new_request(assignment, question, reason)
    ask(course_in_exchange(exchange, course_id), request, folder)
    print(f"asked: {assignment} {question}; your submission stays as it is")
    print(f"answer: tdl regrade replies {assignment}")
    return 0


def regrade_replies(
    assignment: str, folder: Path | None = None, exchange: Path | None = None, course_id: str = ""
) -> int:
    """Print what was asked and answered.

    Raises:
        SubmissionError: nothing was asked.
    """
    from autograder.selfcheck.regrade import course_in_exchange, replies

    place = course_in_exchange(exchange, course_id)
    for request, reply in replies(place, folder or Path(assignment)):
        print(f"{request['assignment']} {request['question']}: {request['reason']}")
        print(f"    {reply or '(no answer yet)'}")
    return 0


def _released(assignment: str) -> Path:
    from autograder.selfcheck.updating import released_in_kit

    found = released_in_kit(assignment)
    if found is None:
        raise SubmissionError(f"this kit must hold {assignment!r}, got none; give --from FOLDER")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tdl", description=__doc__.split(":")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = verbs.add_parser("check", help="public tests against a notebook")
    made.add_argument("notebook", type=Path)
    made.add_argument("--question")
    made = verbs.add_parser("receipt", help="what is ready to be handed in")
    made.add_argument("folder", type=Path, nargs="?", default=Path("."))
    made = verbs.add_parser("team", help="name the partner you hand in with")
    made.add_argument("partners", nargs="*")
    made.add_argument("--alone", action="store_true", help="no partner any more")
    made.add_argument("--folder", type=Path, default=Path("."))
    made = verbs.add_parser("start", help="unpack the homework that this kit holds")
    made.add_argument("assignment")
    made.add_argument("folder", type=Path, nargs="?")
    made = verbs.add_parser("update", help="bring a corrected release into your work")
    made.add_argument("folder", type=Path, nargs="?", default=Path("."))
    made.add_argument("--from", dest="released", type=Path, help="folder of the release")
    _add_regrade(verbs.add_parser("regrade", help="ask for a mark to be looked at again"))
    return parser


def _add_regrade(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    asked = verbs.add_parser("ask", help="ask; your submission stays as it is")
    replied = verbs.add_parser("replies", help="what you asked, and the answers")
    for made in (asked, replied):
        made.add_argument("assignment")
        made.add_argument("--folder", type=Path)
        made.add_argument("--exchange", type=Path)
        made.add_argument("--course-id", default="")
    asked.add_argument("question")
    asked.add_argument("--reason", required=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the student kit."""
    chosen = vars(_parser().parse_args(arguments))
    verbs = {"check": check, "receipt": receipt, "team": team, "start": start, "update": update}
    verbs |= {"ask": ask_regrade, "replies": regrade_replies}
    run = verbs[chosen.pop("verb")]
    try:
        code = run(**chosen)  # type: ignore[operator]
    except TdlError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        code = 5 if isinstance(error, SubmissionError) else 3
    sys.exit(code)
