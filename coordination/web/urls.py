"""Addresses of the pages."""

from django.urls import path

from coordination.web import agents, approvals, audit, overview, policies, roles, runs, shell, tools, workflows

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("n-waiting/", shell.n_waiting, name="n-waiting"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/new/", runs.new_run, name="new-run"),
    path("runs/<uuid:run_id>/", runs.run_detail, name="run"),
    path("runs/<uuid:run_id>/<str:act>/", runs.control_run, name="control-run"),
    path("approvals/", approvals.approval_list, name="approvals"),
    path("approvals/<uuid:request_id>/", approvals.approval, name="approval"),
    path("approvals/<uuid:request_id>/changed/", approvals.approval_changed, name="approval-changed"),
    path("approvals/<uuid:request_id>/answer/", approvals.answer, name="answer-approval"),
    path("agents/", agents.agent_list, name="agents"),
    path("agents/new/", agents.new_agent, name="new-agent"),
    path("agents/<str:name>/", agents.agent_detail, name="agent"),
    path("agents/<str:name>/edit/", agents.edit_agent, name="edit-agent"),
    path("agents/<str:name>/<str:act>/", agents.turn_agent, name="turn-agent"),
    path("roles/", roles.role_list, name="roles"),
    path("roles/new/", roles.new_role, name="new-role"),
    path("roles/<str:name>/", roles.role_detail, name="role"),
    path("roles/<str:name>/edit/", roles.edit_role, name="edit-role"),
    path("tools/", tools.tool_list, name="tools"),
    path("tools/<str:name>/", tools.tool_detail, name="tool"),
    path("workflows/", workflows.workflow_list, name="workflows"),
    path("workflows/new/", workflows.new_workflow, name="new-workflow"),
    path("workflows/<str:name>/", workflows.workflow_detail, name="workflow"),
    path("workflows/<str:name>/edit/", workflows.edit_workflow, name="edit-workflow"),
    path("workflows/<str:name>/publish/", workflows.publish_workflow, name="publish-workflow"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/new/", policies.new_policy, name="new-policy"),
    path("policies/<str:name>/", policies.policy_detail, name="policy"),
    path("policies/<str:name>/edit/", policies.edit_policy, name="edit-policy"),
    path("policies/<str:name>/publish/", policies.publish_policy, name="publish-policy"),
    path("policies/<str:name>/rollback/", policies.rollback_policy, name="rollback-policy"),
    path("policies/<str:name>/disable/", policies.disable_policy, name="disable-policy"),
    path("audit/", audit.audit_list, name="audit"),
    path("audit/<uuid:event_id>/", audit.audit_event, name="audit-event"),
]
