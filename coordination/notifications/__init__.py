"""What people and other systems are told: an inbox, e-mail, webhooks."""
