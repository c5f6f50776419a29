"""A small world as its author would write it."""

WORLD = """
apiVersion: coordination/v1
kind: Workflow
metadata: {name: greet, title: Greeting, labels: {team: support}}
spec:
  input: {type: object, properties: {message: {type: string}}, required: [message]}
  steps:
    - id: read
      agent: {capability: work}
      input: {message: "${input.message}"}
    - id: send
      needs: [read]
      action: {tool: mail.send, args: {text: "${steps.read.output.message}"}}
---
apiVersion: coordination/v1
kind: Policy
metadata: {name: careful}
spec:
  review_by: 2027-01-31
  rules:
    - key: free
      statement: Sending is free.
      when: action.name == "mail.send"
      effect: allow
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: echo}
spec:
  role: worker
  capabilities: [work]
  adapter: {python: tests.acting.echo}
---
apiVersion: coordination/v1
kind: KnowledgeBase
metadata: {name: facts, title: Facts}
spec:
  markdown: |
    # Opening hours
    We are open from nine to five.

    # Returns
    Goods can be returned within thirty days.
---
apiVersion: coordination/v1
kind: Tool
metadata: {name: mail.send}
spec:
  adapter: {python: tests.acting.send}
  summary: Send ${args.text}
---
apiVersion: coordination/v1
kind: Role
metadata: {name: worker}
spec: {capabilities: [work], tools: [mail.send]}
"""
