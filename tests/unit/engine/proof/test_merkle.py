"""The tree is that of RFC 9162, and its proofs prove what they say and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    extend,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves of Certificate Transparency's own tests, and the roots of their first one to eight.
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
# From the same tests: the ways from leaves to roots, and between roots.
INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
MANY = [leaf_hash(b"%d" % number) for number in range(300)]
sizes = st.integers(0, len(MANY))


def root(leaves: list[bytes]) -> bytes:
    """Return the root as the definition in RFC 9162, 2.1.1 has it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root(leaves[:half]), root(leaves[half:]))


def subtree(leaves: list[bytes], level: int, index: int) -> bytes:
    own = leaves[index << level : (index + 1) << level]
    assert len(own) == 1 << level, "only complete subtrees may be asked for"
    return root(own)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert Frontier().extended(LEAVES[:size]).root().hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("place", "proof"), INCLUSIONS.items())
def test_inclusion_proofs_are_those_of_certificate_transparency(place: tuple[int, int], proof: list[str]) -> None:
    made = inclusion_proof(*place, lambda level, index: subtree(LEAVES, level, index))
    assert [one.hex() for one in made] == proof


@pytest.mark.parametrize(("between", "proof"), CONSISTENCIES.items())
def test_consistency_proofs_are_those_of_certificate_transparency(between: tuple[int, int], proof: list[str]) -> None:
    made = consistency_proof(*between, lambda level, index: subtree(LEAVES, level, index))
    assert [one.hex() for one in made] == proof


@given(st.lists(st.integers(0, 40), max_size=8))
def test_however_it_grows_the_root_is_the_same(steps: list[int]) -> None:
    frontier, at = Frontier(), 0
    for step in steps:
        frontier = frontier.extended(MANY[at : at + step])
        at = min(at + step, len(MANY))
    assert (frontier.size, frontier.root()) == (at, root(MANY[:at]))


@given(st.lists(st.integers(0, 60), max_size=6), st.integers(0, 4))
def test_every_completed_subtree_is_told_once(steps: list[int], floor: int) -> None:
    frontier, told = Frontier(), {}
    for step in steps:
        frontier, completed = extend(frontier, MANY[frontier.size : frontier.size + step], floor)
        for node in completed:
            assert (node.level, node.index) not in told
            told[node.level, node.index] = node.hash
    expected = {
        (level, index): subtree(MANY, level, index)
        for level in range(floor, 9)
        for index in range(frontier.size >> level)
    }
    assert told == expected


@given(st.data(), st.integers(1, len(MANY)))
def test_a_leaf_is_proved_and_no_other(data: st.DataObject, size: int) -> None:
    seq = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(seq, size, lambda level, index: subtree(MANY, level, index))
    whole = root(MANY[:size])
    assert verify_inclusion(MANY[seq], seq, size, proof, whole)
    other = data.draw(st.integers(0, size))
    assert not verify_inclusion(MANY[seq], other, size, proof, whole) or other == seq
    assert not verify_inclusion(MANY[-1] if seq != 299 else MANY[0], seq, size, proof, whole)
    assert not verify_inclusion(MANY[seq], seq, size, [*proof, MANY[0]], whole)
    assert not verify_inclusion(MANY[seq], seq, size, proof[:-1], whole) or not proof


@given(sizes, sizes)
def test_growth_is_proved_and_nothing_else(one: int, other: int) -> None:
    old, new = sorted((one, other))
    proof = consistency_proof(old, new, lambda level, index: subtree(MANY, level, index))
    before, after = root(MANY[:old]), root(MANY[:new])
    assert verify_consistency(old, new, before, after, proof)
    forked = root([*MANY[: old - 1], leaf_hash(b"another"), *MANY[old:new]]) if old else before
    assert verify_consistency(old, new, before, forked, proof) == (old == 0)
    assert not verify_consistency(old, new, leaf_hash(b"another"), after, proof)
    assert not verify_consistency(old, new, before, after, [*proof, MANY[0]])
    assert not verify_consistency(old, new, before, after, proof[:-1]) or not proof


@given(sizes, sizes, st.lists(st.binary(min_size=32, max_size=32), max_size=12), st.binary(min_size=32, max_size=32))
def test_noise_proves_nothing(one: int, other: int, proof: list[bytes], leaf: bytes) -> None:
    assert not verify_inclusion(leaf, one, other, proof, root(MANY[:other]))
    assert not verify_consistency(one, other, leaf, root(MANY[:other]), proof)


def test_what_is_not_there_has_no_proof() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        inclusion_proof(3, 3, lambda level, index: b"")
    with pytest.raises(ValueError, match="does not begin"):
        consistency_proof(4, 3, lambda level, index: b"")
    assert not verify_inclusion(MANY[0], -1, 3, [], MANY[0])
    assert not verify_consistency(4, 3, b"", b"", [])
