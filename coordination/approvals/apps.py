from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "coordination.approvals"
    label = "approvals"
