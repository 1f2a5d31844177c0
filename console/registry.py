"""The features that the console shows, and what is derived from their list."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from console.feature import ConsoleFeature
from schemas.errors import PulsoError
from stream.features.registry import features
from stream.runtime.feature import load_reference

FOLDER = Path(__file__).parent
"""Folder of what all pages share: templates, static files, words."""

STATIC = FOLDER / "static"

STATIC_SUFFIXES = frozenset({".js", ".css", ".svg", ".png", ".webp", ".woff2"})
"""Suffixes of the files of a feature's folder that are sent to browsers; modules, templates and words are not."""


class ConsoleFeatureError(PulsoError):
    """Two features claim the same name or channel, or a view names a channel that no feature declares."""


@cache
def console_features() -> tuple[ConsoleFeature, ...]:
    """Return the console's part of every feature that has one, in the order of `stream.features.registry`.

    Raises:
        ConsoleFeatureError: a reference names something else, or two features have one name.
    """
    found: list[ConsoleFeature] = []
    for reference in (one.console for one in features() if one.console):
        feature = load_reference(reference)
        if not isinstance(feature, ConsoleFeature):
            raise ConsoleFeatureError(f"{reference} is not a ConsoleFeature")
        if feature.name in (known.name for known in found):
            raise ConsoleFeatureError(
                f"{reference}: another feature has the name {feature.name!r}; choose one of its own"
            )
        found.append(feature)
    return tuple(found)


def word_folders() -> tuple[Path, ...]:
    """Return the folders that have word files: the shared one, then one for each feature."""
    return (FOLDER, *(feature.folder for feature in console_features()))


def static_folders() -> dict[str, Path]:
    """Return the folders of static files by the path that they are mounted at."""
    folders = {f"/static/{feature.name}": feature.folder for feature in console_features()}
    return {**folders, "/static": STATIC}


def templates() -> Environment:
    """Return the templates; a variable that is not defined is an error, not an empty text."""
    loaders: dict[str, BaseLoader] = {feature.name: FileSystemLoader(feature.folder) for feature in console_features()}
    return Environment(
        loader=ChoiceLoader([PrefixLoader(loaders), FileSystemLoader(FOLDER / "templates")]),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class FeatureFiles(StaticFiles):
    """Static files of a folder that holds modules, templates and words, too: only `STATIC_SUFFIXES` are sent."""

    def get_path(self, scope: Scope) -> str:
        """Return the path of the file, or one that does not exist."""
        path = super().get_path(scope)
        return path if Path(path).suffix in STATIC_SUFFIXES else ""
