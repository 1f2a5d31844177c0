"""Environment variables that begin with PULSO_ and that nothing reads: mostly mistyped ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from stream.runtime.settings import MAILBOX_VARIABLE, Settings, mailbox_variable

PREFIX = "PULSO_"

OTHERS = frozenset({
    "PULSO_COMPILED_CODE",
    "PULSO_COMPOSE_TEST",
    "PULSO_CONSOLE_PORT",
    "PULSO_DASHBOARDS",
    "PULSO_FAULTS_REPORT",
    "PULSO_FAULTS_SEED",
    "PULSO_FUZZ",
    "PULSO_FUZZ_REPORT",
    "PULSO_GRAFANA_PORT",
    "PULSO_KAFKA_PORT",
    "PULSO_KUBERNETES_CRDS",
    "PULSO_MODELS",
    "PULSO_PLAIN_SASL_JAAS_CONFIG",
    "PULSO_PROMETHEUS_PORT",
    "PULSO_PYTHON",
    "PULSO_REDIS_PASSWORD",
    "PULSO_REDIS_PORT",
    "PULSO_SHARED",
    "PULSO_TILLS_PORT",
    "PULSO_VENUE_FILE",
})  # fmt: skip
"""Variables of the containers, scripts and tests, which are no settings."""


def unknown_variables(environment: Mapping[str, str], mailboxes: Iterable[str]) -> list[str]:
    """Return a sentence for each variable that begins with PULSO_ and means nothing.

    Args:
        environment: variables of the process.
        mailboxes: ids of the venue's mailboxes, each of which may have a variable of its own.

    >>> unknown_variables({"PULSO_BINDE": "::", "PULSO_DATA": "/srv"}, [])
    ['PULSO_BINDE is not a setting and is not used; did you mean PULSO_BIND?']
    """
    own = {mailbox_variable(name) for name in mailboxes}
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    known = settings | own
    sentences = []
    for name in sorted(environment):
        # On Linux names have a case, but settings are read in any.
        if not name.upper().startswith(PREFIX) or name.upper() in settings or name in own or name in OTHERS:
            continue
        if name.startswith(MAILBOX_VARIABLE):
            remedy = f"the mailboxes of the venue file read {', '.join(sorted(own)) or 'none'}"
        elif near := difflib.get_close_matches(name.upper(), known, n=1):
            remedy = f"did you mean {near[0]}?"
        else:
            remedy = "`pulso settings` lists all"
        sentences.append(f"{name} is not a setting and is not used; {remedy}")
    return sentences
