"""The one table of topics: name, key, type, partitions, retention, compaction."""

from __future__ import annotations

from typing import Any

from schemas.alerts import ACTIONS, ALERTS, LABELS, OBSERVATIONS
from schemas.attendance import ATTENDANCE, OCCUPANCY
from schemas.bars import DEMAND, SALES, STOCK
from schemas.cameras import FRAMES
from schemas.context import CONTEXT
from schemas.crowd import CROWD
from schemas.models import FEEDBACK
from schemas.music import SNIPPETS, TAGS
from schemas.social import POST_READINGS, POSTS
from schemas.support import ANSWERS, CORRECTIONS, MAILS, TRIAGE
from schemas.topic import Topic
from schemas.violence import VIOLENCE

INPUTS = (FRAMES, SALES, STOCK, MAILS, CORRECTIONS, POSTS, SNIPPETS, CONTEXT, ATTENDANCE)
RESULTS = (CROWD, VIOLENCE, DEMAND, TRIAGE, POST_READINGS, TAGS, OCCUPANCY)
ALERTING = (OBSERVATIONS, ACTIONS, ALERTS, LABELS)
TOPICS: tuple[Topic[Any], ...] = (*INPUTS, *RESULTS, *ALERTING, FEEDBACK, ANSWERS)
BY_NAME: dict[str, Topic[Any]] = {topic.name: topic for topic in TOPICS}
