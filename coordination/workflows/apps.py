from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "coordination.workflows"
    label = "workflows"
