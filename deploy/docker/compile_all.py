"""Import every module of Pulso once, so that Python writes the bytecode of what they import, and of no more."""

from __future__ import annotations

import importlib
import pkgutil

for package in ("schemas", "processors", "stream", "console"):
    for module in pkgutil.walk_packages([package], f"{package}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
