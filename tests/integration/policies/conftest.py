"""An organization, someone who edits its policies, and a short way to enforce rules."""

from typing import Any

import pytest

from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies.models import PolicyVersion
from coordination.policies.services import publish, save_draft
from tests.integration.policies.people import People
from tests.integration.policies.rules import EDITOR, Enforce, policy


@pytest.fixture
def acme(db: None) -> Organization:
    return Organization.objects.create(slug="acme", name="Acme")


@pytest.fixture
def globex(db: None) -> Organization:
    return Organization.objects.create(slug="globex", name="Globex")


@pytest.fixture
def enforce(acme: Organization) -> Enforce:
    """Save and publish a policy of these rules, for acme unless another organization is named."""

    def enforced(
        *rules: dict[str, Any], name: str = "refund-limits", organization: Organization = acme
    ) -> PolicyVersion:
        manifest = Manifest(kind="Policy", metadata=Metadata(name=name), spec=policy(*rules))
        draft = save_draft(organization, manifest, EDITOR)
        return publish(draft.policy, draft.number, EDITOR)

    return enforced


@pytest.fixture
def people(acme: Organization) -> People:
    return People(acme)
