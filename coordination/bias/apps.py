from django.apps import AppConfig


class BiasConfig(AppConfig):
    name = "coordination.bias"
    label = "bias"
