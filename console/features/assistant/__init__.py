"""Assistant: public endpoints for a page, chats and Alexa, without a login."""

from __future__ import annotations

from pathlib import Path

from console.feature import ConsoleFeature, LiveChannel, ViewDefinition
from console.features.assistant import alexa, ask
from console.features.assistant.limit import AskLimit
from console.features.assistant.view import CHANNEL, AnswerView
from schemas.assistant import ASSISTANT_ANSWERS

FEATURE = ConsoleFeature(
    name="assistant",
    folder=Path(__file__).parent,
    routers=(ask.router, alexa.router),
    channels=(LiveChannel(CHANNEL, roles=("support", "security"), in_api=False),),
    views=(ViewDefinition(lambda _context: AnswerView(), CHANNEL, replay={ASSISTANT_ANSWERS: 0}),),
    services=(lambda context: AskLimit(context.redis),),
)
