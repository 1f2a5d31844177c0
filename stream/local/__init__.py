"""The whole system on one machine: real servers and workers as child processes."""

from stream.local.child import ChildError
from stream.local.stack import LocalStack

__all__ = ["ChildError", "LocalStack"]
