from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "coordination.policies"
    label = "policies"
