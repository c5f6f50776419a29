"""Money: whole micro-dollars inside, dollars outside."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_MICRO = 1_000_000


@extend_schema_field(float)
class Microusd(serializers.Field[int, Any, float, Any]):
    """Show micro-dollars as dollars."""

    def __init__(self, source: str) -> None:
        super().__init__(source=source, read_only=True)

    def to_representation(self, value: int) -> float:
        """Return dollars."""
        return value / _MICRO
