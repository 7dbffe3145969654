"""A receipt after each submission through nbgrader: in its log, and in a file beside the work.

Imports nothing of nbgrader's: it is handed the class that submits, whichever exchange it is of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError
from autograder.selfcheck.receipt import receipt_of

RECEIPTS = "receipt.txt"


def with_receipt(submit: type[Any]) -> type[Any]:
    """nbgrader's class that submits, made to leave a receipt; for `c.ExchangeFactory.submit`.

    Args:
        submit: subclass of nbgrader's ExchangeSubmit, of the course's exchange.
    """

    class SubmitWithReceipt(submit):  # type: ignore[misc]
        def copy_files(self) -> None:
            super().copy_files()
            for line in leave_receipt(Path(self.src_path)):
                self.log.info(line)

    return SubmitWithReceipt


def leave_receipt(folder: Path) -> list[str]:
    """Add the receipt of a folder to the receipts beside its notebook; its lines.

    The submission is in by then, so whatever keeps a receipt from being written is told instead.
    """
    try:
        lines = ["submitted", *receipt_of(folder).lines(), ""]
        with (folder / RECEIPTS).open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except (SubmissionError, OSError) as error:
        return [f"no receipt: {error}"]
    return lines[:-1]
