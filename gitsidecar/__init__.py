"""Keeps the sidecar containers of running pods at the version that a Git repository says."""

__version__ = "0.1.0"
