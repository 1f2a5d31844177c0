"""The base class of Pulso's own exceptions."""

from __future__ import annotations

from pydantic import ValidationError


class PulsoError(Exception):
    """Base of every error that Pulso raises on purpose; its message says what happened and what to do."""


def first_problem(error: ValidationError, whole: str = "the file") -> str:
    """Return the first problem of a validation in a line, `place: message`, without the input.

    Args:
        error: what pydantic raised.
        whole: what the place is called if the input is wrong as a whole.

    >>> from pydantic import TypeAdapter
    >>> try:
    ...     TypeAdapter(dict[str, int]).validate_python({"units": None})
    ... except ValidationError as error:
    ...     first_problem(error)
    'units: Input should be a valid integer'
    """
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"
