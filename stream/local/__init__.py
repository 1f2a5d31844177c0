"""The local stack: all servers and workers on one machine, as child processes."""

from stream.local.child import ChildError
from stream.local.stack import LocalStack

__all__ = ["ChildError", "LocalStack"]
