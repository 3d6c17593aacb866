"""`missionare up` for a test that lets processes die again and again: it waits less for those that are dead.

Every process counts as steady at once, so that the pauses before its restarts do not grow.
"""

from missionare.cli import app, keeper

if __name__ == "__main__":
    keeper.STEADY_SECONDS = 0.0
    app.main()
