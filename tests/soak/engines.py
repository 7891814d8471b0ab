"""An engine that computes next to nothing and takes translations too."""

from tests.session.fixtures import QuickEngine, gray_frame


class QuickTranslator(QuickEngine):
    """Gives every step of a translation a gray image, without a network."""

    def with_fallback(self, package, attempt):
        return gray_frame(1000, size=32, is_synthetic=True), ""
