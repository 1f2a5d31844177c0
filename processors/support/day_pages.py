"""Report of a day as HTML and Markdown, in Spanish and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal

from jinja2 import Environment

from processors.social.posts import OTHER
from processors.support.day_report import DayReport

WORDS: Final[dict[str, dict[str, str]]] = {
    "es": {
        "title": "Soporte: puntos débiles del día",
        "mails": "Correos", "aside": "descartados por publicidad, fraude o respuesta automática",
        "urgent": "urgentes", "negative": "negativos", "posts": "publicaciones en redes",
        "product": "Para mejorar el festival: asuntos con más quejas", "subject": "Asunto", "complaints": "Quejas",
        "high": "Prioridad alta", "busiest": "Hora punta", "example": "Ejemplo",
        "negative_posts": "Publicaciones negativas",
        "training": "Para formar al equipo: asuntos en los que se insiste o que no tienen respuesta aprobada",
        "again": "Vuelven a preguntar", "unanswered": "Sin respuesta sugerida",
        "new": "Asuntos nuevos, aún sin tema", "nothing": "Nada que destacar.", "other": "otros",
    },
    "en": {
        "title": "Support: weak points of the day",
        "mails": "Mails", "aside": "set aside as advertising, fraud or automatic reply",
        "urgent": "urgent", "negative": "negative", "posts": "social posts",
        "product": "To improve the festival: subjects with the most complaints", "subject": "Subject",
        "complaints": "Complaints", "high": "High priority", "busiest": "Busiest hour", "example": "Example",
        "negative_posts": "Negative posts",
        "training": "To train staff: subjects that are asked again or have no approved answer",
        "again": "Asked again", "unanswered": "Without a suggestion",
        "new": "New subjects, without a topic yet", "nothing": "Nothing to point out.", "other": "other",
    },
}  # fmt: skip
"""Texts of the report by language."""

_ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
_ENVIRONMENT.filters["escape_markdown"] = lambda text: "".join(f"\\{c}" if c in "\\`*_<>[]#|" else c for c in str(text))

_HTML = _ENVIRONMENT.from_string("""\
<!DOCTYPE html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ words.title }} {{ report.day }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .5rem; text-align: left; vertical-align: top }
td.n { text-align: right }
</style>
</head>
<body>
<main>
<h1>{{ words.title }}, {{ report.day }}</h1>
<p>{{ words.mails }}: {{ report.mails }} ({% for name, number in report.languages.items() %}{{ name }} {{ number }}, \
{% endfor %}{{ report.urgent }} {{ words.urgent }}, {{ report.negative }} {{ words.negative }}, \
{{ report.set_aside }} {{ words.aside }}); {{ report.posts }} {{ words.posts }}.</p>
{% macro table(columns, rows) %}
{% if rows %}
<table>
<thead><tr><th>{{ words.subject }}</th>{% for name in columns %}<th>{{ words[name] }}</th>{% endfor %}</tr></thead>
<tbody>
{% for item in rows %}
<tr><td>{{ subject_name(item.subject) }}</td>\
{% for name in columns %}<td{% if name != "example" %} class="n"{% endif %}>\
{% if name == "busiest" %}{{ "%02d:00" % item.busiest if item.busiest is not none else "" }}\
{% else %}{{ item[name] }}{% endif %}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% else %}
<p>{{ words.nothing }}</p>
{% endif %}
{% endmacro %}
<h2>{{ words.product }}</h2>
{{ table(product, report.product) }}
<h2>{{ words.training }}</h2>
{{ table(training, report.training) }}
<h2>{{ words.new }}</h2>
{% if report.new %}<ul>{% for label, number in report.new %}<li>{{ label }}: {{ number }}</li>{% endfor %}</ul>\
{% else %}<p>{{ words.nothing }}</p>{% endif %}

</main>
</body>
</html>
""")

_MARKDOWN = _ENVIRONMENT.from_string("""\
{% autoescape false %}
# {{ words.title }}, {{ report.day }}

{{ words.mails }}: {{ report.mails }} ({% for name, number in report.languages.items() %}{{ name }} {{ number }}, \
{% endfor %}{{ report.urgent }} {{ words.urgent }}, {{ report.negative }} {{ words.negative }}, \
{{ report.set_aside }} {{ words.aside }}); {{ report.posts }} {{ words.posts }}.
{% macro table(columns, rows) %}
{% if rows %}
| {{ words.subject }} |{% for name in columns %} {{ words[name] }} |{% endfor %}

| --- |{% for name in columns %} --- |{% endfor %}

{% for item in rows %}
| {{ subject_name(item.subject) | escape_markdown }} |{% for name in columns %} \
{% if name == "busiest" %}{{ "%02d:00" % item.busiest if item.busiest is not none else "" }}\
{% else %}{{ item[name] | escape_markdown }}{% endif %} |{% endfor %}

{% endfor %}
{% else %}
{{ words.nothing }}
{% endif %}
{% endmacro %}

## {{ words.product }}

{{ table(product, report.product) }}
## {{ words.training }}

{{ table(training, report.training) }}
## {{ words.new }}

{% for label, number in report.new %}
- {{ label | escape_markdown }}: {{ number }}
{% else %}
{{ words.nothing }}
{% endfor %}
{% endautoescape %}
""")

PRODUCT_COLUMNS: Final = ("complaints", "mails", "negative", "high", "negative_posts", "busiest", "example")
TRAINING_COLUMNS: Final = ("again", "unanswered", "mails", "busiest", "example")

Language = Literal["es", "en"]

Names = Mapping[str, Mapping[str, str]]
"""Names of topics, by topic and language."""


def report_html(report: DayReport, language: Language, names: Names) -> str:
    """Return a self-contained HTML page."""
    return _HTML.render(_template_values(report, language, names))


def report_markdown(report: DayReport, language: Language, names: Names) -> str:
    """Return the report as Markdown."""
    return _MARKDOWN.render(_template_values(report, language, names)).strip() + "\n"


def _template_values(report: DayReport, language: Language, names: Names) -> dict[str, Any]:
    return {
        "report": report,
        "words": WORDS[language],
        "language": language,
        "subject_name": partial(_subject_name, language, names),
        "product": PRODUCT_COLUMNS,
        "training": TRAINING_COLUMNS,
    }


def _subject_name(language: Language, names: Names, subject: str) -> str:
    return WORDS[language]["other"] if subject == OTHER else names.get(subject, {}).get(language, subject)
