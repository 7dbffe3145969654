"""`tdl receipt`: what is ready to be handed in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def receipt(
        folder: Annotated[Path, typer.Argument(help="Where the notebook lies.")] = Path("."),
    ) -> None:
        """Print a receipt: hash of the answers, time, partner, what is answered, lateness.

        The hash of a collected folder is that of the student's: outputs do not count.
        Example: tdl receipt submitted/bitdiddle/hw1
        """
        from autograder.selfcheck import commands

        raise typer.Exit(commands.receipt(folder))
