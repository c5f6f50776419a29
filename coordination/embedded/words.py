"""How a keeper's last words to the process that started it begin; lines before that are for people."""

READY = "ready"
FAILED = "failed: "
