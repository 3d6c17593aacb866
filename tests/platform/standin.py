"""A stand-in for a service or for web: answers health, echoes what arrives, streams, and takes its time if asked."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

name, mode = sys.argv[1], sys.argv[2:]
app = FastAPI()
PARTITIONS = [
    {"topic": "x.events", "partition": 0, "lag": 3, "age_seconds": 4.0},
    {"topic": "x.events", "partition": 1, "lag": 4, "age_seconds": 12.0},
]


@app.get("/health/live")
@app.get("/health/ready")
async def health():
    return {"status": "ok"}


@app.get("/internal/authenticate")
async def authenticate(request: Request):
    """What members would do, by the value of the session cookie or key."""
    shown = request.headers.get("cookie", "") + request.headers.get("authorization", "")
    if "forged-origin" in shown:
        return JSONResponse({"code": "forged_origin"}, status_code=403, media_type="application/problem+json")
    if "unknown" in shown:
        return Response()
    told = ("x-forwarded-uri", "x-forwarded-method", "x-forwarded-host", "x-forwarded-for", "origin", "sec-fetch-site")
    asked = {"audience": request.query_params["audience"], **{name: request.headers.get(name) for name in told}}
    return Response(headers={"Authorization": "Bearer " + json.dumps(asked)})


@app.get("/api/{service}/v1/stream")
async def stream(service: str):
    async def ticks():
        for number in range(3):
            yield f"data: {number} {time.time()}\n\n"
            await asyncio.sleep(0.4)

    return StreamingResponse(ticks(), media_type="text/event-stream")


@app.get("/api/{service}/v1/refusal/{status}")
async def refuse(service: str, status: int):
    return JSONResponse({"code": "own"}, status_code=status, media_type="application/problem+json")


@app.get("/api/{service}/v1/streams")
async def streams(service: str):
    return {
        "service": service,
        "facts_pending": 2,
        "oldest_fact_age_seconds": 1.5,
        "timers_due": 1,
        "oldest_timer_age_seconds": 90.0,
        "consumers": [
            {"consumer": service, "waiting": {"held": 1, "parked": 2, "dead": 3}, "repaired": 4, "forks": 2},
            {"consumer": f"{service}.view@1", "waiting": {}, "repaired": 0, "forks": 0},
        ],
        "groups": [{"group": service, "measured_at": "2026-11-24T12:00:00Z", "lag": 7, "partitions": PARTITIONS}],
    }


@app.get("/environment")
async def environment():
    return dict(os.environ)


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def echo(path: str, request: Request):
    body = await request.body()
    return {
        "who": name,
        "path": request.url.path,
        "query": request.url.query,
        "headers": dict(request.headers),
        "length": len(body),
    }


def main():
    if "refuses" in mode:
        sys.stderr.write("MISSIONARE_SOMETHING: missing; wanted: something\n")
        sys.exit(2)
    if "stubborn" in mode:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "parent" in mode:
        import subprocess

        child = subprocess.Popen(["sleep", "1000"])
        Path(os.environ["STANDIN_CHILD_FILE"]).write_text(str(child.pid))
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["MISSIONARE_HTTP_PORT"]), log_level="warning")


if __name__ == "__main__":
    main()
