"""Building a read model anew in a process beside its service, which may carry the same deliberate defect."""

import dataclasses
import json
import sys

from missionare.kit.rebuild import rebuild

ANY_COUNT = "--any-count"


async def rebuild_model(service, arguments):
    """Build the read model that is named first, and print what has come of it."""
    name, *options = arguments
    report = await rebuild(service, name, any_count=ANY_COUNT in options)
    sys.stdout.write(json.dumps(dataclasses.asdict(report)) + "\n")
