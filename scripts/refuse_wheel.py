"""Build hook of hatchling that refuses to build a wheel. See docs/decisions/0014-application-not-library.md."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

REFUSAL_MESSAGE = (
    "Pulso is an application and is not offered as a wheel: its packages have common names, such as `console`, and "
    "would overwrite files of other distributions. Run it from a checkout (`make setup`, then .venv/bin/pulso) or from "
    "the container image (deploy/docker). See docs/decisions/0014-application-not-library.md."
)


class RefuseWheel(BuildHookInterface[Any]):
    """Build hook that allows only editable installations of a checkout."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse to build any wheel that is not editable."""
        del build_data
        if version != "editable":
            raise SystemExit(REFUSAL_MESSAGE)
