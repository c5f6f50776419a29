from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "coordination.runs"
    label = "runs"
