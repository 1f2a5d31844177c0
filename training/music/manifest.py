"""Manifest of the training data: hashes of every clip, so that features are computed again only for changed ones."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

Manifest = dict[str, str]
"""SHA-256 of each clip's bytes, label and group, by clip."""


def manifest_of(table: Path, kind: str) -> Manifest:
    """Hash every clip that a table names.

    Raises:
        FileNotFoundError: a clip does not exist.
    """
    manifest: Manifest = {}
    with table.open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            digest = hashlib.sha256((table.parent / line["clip"]).read_bytes())
            digest.update(f"\0{line[kind]}\0{line.get('artist') or line['clip']}".encode())
            manifest[line["clip"]] = digest.hexdigest()
    return manifest


def changed_clips(current: Mapping[str, str], recorded: Mapping[str, str]) -> set[str]:
    """Return the clips that are new or changed; removed ones need no work.

    >>> sorted(changed_clips({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}))
    ['b', 'c']
    """
    return {clip for clip, digest in current.items() if recorded.get(clip) != digest}


def version_of(manifest: Mapping[str, str]) -> str:
    """Return twelve digits that identify a state of the data, independent of the order of its lines.

    >>> version_of({"a": "1", "b": "2"}) == version_of({"b": "2", "a": "1"})
    True
    """
    return hashlib.sha256(json.dumps(sorted(manifest.items())).encode()).hexdigest()[:12]


def read_manifest(path: Path) -> Manifest:
    """Return the stored manifest; empty where there is none."""
    try:
        manifest: Manifest = json.loads(path.read_text(encoding="utf-8"))["clips"]
    except FileNotFoundError:
        return {}
    return manifest


def write_manifest(path: Path, manifest: Manifest, source: str) -> None:
    """Write the manifest with the version and the origin of the data."""
    content = {"version": version_of(manifest), "source": source, "clips": manifest}
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content, indent=0, sort_keys=True), encoding="utf-8")
    draft.replace(path)
