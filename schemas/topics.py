"""The one table of topics: name, key, type, partitions, retention, compaction."""

from __future__ import annotations

from dataclasses import dataclass, replace

from msgspec import Struct

from schemas.alerts import Alert, AlertLabel, Observation
from schemas.answers import ApprovedAnswer
from schemas.attendance import AttendanceChange, VenueOccupancy
from schemas.events import (
    AlertAction,
    Mail,
    ModelFeedback,
    Post,
    StockMovement,
    SupportCorrection,
    Ticket,
    VenueContext,
)
from schemas.results import CrowdCount, DemandForecast, MusicTags, PostReading, SupportTriage, ViolenceScore

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MEDIA_BYTES = 4 * 1024 * 1024
RECORD_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic.

    Attributes:
        key: what the record's key names; records of one key stay in order.
        record: the type of the JSON value, or None for bytes (pictures, sound).
        event_type: `ce_type` of its records; the version rises only with an incompatible change.
        retention_ms: how long Kafka keeps a record.
        compacted: keep the last record of each key for ever instead.
        sensitive: holds personal data, so dead letters of it expire as fast as it does.
    """

    name: str
    key: str
    record: type[Struct] | None
    event_type: str
    description: str
    partitions: int = 4
    retention_ms: int = DAY
    compacted: bool = False
    max_bytes: int = RECORD_BYTES
    content_type: str = "application/json"
    sensitive: bool = False

    @property
    def dead(self) -> Topic:
        """Where what can't be read goes, with the reason in its headers.

        >>> SALES.dead.name
        'pos.sales.dead'
        """
        return replace(
            self,
            name=f"{self.name}.dead",
            record=None,
            description=f"What came on {self.name} and could not be used: the bytes as they came.",
            partitions=1,
            retention_ms=self.retention_ms if self.sensitive else 7 * DAY,
            compacted=False,
        )


FRAMES = Topic(
    "camera.frames",
    "camera",
    None,
    "pulso.camera.frame.v1",
    "One JPEG picture of a camera.",
    retention_ms=10 * MINUTE,  # frames live only as long as an alert needs them (EDPB 3/2019)
    max_bytes=MEDIA_BYTES,
    content_type="image/jpeg",
    sensitive=True,
)
SALES = Topic("pos.sales", "bar", Ticket, "pulso.ticket.v1", "One receipt of a till.", retention_ms=30 * DAY)
STOCK = Topic(
    "bar.stock",
    "bar",
    StockMovement,
    "pulso.stock.movement.v1",
    "What staff report of a bar's stock: deliveries, transfers, waste, counts.",
    partitions=SALES.partitions,  # a bar's tickets and movements share one row of state
    retention_ms=30 * DAY,
)
MAILS = Topic(
    "support.emails",
    "thread",
    Mail,
    "pulso.mail.v1",
    "One message to the support mailbox.",
    partitions=1,  # clusters are of all mail together, and one partition carries hundreds of mails a second
    retention_ms=3 * DAY,
    sensitive=True,
)
CORRECTIONS = Topic(
    "support.corrections",
    "id",
    SupportCorrection,
    "pulso.support.correction.v1",
    "What a person taught the support desk, or asked it to forget.",
    partitions=1,  # as the mails: both change one row
    retention_ms=3 * DAY,
    sensitive=True,
)
POSTS = Topic(
    "social.posts",
    "network",
    Post,
    "pulso.social.post.v1",
    "One post of a social network.",
    partitions=1,  # what is usual for a subject is one row of state
    retention_ms=3 * DAY,
    sensitive=True,
)
SNIPPETS = Topic(
    "audio.snippets",
    "stage",
    None,
    "pulso.audio.snippet.v1",
    "Up to 30 seconds of sound of a stage, in any format that libsndfile or ffmpeg reads.",
    retention_ms=10 * MINUTE,
    max_bytes=MEDIA_BYTES,
    content_type="audio/ogg",
    sensitive=True,
)
CONTEXT = Topic(
    "venue.context",
    "zone/source",
    VenueContext,
    "pulso.venue.context.v1",
    "What is known of a zone: occupancy, weather, act or break, doors.",
    partitions=1,  # every bars worker reads all of it
    compacted=True,
)
CROWD = Topic("crowd.counts", "camera", CrowdCount, "pulso.crowd.count.v1", "Heads in one picture.")
VIOLENCE = Topic("violence.scores", "camera", ViolenceScore, "pulso.violence.score.v1", "Fight seen by a camera.")
DEMAND = Topic("demand.forecasts", "bar", DemandForecast, "pulso.demand.forecast.v1", "What a bar will need.")
TRIAGE = Topic("support.triage", "thread", SupportTriage, "pulso.support.triage.v1", "One mail, read.")
POST_READINGS = Topic(
    "social.readings",
    "subject",
    PostReading,
    "pulso.social.reading.v1",
    "One post, read, and how its subject sounds.",
)
TAGS = Topic("music.tags", "stage", MusicTags, "pulso.music.tags.v1", "What is heard on a stage.")
OBSERVATIONS = Topic(
    "alerts.observations",
    "alert key",
    Observation,
    "pulso.alert.observation.v1",
    "Values that alert rules watch, keyed by alert so that one worker owns the life of each.",
    retention_ms=HOUR,
)
ACTIONS = Topic("alerts.actions", "alert key", AlertAction, "pulso.alert.action.v1", "What a person did with an alert.")
ALERTS = Topic(
    "alerts", "alert key", Alert, "pulso.alert.v1", "One step in the life of an alert.", retention_ms=30 * DAY
)
LABELS = Topic(
    "alerts.labels",
    "alert id",
    AlertLabel,
    "pulso.alert.label.v1",
    "Whether a person saw what an alert said.",
    partitions=1,  # whoever counts precision reads all of it
    compacted=True,
)
FEEDBACK = Topic(
    "model.feedback",
    "model",
    ModelFeedback,
    "pulso.model.feedback.v1",
    "What people say that a model should have said.",
    partitions=1,
    retention_ms=90 * DAY,
)
ANSWERS = Topic(
    "support.answers",
    "topic/language",
    ApprovedAnswer,
    "pulso.support.answer.v1",
    "What a person approved as the answer to a topic.",
    partitions=1,  # whoever answers reads all of it
    compacted=True,
)

ATTENDANCE = Topic(
    "venue.attendance",
    "venue",
    AttendanceChange,
    "pulso.attendance.change.v1",
    "What gates, cameras and people know of how many are in the venue.",
    partitions=1,  # one number for the venue, so one order
    retention_ms=30 * DAY,
)
OCCUPANCY = Topic(
    "venue.occupancy",
    "venue",
    VenueOccupancy,
    "pulso.venue.occupancy.v1",
    "How many are in the venue.",
    partitions=1,
    retention_ms=30 * DAY,
)

INPUTS = (FRAMES, SALES, STOCK, MAILS, CORRECTIONS, POSTS, SNIPPETS, CONTEXT, ATTENDANCE)
RESULTS = (CROWD, VIOLENCE, DEMAND, TRIAGE, POST_READINGS, TAGS, OCCUPANCY)
ALERTING = (OBSERVATIONS, ACTIONS, ALERTS, LABELS)
TOPICS: tuple[Topic, ...] = (*INPUTS, *RESULTS, *ALERTING, FEEDBACK, ANSWERS)
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
