"""The agent loop: one task, worked on until it completes, fails, is cancelled or is interrupted."""

from __future__ import annotations

from typing import Final

from engine.agent.calls import Calls
from engine.agent.people import People
from engine.agent.prompts import system_prompt
from engine.agent.transcript import new_message_id
from engine.agent.work import Work
from engine.providers.provider import CallRequested, ModelRequest, ProviderFailure, TextDelta
from engine.storage.database import Transaction
from models.conversation import Role, ToolCall, Turn
from models.identifier import CallId, MessageId
from models.message import Message
from models.task import MessageDelta, TaskError, TaskProgress
from models.tool import ToolDescription

NOT_YET_DONE: Final = 95
"""The most that an unfinished task's progress can be: it is an estimate until the end."""


class TaskFailure(Exception):
    """The task cannot go on; it ends as failed with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = TaskError(code=code, message=message)


class Run:
    """The loop over one task."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.people = People(work)
        self._calls = Calls(work, self.people)

    async def to_the_end(self) -> str:
        """Work on the task until the agent says that it is done; its summary.

        Raises: TaskFailure; CancelledError, at any await, with everything stored that was done.
        """
        try:
            async with self.work.patience:
                return await self._loop()
        except TimeoutError:
            raise TaskFailure("TASK_TIMEOUT", "The task took longer than it may") from None
        except ProviderFailure as failure:
            raise TaskFailure(failure.code, failure.message) from failure

    async def _loop(self) -> str:
        conversation = self.work.conversation
        if conversation.is_empty:
            await self._open()
        while True:
            for call in conversation.unanswered:
                summary = await self._calls.answer(call)
                if summary is not None:
                    return summary
            await self._listen()
            if conversation.turns[-1].role is Role.ASSISTANT:
                return conversation.turns[-1].text
            await self._ask_model()

    async def _open(self) -> None:
        """Remember what the workspace holds, and hand the task itself to the conversation."""
        task = self.work.task
        snapshot = await self.work.equipment.results.look(self.work.workspace)

        async def remember(unit: Transaction) -> None:
            await self.work.equipment.results.remember(unit, task.id, snapshot)
            await self.work.equipment.transcripts.write(
                unit, task, say="text", text=task.input, images=task.images
            )

        await self.work.append(Turn(role=Role.USER, text=task.input, images=task.images), alongside=remember)

    async def _listen(self) -> None:
        """Hand what people said meanwhile to the conversation."""
        for message in await self.people.unheard():
            await self.work.append(_spoken(message))

    async def _ask_model(self) -> None:
        """One question to the model; its answer is stored before anything is done with it."""
        done = self.work.task.iterations
        limit = self.work.task.config.max_iterations or self.work.equipment.settings.max_iterations
        if done >= limit:
            raise TaskFailure("ITERATION_LIMIT", f"The task has used all of its {limit} iterations")
        message_id = new_message_id()
        reply = await self._stream(message_id)

        async def write(unit: Transaction) -> None:
            if reply.text:
                await self.work.equipment.transcripts.write(
                    unit, self.work.task, say="text", text=reply.text, message_id=message_id
                )

        progress = _estimate(done + 1)
        step = ", ".join(call.tool_name for call in reply.calls) or "answer"
        await self.work.append(
            reply,
            TaskProgress(progress=progress, step=step),
            alongside=write,
            progress=progress,
            step=step,
            iterations=done + 1,
        )

    async def _stream(self, message_id: MessageId) -> Turn:
        """The model's answer; its text is shown as it comes."""
        config = self.work.session.config
        request = ModelRequest(
            model=config.model,
            system=system_prompt(self.work.session),
            turns=tuple(self.work.conversation.turns),
            tools=self._offered(),
            max_tokens=config.max_tokens,
            temperature=config.temperature,
        )
        text: list[str] = []
        calls: list[ToolCall] = []
        async for piece in self.work.equipment.providers.find(config.provider).stream(request):
            match piece:
                case TextDelta():
                    text.append(piece.text)
                    self.work.signal(MessageDelta(message_id=message_id, text=piece.text))
                case CallRequested():
                    calls.append(_call(piece))
        return Turn(role=Role.ASSISTANT, text="".join(text), calls=calls)

    def _offered(self) -> list[ToolDescription]:
        """The tools that the model is shown."""
        described = self.work.equipment.tools.describe()
        if self.work.task.config.enable_diff:
            return described
        return [tool for tool in described if tool.name != "apply_diff"]


def _estimate(iterations: int) -> int:
    """How far a task may have come after so many answers: rising, never done."""
    return min(NOT_YET_DONE, round(100 * iterations / (iterations + 4)))


def _call(asked: CallRequested) -> ToolCall:
    return ToolCall(id=CallId(asked.call_id), tool_name=asked.tool_name, arguments=dict(asked.arguments))


def _spoken(message: Message) -> Turn:
    return Turn(role=Role.USER, text=message.text or "", images=message.images, message_id=message.id)
