from coordination.shared.errors import FieldError
from coordination.web.forms.schema import fields_of, value_of

SCHEMA = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "amount": {"type": "number", "description": "US dollars"},
        "urgent": {"type": "boolean"},
        "channel": {"type": "string", "enum": ["mail", "chat"], "default": "mail"},
        "tags": {"type": "array"},
        "message": {"type": "string", "title": "What the customer wrote", "maxLength": 5000},
    },
}


def field(name, typed=None, errors=()):
    return next(f for f in fields_of(SCHEMA, typed or {}, errors) if f.name == f"input.{name}")


def test_what_is_required_comes_first():
    assert next(f.name for f in fields_of(SCHEMA, {})) == "input.message"


def test_each_type_has_its_widget():
    widgets = {f.name.removeprefix("input."): f.widget.split("/")[-1] for f in fields_of(SCHEMA, {})}
    assert widgets == {
        "message": "box.html",
        "amount": "number.html",
        "urgent": "check.html",
        "channel": "choice.html",
        "tags": "box.html",
    }


def test_a_field_without_a_title_is_called_by_its_name():
    assert field("urgent").title == "Urgent"


def test_a_default_is_filled_in_until_something_is_typed():
    assert field("channel").value == "mail"
    assert field("channel", {"input.channel": "chat"}).value == "chat"


def test_what_was_typed_becomes_json():
    typed = {
        "input.message": " Where is it? ",
        "input.amount": "12.5",
        "input.urgent": "on",
        "input.tags": '["a"]',
        "input.channel": "chat",
    }
    value, errors = value_of(SCHEMA, typed)
    assert errors == []
    assert value == {"message": "Where is it?", "amount": 12.5, "urgent": True, "tags": ["a"], "channel": "chat"}


def test_an_empty_optional_field_is_left_out():
    value, errors = value_of(SCHEMA, {"input.message": "Hello"})
    assert (value, errors) == ({"message": "Hello", "urgent": False}, [])


def test_a_missing_required_field_is_an_error_at_its_place():
    _, errors = value_of(SCHEMA, {})
    assert [(e.pointer, e.message) for e in errors] == [("/input/message", "Please fill this in.")]


def test_what_cannot_be_read_is_an_error_at_its_place():
    _, errors = value_of(SCHEMA, {"input.message": "x", "input.amount": "much", "input.tags": "[1,"})
    assert [e.pointer for e in errors] == ["/input/amount", "/input/tags"]


def test_an_error_stands_beside_its_field_and_describes_it():
    wrong = field("amount", {"input.amount": "-1"}, [FieldError("/input/amount", "-1 is less than 0")])
    assert wrong.error == "-1 is less than 0"
    assert wrong.value == "-1"
    assert wrong.described_by == "field-amount-help field-amount-wrong"


def test_an_error_deep_inside_a_value_belongs_to_its_field():
    assert field("tags", errors=[FieldError("/input/tags/0", "not a word")]).error == "not a word"


def test_an_error_about_everything_belongs_to_no_field():
    assert not any(f.error for f in fields_of(SCHEMA, {}, [FieldError("/input", "too many properties")]))
