"""Titles and message templates of alerts, read from `messages.LANGUAGE.yaml` in the folders of features.

A file has a section for each rule: `title`, the rule's name on pages, and the templates that the rule's messages name.

    crowd-density:
      title: Density
      text: "{zone}: {density:.1f} persons/m²."

A placeholder is a name, with a format specification for numbers. To add a language, add a file: pages and messages of
that feature then have it, and all languages of a feature must have the same templates with the same placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from processors.alerts.rule import LocalizedText, Message
from schemas.errors import PulsoError

TITLE = "title"
"""Template of each section that has no placeholder: the rule's name on pages."""

FALLBACK_LANGUAGES = ("en", "es")
"""Languages tried in this order for a feature that lacks the requested one."""

_FILE = re.compile(r"messages\.([a-z]{2,3})\.yaml")

_PLAIN = (str, int, float)
"""Types of parameters that a template formats itself."""

_Sections = dict[str, dict[str, str]]
"""Section → template name → template."""


class MessageError(PulsoError, ValueError):
    """A message file can't be used, or a message does not fit its template."""


class MessageCatalog:
    """The message files of all features, checked when they are read.

    Attributes:
        languages: every language that at least one feature has.
    """

    def __init__(self, templates: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        """Keep section → language → template name → template; `read` checks them."""
        self.languages: tuple[str, ...] = tuple(sorted({name for section in templates.values() for name in section}))
        self._templates = {
            section: {language: _in_language(by_language, language) for language in self.languages}
            for section, by_language in templates.items()
        }

    @classmethod
    def read(cls, folders: Iterable[Path], rules: Iterable[str] = ()) -> MessageCatalog:
        """Read the message files of the folders.

        Args:
            folders: one for each feature that has messages.
            rules: names of the rules that must have a section.

        Raises:
            MessageError: a rule or a title is missing, languages of a feature differ in templates or placeholders, or
                a template is malformed.
        """
        templates: dict[str, dict[str, dict[str, str]]] = {}
        for folder in folders:
            for section, by_language in _read_folder(folder).items():
                if section in templates:
                    raise MessageError(f"{folder}: {section} has a section in the messages of another feature too")
                templates[section] = by_language
        for rule in rules:
            if rule not in templates:
                raise MessageError(f"rule {rule} has no messages; add a section to messages.*.yaml of its feature")
            for language, named in templates[rule].items():
                if TITLE not in named or _placeholders(named[TITLE]):
                    raise MessageError(f"messages.{language}.yaml: {rule} needs a `title:` without placeholders")
        return cls(templates)

    def title(self, rule: str, language: str) -> str:
        """Return the rule's name on pages; the name in code for a rule without messages."""
        return self.titles(language).get(rule, rule)

    def titles(self, language: str) -> dict[str, str]:
        """Return the title of each section that has one."""
        found = {name: _in_language(section, language) for name, section in self._templates.items()}
        return {name: templates[TITLE] for name, templates in found.items() if TITLE in templates}

    def render(self, section: str, message: Message, language: str) -> str:
        """Return a message in a language, or in a fallback language where the feature lacks it.

        Raises:
            MessageError: the template does not exist, or a placeholder has no value of the right kind.
        """
        return _render(section, _in_language(self._section(section), language), message, language)

    def render_all(self, section: str, message: Message) -> dict[str, str]:
        """Return a message in every language, by language.

        Raises:
            MessageError: as `render`.
        """
        return {
            language: _render(section, templates, message, language)
            for language, templates in self._section(section).items()
        }

    def _section(self, name: str) -> Mapping[str, Mapping[str, str]]:
        section = self._templates.get(name)
        if section is None:
            raise MessageError(f"{name} has no messages")
        return section


def _in_language(by_language: Mapping[str, Mapping[str, str]], language: str) -> Mapping[str, str]:
    """Return the templates of a language, or of the first fallback language that there is."""
    for candidate in (language, *FALLBACK_LANGUAGES, *by_language):
        if candidate in by_language:
            return by_language[candidate]
    raise MessageError(f"there are no messages in {language} nor in any other language")


def _render(section: str, templates: Mapping[str, str], message: Message, language: str) -> str:
    template = templates.get(message.template)
    if template is None:
        raise MessageError(f"{section} has no template {message.template!r}; there are {', '.join(templates)}")
    values = {
        name: value if isinstance(value, _PLAIN) else _value(section, templates, value, language)
        for name, value in message.parameters.items()
    }
    try:
        # `_placeholders` has refused attributes, indices and conversions, so a template can only format these values.
        return template.format_map(values)
    except (KeyError, ValueError) as error:
        raise MessageError(f"{section}: template {message.template!r} can't be filled in: {error}") from error


def _value(
    section: str, templates: Mapping[str, str], value: LocalizedText | Message | tuple[Message, ...], language: str
) -> str:
    if isinstance(value, Message):
        return _render(section, templates, value, language)
    if isinstance(value, LocalizedText):
        return value.texts.get(language, value.default)
    return ", ".join(_render(section, templates, part, language) for part in value)


def _read_folder(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Return section → language → template name → template of one feature."""
    languages = {
        match[1]: _read_file(file) for file in sorted(folder.iterdir()) if (match := _FILE.fullmatch(file.name))
    }
    if not languages:
        raise MessageError(f"{folder} has no messages.LANGUAGE.yaml")
    first, *others = languages
    for other in others:
        _require_same(folder, first, _placeholders_of(languages[first]), other, _placeholders_of(languages[other]))
    return {
        section: {language: sections[section] for language, sections in languages.items()}
        for section in languages[first]
    }


def _read_file(file: Path) -> _Sections:
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MessageError(f"{file}: can't be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise MessageError(f"{file}: must hold a section for each rule")
    for section, templates in content.items():
        if not isinstance(templates, dict) or not all(isinstance(text, str) for text in templates.values()):
            raise MessageError(f"{file}: {section} must hold names and texts; quote what looks like a number or a date")
        for name, template in templates.items():
            try:
                _placeholders(template)
            except ValueError as error:
                raise MessageError(f"{file}: {section}.{name}: {error}") from error
    return content


def _placeholders_of(sections: _Sections) -> dict[str, frozenset[str]]:
    """Return the placeholders of each template, by `SECTION.NAME`."""
    return {
        f"{section}.{name}": _placeholders(template)
        for section, templates in sections.items()
        for name, template in templates.items()
    }


def _placeholders(template: str) -> frozenset[str]:
    """Return the placeholders of a template.

    >>> sorted(_placeholders("{zone}: {density:.1f} persons/m²."))
    ['density', 'zone']

    Raises:
        ValueError: the template is malformed, or has more than names and format specifications.
    """
    found = set()
    for _literal, name, specification, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or conversion or "{" in (specification or ""):
            raise ValueError(f"{{{name}}} must be a name, with nothing but a format specification: {{name:.1f}}")
        found.add(name)
    return frozenset(found)


def _require_same(
    folder: Path, first: str, expected: Mapping[str, frozenset[str]], other: str, found: Mapping[str, frozenset[str]]
) -> None:
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise MessageError(f"{folder}: messages.{other}.yaml lacks {name}, which messages.{first}.yaml has")
        if name not in expected:
            raise MessageError(f"{folder}: messages.{first}.yaml lacks {name}, which messages.{other}.yaml has")
        if expected[name] != found[name]:
            raise MessageError(
                f"{folder}: {name} has the placeholders {', '.join(sorted(found[name])) or 'none'} in "
                f"messages.{other}.yaml, but {', '.join(sorted(expected[name])) or 'none'} in messages.{first}.yaml"
            )
