"""Secrets that a job is given, and those of the server itself."""

import base64
import sqlite3

from support.server import Server

SECRET = "S3cret+/word?>~~"


def test_a_secret_reaches_the_job_and_nobody_else(server, api, srun):
    command = (
        "printf 'plain %s\\n' \"$TOKEN\"; printf '%.8s' \"$TOKEN\"; sleep 0.3; printf '%s\\n' \"${TOKEN#????????}\"; "
        "printf 'user:%s' \"$TOKEN\" | base64; test ${#TOKEN} -eq 16"
    )
    job, output = api.run(command, secretEnv={"TOKEN": SECRET})
    assert (job["status"], job["exitCode"]) == ("completed", 0)
    assert job["secretEnv"] == ["TOKEN"] and "TOKEN" not in job["env"]
    text = output.decode()
    assert SECRET not in text and SECRET[8:] not in text
    lines = text.split("\r\n")
    assert lines[0] == "plain " + "*" * 16
    # Split over two writes: not a byte of it is shown before it is known to be one.
    assert lines[1] == "*" * 16
    encoded = base64.b64encode(b"user:" + SECRET.encode()).decode()
    assert encoded not in text and lines[2].count("*") >= 20
    # Nowhere but in the database, from which a restart has it.
    assert SECRET not in server.log
    again = api.value("POST", f"/api/jobs/{job['id']}/restart")
    assert api.wait(again["id"])[0]["exitCode"] == 0
    for answer in (api.value("GET", "/api/jobs"), api.value("GET", "/api/audit"), job, again):
        assert SECRET not in str(answer)
    with sqlite3.connect(f"file:{server.state / 'srun.db'}?mode=ro", uri=True) as database:
        stored = b"".join(row[0] for row in database.execute("SELECT content FROM job_logs"))
    assert SECRET.encode() not in stored
    # By the command line only from the environment: every user of a machine can read flags.
    ran = srun("run", "--secret-env", "WORD", "--", "sh", "-c", "echo $WORD", env={"WORD": "hunter2-hunter2"})
    assert ran.stdout.strip() == b"*" * 15
    assert srun("run", "--secret-env", "WORD=x", "--", "true").returncode == 64


def test_a_job_does_not_inherit_what_the_server_was_started_with(tmp_path):
    with Server(tmp_path, env={"SRUN_CANARY": "canary", "AWS_SECRET_ACCESS_KEY": "canary"}) as server:
        _, output = server.api.run("env; ulimit -c")
        assert b"canary" not in output and output.split()[-1] == b"0"
