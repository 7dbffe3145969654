"""One exception per reader's next action."""


class TdlError(Exception):
    """Anything this package raises on purpose; its text is meant for the person named below."""


class SubmissionError(TdlError):
    """The student can mend it: a broken notebook, a missing file, a value that can't cross."""


class CourseError(TdlError):
    """The author can mend it: a test without a cell, a mark without points, a stale release."""


class SandboxError(TdlError):
    """The operator can mend it: a missing kernel feature, no permission, a full disk."""


def shown(value: object, limit: int = 80) -> str:
    """`value` as an error message may show it: one line, printable, at most `limit` characters."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= limit else text[: limit - 3] + "..."
