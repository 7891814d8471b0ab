"""What is said of a training run: its state, how far it is, how fast."""

from medgan_viewer.session.training_folder import TrainingRun
from medgan_viewer.training.run_states import RunState, Wish


def state_words(run: TrainingRun) -> str:
    """Return the state, and what the run was told to do next."""
    if run.state.is_live:
        if run.wish is Wish.STOP:
            return "stopping …"
        if run.wish is Wish.PAUSE and run.state is not RunState.PAUSED:
            return "pausing …"
        if run.state is RunState.STARTING:
            return "starting …"
    return run.state.value


def minutes_words(run: TrainingRun) -> str:
    """Return the time of training so far, and the budget."""
    if run.max_minutes is None:
        return f"{run.minutes:.1f} min"
    return f"{run.minutes:.1f} of {run.max_minutes:g} min"


def model_words(run: TrainingRun) -> str:
    """Return family and size."""
    size = f"{run.resolution} px" if run.resolution else ""
    return " · ".join(part for part in (run.family, size) if part)


def progress_words(run: TrainingRun) -> str:
    """Return one line: what it is at, images, speed, minutes."""
    images = f"{run.images:,} images"
    if run.images_wanted is not None:
        images = f"{run.images:,} of {run.images_wanted:,} images"
    parts = [run.phase if run.state.is_live else "", images]
    if run.state is RunState.RUNNING and run.images_per_second > 0:
        parts.append(f"{run.images_per_second:.1f} images/s")
    return " · ".join(part for part in (*parts, minutes_words(run)) if part)


def done_part(run: TrainingRun) -> float:
    """Return how far a run is, 0 to 1, by what it will run out of first."""
    parts = [0.0]
    if run.max_minutes:
        parts.append(run.minutes / run.max_minutes)
    if run.images_wanted:
        parts.append(run.images / run.images_wanted)
    return 1.0 if run.state is RunState.FINISHED else min(max(parts), 1.0)
