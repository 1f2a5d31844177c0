"""Build hook of hatchling: refuses to build a wheel. See docs/decisions/0014-application-not-library.md."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WHY = (
    "Pulso is an application and is not offered as a wheel: its packages have common names, such as `console`, and "
    "would overwrite files of other distributions. Run it from a checkout (`make setup`, then .venv/bin/pulso) or from "
    "the container image (deploy/docker). See docs/decisions/0014-application-not-library.md."
)


class RefuseWheel(BuildHookInterface[Any]):
    """Lets through the editable installation of a checkout and nothing else."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stop the build of an ordinary wheel."""
        del build_data
        if version != "editable":
            raise SystemExit(WHY)
