from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "coordination.agents"
    label = "agents"
