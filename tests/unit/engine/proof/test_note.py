"""Checkpoints are notes as C2SP writes them: what was signed by nobody known is not opened."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.note import (
    Checkpoint,
    NoteInvalid,
    Verifier,
    cosign,
    notes_in,
    opened,
    read,
    sign,
    sign_text,
    signatures,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "coordination/audit/acme"
VERIFIER = Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint(ORIGIN, 17, bytes(range(32)))
NOTE = sign(CHECKPOINT, ORIGIN, KEY)
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
WITNESS = Verifier("witness.example/one", WITNESS_KEY.public_key().public_bytes_raw(), cosigns=True)
# The example of the specification of tlog-cosignature, whose keys are not told.
PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
# The key and the note of the Go module golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_says_what_was_signed() -> None:
    assert NOTE.startswith(f"{ORIGIN}\n17\nAAECAwQF")
    assert opened(NOTE, [VERIFIER]) == CHECKPOINT


def test_a_note_of_the_reference_is_known_by_its_key() -> None:
    verifier = Verifier.of(GO_KEY)
    assert verifier.text() == GO_KEY
    assert signatures(GO_NOTE, [verifier]) == {"PeterNeumann": 0}
    with pytest.raises(NoteInvalid, match="is wrong"):
        signatures(GO_NOTE.replace("think", "thank"), [verifier])


def test_a_published_checkpoint_is_read() -> None:
    assert (read(PUBLISHED).origin, read(PUBLISHED).size) == ("example.com/behind-the-sofa", 20852163)


def test_a_witness_signs_with_the_time() -> None:
    note = NOTE + cosign(NOTE, WITNESS.name, WITNESS_KEY, 1_767_225_600)
    assert signatures(note, [VERIFIER, WITNESS]) == {ORIGIN: 0, WITNESS.name: 1_767_225_600}
    assert opened(note, [WITNESS]) == CHECKPOINT


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    note = NOTE + cosign(NOTE, WITNESS.name, WITNESS_KEY, 1)
    with pytest.raises(NoteInvalid, match="none of the known keys"):
        opened(note, [Verifier(WITNESS.name, WITNESS.public)])


@given(st.data())
def test_any_changed_letter_of_what_was_signed_is_found(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, NOTE.index("\n\n") - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda other: other != NOTE[at]))
    with pytest.raises(NoteInvalid):
        opened(NOTE[:at] + letter + NOTE[at + 1 :], [VERIFIER])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        NOTE[:-1],
        NOTE.replace("\n\n", "\n"),
        NOTE + "\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("17", "017"),
        NOTE.replace("\n17\n", "\n-17\n"),
        NOTE.replace("\n17\n", "\n17\r\n"),
        NOTE * 70,
        "\n".join([NOTE.splitlines()[0], "17", "AAA", "", NOTE.splitlines()[-1], ""]),
        NOTE[: NOTE.rindex(" ")] + " !!!\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(NoteInvalid):
        opened(note, [VERIFIER])


def test_nobody_known_signed() -> None:
    other = Verifier(ORIGIN, WITNESS.public)
    with pytest.raises(NoteInvalid, match="none of the known keys"):
        opened(NOTE, [other])
    assert opened(NOTE, [other, VERIFIER]) == CHECKPOINT


@pytest.mark.parametrize("origin", ["", "a\nb", "a\n\nb", "a\x07b"])
def test_a_log_with_an_impossible_name_is_not_signed(origin: str) -> None:
    with pytest.raises(NoteInvalid):
        sign(Checkpoint(origin, 1, bytes(32)), ORIGIN, KEY)


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_key_with_an_impossible_name_signs_nothing(name: str) -> None:
    with pytest.raises(NoteInvalid, match="no spaces and no plus"):
        sign_text("text\n", name, KEY)


@pytest.mark.parametrize(
    "text", ["", "a+b", VERIFIER.text()[:-4], VERIFIER.text().replace("+", "+0", 1), "a+00000000+AA=="]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Verifier.of(text)


@given(st.integers(0, 2**63), st.binary(min_size=32, max_size=32), st.lists(st.from_regex(r"[ -~]+", fullmatch=True)))
def test_every_checkpoint_is_read_back(size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(ORIGIN, min(size, 10**18), root, tuple(extensions))
    assert opened(sign(checkpoint, ORIGIN, KEY), [VERIFIER]) == checkpoint


def test_notes_that_follow_each_other_are_told_apart() -> None:
    second = sign(Checkpoint(ORIGIN, 18, bytes(32)), ORIGIN, KEY) + cosign(NOTE, WITNESS.name, WITNESS_KEY, 1)
    assert notes_in(NOTE + second) == [NOTE, second]
    assert notes_in(NOTE + "\n\n" + second + "half a note") == [NOTE, second]
    assert notes_in("nothing") == []
