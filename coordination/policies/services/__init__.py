"""Decide every act before it happens, and change the rules by which that is done."""

from coordination.policies.services.deciding import Decision, bulk_record, decide
from coordination.policies.services.drafting import save_draft, validate
from coordination.policies.services.publishing import disable, publish, rollback
from coordination.policies.services.removing import remove

__all__ = ["Decision", "bulk_record", "decide", "disable", "publish", "remove", "rollback", "save_draft", "validate"]
