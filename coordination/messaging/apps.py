from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "coordination.messaging"
    label = "messaging"
