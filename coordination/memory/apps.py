from django.apps import AppConfig


class MemoryConfig(AppConfig):
    name = "coordination.memory"
    label = "memory"
