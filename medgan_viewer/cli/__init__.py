"""The command line: docs/cli.md is the contract. Heavy modules are imported inside the commands.

Child processes import this module, so it stays light.
"""

from medgan_viewer.cli.main import main

__all__ = ["main"]
