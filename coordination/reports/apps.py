from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "coordination.reports"
    label = "reports"
