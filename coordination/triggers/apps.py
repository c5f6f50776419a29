from django.apps import AppConfig


class TriggersConfig(AppConfig):
    name = "coordination.triggers"
    label = "triggers"
