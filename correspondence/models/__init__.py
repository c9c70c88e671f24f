"""What leaves the building: messages with the attempts to deliver them, and documents."""

from correspondence.models.documents import (
    DOCUMENT_TRANSITIONS,
    SILENT_AFTER,
    Document,
    DocumentFile,
    DocumentState,
)
from correspondence.models.messages import (
    DISPATCH_AGAIN_AFTER,
    STUCK_AFTER,
    TRANSITIONS,
    WAITING,
    DeliveryAttempt,
    Message,
    Outcome,
    State,
)

__all__ = [
    "DISPATCH_AGAIN_AFTER",
    "DOCUMENT_TRANSITIONS",
    "SILENT_AFTER",
    "STUCK_AFTER",
    "TRANSITIONS",
    "WAITING",
    "DeliveryAttempt",
    "Document",
    "DocumentFile",
    "DocumentState",
    "Message",
    "Outcome",
    "State",
]
