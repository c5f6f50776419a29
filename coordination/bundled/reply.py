"""Write a reply from what was found, and cite it.

`extractive` picks the sentences that answer; `with_model` lets a language model word the same and is held to citing.
Input: {message, passages: [{key, title, text}], intent, sentiment, order}.
Config: {greeting, sign_off, n_sentences, refund_intents, refund_tool}, and for the model {model, base_url, key_env, …}.
Output: {reply, subject, citations: [{number, key, title}], refund, amount, order}; a refund is proposed as an action.
"""

from coordination.adapters.openai import complete
from coordination.adapters.ports import AgentFailed, Proposal, Reach, Result, Source, Task, Usage, agent
from coordination.bundled.citing import Quote, cited_only, quotes_for
from coordination.bundled.inputs import number_of, setting, sources_of, spoken, text_of
from coordination.bundled.sentences import markers_in, renumbered
from coordination.bundled.wanting import Wish, wish_in
from coordination.shared.json import Json

N_SENTENCES = 3
UPSET = -0.3
PLEASED = 0.7
SUBJECT = "Your message to us"
NOTHING_FOUND = "I could not find the answer in our help articles, so I have passed your message on to a colleague."
INSTRUCTIONS = """You answer a customer's message for a company.
Use only the numbered sources. After each statement put the number of its source in square brackets, like [1].
If the sources do not answer the message, say that a colleague will look at it.
Promise nothing the sources do not say. Never repeat card numbers, bank accounts, passwords, telephone numbers or
e-mail addresses. At most five sentences, no greeting, no signature."""
ANSWER: dict[str, Json] = {
    "type": "object",
    "properties": {"reply": {"type": "string"}},
    "required": ["reply"],
    "additionalProperties": False,
}


@agent
def extractive(task: Task, reach: Reach) -> Result:
    """Answer with the sentences of the sources that fit the message best."""
    message, sources = text_of(task, "message"), sources_of(task)
    question = f"{spoken(text_of(task, 'intent', required=False))}{message}"
    quotes = quotes_for(question, sources, reach, setting(task, "n_sentences", N_SENTENCES))
    body = " ".join(f"{quote.sentence} [{quote.number}]" for quote in quotes) or NOTHING_FOUND
    return _result(task, message, sources, body, _confidence(quotes), Usage())


@agent
def with_model(task: Task, reach: Reach) -> Result:
    """Let a language model word the answer; statements that cite no source are given theirs, or make it less sure."""
    message, sources = text_of(task, "message"), sources_of(task)
    if not task.config.get("model"):
        raise AgentFailed("bad-config", "config.model must name the model to use.")
    numbered = "\n".join(f"[{number}] {source.title}: {source.text}" for number, source in enumerate(sources, 1))
    prompt = f"Sources:\n{numbered or 'none'}\n\nThe message:\n{message}"
    said = complete({"system": INSTRUCTIONS, **task.config}, prompt, task, dict(ANSWER))
    body, share = cited_only(str((said.data or {}).get("reply") or NOTHING_FOUND), sources, reach)
    return _result(task, message, sources, body, share, said.usage)


def _result(task: Task, message: str, sources: list[Source], body: str, confidence: float, usage: Usage) -> Result:
    """Return the whole letter around the body, with the refund it proposes."""
    wish = _refund(task, message)
    # Readers count what is cited, not what was found: the first citation is [1].
    cited = list(dict.fromkeys(number for number in markers_in(body) if 0 < number <= len(sources)))
    used = [sources[number - 1] for number in cited]
    listed: list[Json] = [
        {"number": number, "key": source.reference, "title": source.title} for number, source in enumerate(used, 1)
    ]
    parts = [
        _greeting(task),
        renumbered(body, {old: new for new, old in enumerate(cited, 1)}),
        _announcement(wish),
        str(setting(task, "sign_off", "Kind regards")),
        "\n".join(f"[{number}] {source.title}" for number, source in enumerate(used, 1)),
    ]
    return Result(
        output={
            "reply": "\n\n".join(part for part in parts if part),
            "subject": str(setting(task, "subject", SUBJECT)),
            "citations": listed,
            "refund": wish is not None,
            "amount": wish.amount if wish else 0,
            "order": wish.order if wish else text_of(task, "order", required=False),
        },
        confidence=confidence,
        rationale=f"Rests on {', '.join(source.title for source in used)}." if used else NOTHING_FOUND,
        usage=usage,
        actions=_proposals(task, wish),
        sources=tuple(used),
    )


def _greeting(task: Task) -> str:
    """Return the opening: sorry once to someone who is upset, thanks to someone who is pleased."""
    hello = str(setting(task, "greeting", "Hello"))
    mood = number_of(task, "sentiment") or 0.0
    if mood <= UPSET:
        return f"{hello},\n\nI am sorry for the trouble you have had."
    return f"{hello},\n\n{'Thank you for your kind words.' if mood >= PLEASED else 'Thank you for your message.'}"


def _refund(task: Task, message: str) -> Wish | None:
    """Return the refund that is asked for, if the intent is one that refunds answer and an amount is named."""
    intents = setting(task, "refund_intents", [])
    if text_of(task, "intent", required=False) not in intents:
        return None
    return wish_in(message, text_of(task, "order", required=False))


def _announcement(wish: Wish | None) -> str:
    # Nothing is promised: whether the refund happens is decided after this was written.
    return f"I have asked for a check of the {wish.spelled} for order {wish.order}." if wish else ""


def _proposals(task: Task, wish: Wish | None) -> tuple[Proposal, ...]:
    if wish is None:
        return ()
    args: dict[str, Json] = {"order": wish.order, "amount": wish.amount, "reason": f"Asked for: {wish.spelled}"}
    tool = str(setting(task, "refund_tool", "payments.refund"))
    return (Proposal(tool, args, f"The message asks for {wish.spelled} for order {wish.order}."),)


def _confidence(quotes: list[Quote]) -> float:
    return max((quote.similarity for quote in quotes), default=0.0)
