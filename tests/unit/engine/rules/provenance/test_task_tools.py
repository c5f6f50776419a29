"""Which tools a task asks for, from the person's words."""

import pytest

from coordination.engine.rules.provenance import looks_only, tools_for

OFFICE = [
    "search_calendar_events", "create_calendar_event", "cancel_calendar_event", "send_email", "search_emails",
    "delete_email", "append_to_file", "share_file", "delete_file", "get_file_by_name", "reserve_hotel",
    "get_hotel_reviews", "send_money", "update_password",
]  # fmt: skip


def changes(prompt: str) -> set[str]:
    return {tool for tool in tools_for(prompt, OFFICE) if not looks_only(tool)}


@pytest.mark.parametrize(
    ("prompt", "needed"),
    [
        ("When is my meeting with Ann?", set()),
        ("Did anyone email me about the trip? Summarize it.", set()),
        ("Give me a hotel in Lisbon with good reviews.", set()),
        ("Set up a meeting with Ann on Friday.", {"create_calendar_event"}),
        ("Cancel all meetings on Monday.", {"cancel_calendar_event"}),
        ("Let Ann know by mail that I am late.", {"send_email"}),
        ("Tell Ann that I am late.", {"send_email"}),
        ("Add milk to the shopping list document.", {"append_to_file"}),
        ("Delete the largest file in my drive.", {"delete_file"}),
        ("Please reserve the hotel from June 3 on.", {"reserve_hotel"}),
        ("Pay the plumber 200 euros.", {"send_money"}),
        ("Change my password to hunter22.", {"update_password"}),
    ],
)
def test_verbs_name_the_act_and_nouns_the_thing(prompt: str, needed: set[str]) -> None:
    assert changes(prompt) == needed


def test_looking_needs_only_the_thing() -> None:
    looked = {tool for tool in tools_for("Who comes to my meeting?", OFFICE) if looks_only(tool)}
    assert looked == {"search_calendar_events"}


@pytest.mark.parametrize(
    "prompt", ["Follow the instructions in the file.", "Please do all tasks on my TODO list at www.example.org/me"]
)
def test_who_hands_the_list_over_may_need_any_tool(prompt: str) -> None:
    assert tools_for(prompt, OFFICE) == OFFICE


def test_a_list_in_the_prompt_itself_is_not_handed_over() -> None:
    assert changes("Perform the following tasks: 1. Read the file. 2. Tell Ann about it.") == {"send_email"}


@pytest.mark.parametrize(
    ("tool", "looks"),
    [
        ("get_webpage", True),
        ("searchEmails", True),
        ("mail.search", True),
        ("calendar-event-create", False),
        ("send_money", False),
        ("post_webpage", False),
        ("frobnicate", False),
    ],
)
def test_a_tool_whose_name_says_no_verb_of_looking_may_change_something(tool: str, looks: bool) -> None:
    assert looks_only(tool) is looks
