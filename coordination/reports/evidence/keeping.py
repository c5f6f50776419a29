"""How long records are kept, where else their checkpoints are, and what is wrong with the proof of them."""

from coordination.audit.selectors.alarms import alarms
from coordination.audit.selectors.keeping import anchors, checks, holding, retention_of
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words

KINDS = frozenset(
    {
        "AnchorAdded", "AnchorRemoved", "AnchorFailed", "AnchorRecovered", "HoldPlaced", "HoldLifted",
        "RetentionChanged", "RecordsDropped", "PersonalDataErased", "PersonalDataDisclosed", "SigningKeyChanged",
        "RecordsHandedOut",
    }
)  # fmt: skip


def collect(scope: Scope) -> Evidence:
    """List what holds when this is made."""
    retention, last = retention_of(scope.organization), checks(scope.organization).first()
    outside, held, wrong = anchors(scope.organization), holding(scope.organization), alarms(scope.organization)
    return Evidence(
        title="Keeping of the record",
        says="Settings, anchors, holds and alarms are as they were when this was made; the records tell each change.",
        facts=(
            Fact("Records are kept", f"{retention.days:,} days"),
            Fact("of approvals and policies", f"{retention.long_days:,} days"),
            Fact("All records hashed again", words.moment(last.finished_at) if last else words.NOTHING,
                 (last.problem or "as they were written") if last else "This did not happen yet."),
            Fact("Erasures in the period", words.count(scope.counts.get("PersonalDataErased", 0))),
        ),
        tables=(
            Table("Where checkpoints are kept besides here", ("Kind", "Address", "Took", "Last told", "State"), [
                (str(one.get_kind_display()), one.address, f"{one.size:,} records", words.moment(one.told_at),
                 f"fails since {words.moment(one.failing_since)}" if one.failing_since else "works")
                for one in outside
            ], none="Nowhere: whoever can write to the database and has the key could replace the whole record."),
            Table("Holds", ("What", "Why", "By", "Since", "Until"), [
                (f"{one.get_scope_display()} {one.value}".strip(), one.reason, one.placed_by,
                 words.moment(one.placed_at), words.moment(one.until))
                for one in held
            ], none="Nothing is held."),
            Table("Alarms", ("Alarm", "What it means", "Since"), [
                (one.title, one.text, words.moment(one.since)) for one in wrong
            ], none="No alarm."),
        ),
        kinds=KINDS,
        gaps=[f"{one.title}: {one.text}" for one in wrong],
    )  # fmt: skip
