"""`missionare up` for a test that lets processes die again and again: it waits less for those that are dead.

Every process counts as steady at once, so that the pauses before its restarts do not grow, and the broker gives a
dead consumer's partitions away after two seconds instead of six.
"""

from missionare.cli import app, keeper
from missionare.cli.servers import broker

if __name__ == "__main__":
    keeper.STEADY_SECONDS = 0.0
    broker.SETTINGS = {
        **broker.SETTINGS,
        "MISSIONARE_KAFKA_SESSION_SECONDS": "2",
        "MISSIONARE_KAFKA_HEARTBEAT_SECONDS": "0.5",
    }
    app.main()
