"""The workflow that the command line and the DAGs share, and the command line itself."""

__version__ = "0.1.0"
