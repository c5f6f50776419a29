from django.apps import AppConfig


class RiskConfig(AppConfig):
    name = "coordination.risk"
    label = "risk"
