"""What proves the record: for each organization a Merkle tree of its records, and signed checkpoints of the tree.

Triggers in the migrations refuse to change or remove any of these rows; only the sealer's own row moves.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from coordination.accounts.models import Organization

# So many records at most share one row of leaves: what a search or a proof must read at once.
BATCH = 256


class AuditKey(models.Model):
    """A public key that signs checkpoints; the newest signs now.

    `handover` is the note by which the key before it says so; the first key has none.
    """

    public_key = models.BinaryField(max_length=32, unique=True)
    handover = models.TextField(blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.public_key).hex()


class AuditCheckpoint(models.Model):
    """What an organization's tree was at a moment, signed; one without new records proves that there were none."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    # The roots of the complete subtrees that the tree consists of, the largest first: all that appending needs.
    peaks = models.BinaryField()
    note = models.TextField()
    key = models.ForeignKey(AuditKey, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="audit_checkpoint_once")]
        indexes = [models.Index(fields=["organization", "size", "number"], name="audit_checkpoint_size")]

    def __str__(self) -> str:
        return f"checkpoint {self.number} of {self.size} records"


class AuditBatch(models.Model):
    """Records that were sealed together, in the order of their leaves; `leaves` are 32 bytes each."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    checkpoint = models.ForeignKey(AuditCheckpoint, models.PROTECT, related_name="batches")
    first_seq = models.PositiveBigIntegerField()
    events = ArrayField(models.UUIDField())
    leaves = models.BinaryField()
    # What its records can be found by, see `audit/terms.py`.
    terms = SearchVectorField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "first_seq"], name="audit_batch_once")]
        indexes = [
            models.Index(fields=["organization", "last_at"], name="audit_batch_time"),
            GinIndex(fields=["terms"], name="audit_batch_terms"),
        ]

    def __str__(self) -> str:
        return f"leaves {self.first_seq} to {self.first_seq + len(self.events) - 1}"


class AuditNode(models.Model):
    """The hash of a complete subtree of 2^level leaves, so that a proof need not read the whole tree."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "level", "index"], name="audit_node_once")]

    def __str__(self) -> str:
        return f"node {self.level}/{self.index}"


class AuditSealer(models.Model):
    """How far the sealer is: every record of a transaction below `sealed_below` is in a tree. One row."""

    sealed_below = models.BigIntegerField(default=0)
    # The database cluster whose transactions are counted: after a move to another one their numbers start anew.
    system_id = models.CharField(max_length=20, blank=True)
    # Below this mark a record may have been sealed under a number that another cluster gave it.
    recheck_below = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"sealed below {self.sealed_below}"
