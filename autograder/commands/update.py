"""`tdl update`: a corrected release in a student's work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def update(
        folder: Annotated[Path, typer.Argument(help="Where the notebook lies.")] = Path("."),
        released: Annotated[
            Path | None, typer.Option("--from", help="Folder of the release; the kit's if none.")
        ] = None,
    ) -> None:
        """Bring a corrected release into a student's work: locked cells only, after a backup.

        Example: tdl update lab/hw1 --from assignments/hw1
        """
        from autograder.selfcheck import commands

        raise typer.Exit(commands.update(folder, released))
