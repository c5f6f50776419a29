from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "coordination.insights"
    label = "insights"
