"""Write manifests as people would: short, in a fixed order, long texts as blocks."""

import json
from collections.abc import Iterable
from typing import Any

import yaml

from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest
from coordination.manifests.kinds import KINDS, Kind


class _Dumper(yaml.CSafeDumper):
    """Write text of several lines as a block, and repeat what is equal instead of naming it."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (PyYAML's signature)
        """Return that nothing is written as an alias."""
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.Node:
    # A line that ends in a space cannot stand in a block.
    block = "\n" in text and not any(line != line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


_Dumper.add_representer(str, _text)


def export(organization: Organization, kinds: Iterable[Kind] = KINDS.values(), name: str = "") -> list[Manifest]:
    """Return what is in force, in the order in which it can be applied again."""
    if name:
        found = (kind.find(organization, name) for kind in kinds)
        return [manifest for manifest in found if manifest is not None]
    return [manifest for kind in kinds for manifest in kind.all(organization)]


def said(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as JSON without what need not be said: empty words and defaults."""
    about = {key: value for key, value in manifest.metadata.model_dump(mode="json").items() if value not in ("", {})}
    kind = KINDS[manifest.kind]
    spec = kind.spec.model_validate(manifest.spec).model_dump(mode="json", exclude_defaults=True)
    return {"apiVersion": manifest.apiVersion, "kind": manifest.kind, "metadata": about, "spec": spec}


def as_yaml(manifests: Iterable[Manifest]) -> str:
    """Return manifests as one YAML text of several documents."""
    return yaml.dump_all(
        (said(manifest) for manifest in manifests),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=110,
        explicit_start=True,
    )


def as_json(manifests: Iterable[Manifest]) -> str:
    """Return manifests as JSON, one a line."""
    return "".join(json.dumps(said(manifest), ensure_ascii=False) + "\n" for manifest in manifests)
