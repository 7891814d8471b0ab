from tests.session.fixtures import make_session, packages, session  # noqa: F401
