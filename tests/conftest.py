"""Bring the fixtures of tests/support into every test folder."""

pytest_plugins = ["tests.support.fixtures", "tests.support.git_fixtures"]
