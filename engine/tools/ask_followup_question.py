"""`ask_followup_question`: ask a person. Source: S2."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.tool import Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class AskFollowupQuestionParameters(PlainShape):
    """The arguments of `ask_followup_question`."""

    question: str = field(
        metadata=described("The question, understandable on its own", **limited(shortest=1, longest=20_000))
    )
    follow_up: list[str] = field(
        default_factory=list,
        metadata=described("Suggested answers, each complete in itself", **limited(longest=10)),
    )


class AskFollowupQuestion(Tool[AskFollowupQuestionParameters]):
    """Asks people a question; the result is the answer."""

    name: ClassVar = "ask_followup_question"
    description: ClassVar = (
        "Ask the person for what you need to know and cannot find out with the other tools. The result is "
        "the answer, one of those suggested or any other text."
    )
    group: ClassVar = ToolGroup.ALWAYS
    repeatable: ClassVar = True
    parameters: ClassVar = AskFollowupQuestionParameters

    def describe(self, parameters: AskFollowupQuestionParameters) -> str:
        """Quote the question."""
        return f"Ask: {parameters.question}"

    async def run(self, context: ToolContext, parameters: AskFollowupQuestionParameters) -> ToolResult:
        """Ask, and wait for the answer."""
        answer = await context.ask(parameters.question, parameters.follow_up)
        return ToolResult(success=True, output=answer.text, images=answer.images)
