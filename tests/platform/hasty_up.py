"""`missionare up`, where every process counts as steady at once: a test may let one die again and again.

Otherwise the pauses before its restarts would grow, as they do for a process that keeps dying.
"""

from missionare.cli import app, keeper

if __name__ == "__main__":
    keeper.STEADY_SECONDS = 0.0
    app.main()
