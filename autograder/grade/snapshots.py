"""Copies of the gradebook, taken before each command that writes it, and put back on demand.

SQLite is copied by its own backup, whole and consistent beside a writer. Any other database is read
out through one transaction into a file of JSON lines, so that no client program is needed.
"""

from __future__ import annotations

import base64
import datetime
import gzip
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, inspect, make_url, text

from autograder.errors import CourseError, SandboxError, shown
from autograder.grade.course import CourseFolder

KEEP = 50
SUFFIXES = (".db", ".jsonl.gz")


def folder_of(course: CourseFolder) -> Path:
    """Where a course's snapshots lie."""
    return course.state / "snapshots"


def snapshots(course: CourseFolder) -> list[Path]:
    """All snapshots, oldest first."""
    return sorted(p for p in folder_of(course).glob("*") if p.name.endswith(SUFFIXES))


def take_snapshot(course: CourseFolder, why: str) -> Path | None:
    """Copy the gradebook; the copy, or None if there is no gradebook yet. The oldest go.

    Args:
        course: the course.
        why: what is about to be done; part of the file's name.

    Raises:
        SandboxError: it can't be written, e.g. because the disk is full.
    """
    folder = folder_of(course)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = f"{stamp}-{re.sub('[^A-Za-z0-9_.]+', '-', why)[:60]}"
    database = _sqlite_file(course)
    if database is None:
        path = folder / f"{name}.jsonl.gz"
        _write(path, lambda draft: _dump(course.db_url, draft))
    elif not database.is_file():
        return None
    else:
        path = folder / f"{name}.db"
        _write(path, lambda draft: _copy(database, draft))
    for old in snapshots(course)[:-KEEP]:
        old.unlink(missing_ok=True)
    return path


def restore_snapshot(course: CourseFolder, name: str) -> Path:
    """Put a snapshot back, after taking one of what it replaces; that one.

    Args:
        course: the course; nothing else may be writing its gradebook.
        name: file name of the snapshot, or its beginning.

    Raises:
        CourseError: none or several are called so, or it is of another kind of database.
    """
    found = [path for path in snapshots(course) if path.name.startswith(name)]
    if len(found) != 1:
        raise CourseError(
            f"snapshot must name one of {folder_of(course)}, got {len(found)} for {name!r}"
        )
    database = _sqlite_file(course)
    if (database is None) != found[0].name.endswith(".jsonl.gz"):
        raise CourseError(f"snapshot must be of the same kind of database, got {found[0].name}")
    rows = None if database else _read(found[0])  # before the pruning that a new one may cause
    content = found[0].read_bytes() if database else b""
    before = take_snapshot(course, f"before restoring {found[0].name[:15]}")
    if database is None:
        _load(course.db_url, rows or {})
    else:
        draft = database.with_name(database.name + ".restoring")
        draft.write_bytes(content)
        _copy(draft, database)
        draft.unlink()
    if before is None:
        raise CourseError(f"gradebook must exist, got none at {shown(course.db_url)}")
    return before


def forget_snapshots(course: CourseFolder) -> int:
    """Delete all snapshots, which hold the data of everybody they knew; how many."""
    found = snapshots(course)
    for path in found:
        path.unlink()
    return len(found)


def _sqlite_file(course: CourseFolder) -> Path | None:
    url = make_url(course.db_url)
    if not url.drivername.startswith("sqlite"):
        return None
    return (course.root / str(url.database)).resolve()


def _write(path: Path, make: Callable[[Path], None]) -> None:
    """The whole file or none; for the owner's eyes only."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        make(draft)
        os.replace(draft, path)
    except (OSError, sqlite3.Error) as error:  # a full disk, or a gradebook that stays locked
        raise SandboxError(f"snapshot of the gradebook must be writable, got {error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _reflected(connection: Any) -> MetaData:
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def _dump(db_url: str, path: Path) -> None:
    engine = create_engine(db_url, isolation_level="REPEATABLE READ")
    with engine.connect() as connection, gzip.open(path, "wt", encoding="utf-8") as file:
        for table in _reflected(connection).sorted_tables:
            for row in connection.execute(table.select()):
                record = {key: _plain(value) for key, value in row._mapping.items()}
                file.write(json.dumps([table.name, record]) + "\n")
    engine.dispose()


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            name, record = json.loads(line)
            row = {key: _valued(value) for key, value in record.items()}
            tables.setdefault(name, []).append(row)
    return tables


def _load(db_url: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    engine = create_engine(db_url)
    with engine.begin() as connection:
        in_order = _reflected(connection).sorted_tables
        for table in reversed(in_order):
            connection.execute(table.delete())
        for table in in_order:
            if tables.get(table.name):
                connection.execute(table.insert(), tables[table.name])
        for statement in _sequences(connection, [table.name for table in in_order]):
            connection.execute(text(statement))
    engine.dispose()


def _sequences(connection: Any, names: list[str]) -> Iterator[str]:
    """Numbers that the database gives out must go on behind the restored ones."""
    for name in names if connection.dialect.name == "postgresql" else ():
        for column in inspect(connection).get_columns(name):
            if "nextval" in str(column.get("default") or ""):
                key = column["name"]
                yield (
                    f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), "  # noqa: S608
                    f'COALESCE(MAX("{key}"), 0) + 1, false) FROM "{name}"'  # the schema's names
                )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return value


def _valued(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "datetime" in value:
        return datetime.datetime.fromisoformat(value["datetime"])
    if "seconds" in value:
        return datetime.timedelta(seconds=value["seconds"])
    return base64.b64decode(value["bytes"])
