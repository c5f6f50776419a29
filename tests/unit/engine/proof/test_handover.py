"""A key that is trusted leads to the next by its own signature, and nobody else's."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.handover import followed, hand_over

FIRST, SECOND, THIRD, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in range(1, 5))


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


NOTES = [hand_over(FIRST, public(SECOND)), hand_over(SECOND, public(THIRD))]


def test_one_key_leads_to_the_next_and_on() -> None:
    assert followed([public(FIRST)], NOTES) == {public(FIRST), public(SECOND), public(THIRD)}


def test_a_later_key_does_not_lead_back() -> None:
    assert followed([public(SECOND)], NOTES) == {public(SECOND), public(THIRD)}


def test_a_stranger_hands_over_to_nobody() -> None:
    assert followed([public(FIRST)], [hand_over(STRANGER, public(STRANGER)), *NOTES[1:]]) == {public(FIRST)}


def test_a_note_that_names_another_than_it_was_signed_for_is_nothing() -> None:
    forged = NOTES[0].replace(public(SECOND).hex(), public(STRANGER).hex())
    assert followed([public(FIRST)], [forged]) == {public(FIRST)}


@given(st.data())
def test_whatever_stands_there_is_read_without_an_error(data: st.DataObject) -> None:
    note = NOTES[0]
    start = data.draw(st.integers(0, len(note)))
    changed = note[:start] + data.draw(st.text(max_size=5)) + note[data.draw(st.integers(start, len(note))) :]
    assert followed([public(FIRST)], [changed]) <= {public(FIRST), public(SECOND)}
