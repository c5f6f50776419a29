"""What is written out comes back as it was."""

import json

import pytest
from jsonschema import Draft202012Validator

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.manifests.applying import apply
from coordination.manifests.kinds import KINDS
from coordination.manifests.planning import Action
from coordination.manifests.reading import read
from coordination.manifests.schemas import schema_of
from coordination.manifests.writing import as_json, as_yaml, export, said
from tests.factories import make_organization
from tests.integration.manifests.support import WORLD


@pytest.fixture
def acme(db: None) -> Organization:
    organization = make_organization("acme")
    apply(organization, read(WORLD), SYSTEM)
    return organization


def test_applying_an_export_changes_nothing(acme: Organization) -> None:
    changes = apply(acme, read(as_yaml(export(acme))), SYSTEM)
    assert len(changes) == 6
    assert {change.action for change in changes} == {Action.UNCHANGED}


def test_an_export_makes_the_same_elsewhere(acme: Organization) -> None:
    globex = make_organization("globex")
    apply(globex, read(as_yaml(export(acme))), SYSTEM)
    assert as_yaml(export(globex)) == as_yaml(export(acme))


def test_json_says_the_same(acme: Organization) -> None:
    lines = as_json(export(acme)).splitlines()
    assert [json.loads(line) for line in lines] == [said(manifest) for manifest in export(acme)]


def test_defaults_are_left_out_and_long_texts_are_blocks(acme: Organization) -> None:
    text = as_yaml(export(acme, [KINDS["Agent"]]))
    assert "pool" not in text
    assert "title" not in text


def test_one_thing_can_be_exported(acme: Organization) -> None:
    (manifest,) = export(acme, name="careful")
    assert manifest.kind == "Policy"


def test_the_schema_of_each_kind_accepts_what_is_exported(acme: Organization) -> None:
    for manifest in export(acme):
        schema = schema_of(manifest.kind)
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(said(manifest))
