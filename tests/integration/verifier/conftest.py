from tests.integration.anchor.conftest import *  # noqa: F403
