"""Three instances of the platform, each with a data folder, a database and processes of its own, run by commands."""

from __future__ import annotations

import base64
import csv
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql

import goodstanding
from goodstanding.identity import org_code_from, uscc_from_parts
from goodstanding.site.embedded_postgres import Cluster

BUREAU = (
    uscc_from_parts(prefix2="11", region6="980100", org_code9=org_code_from("00000001")),
    "临湖市市场监督管理局",
)
#: Where the code under test lies, for processes that start in folders of their own.
CODE = str(Path(goodstanding.__file__).resolve().parents[1])
#: From here on ports are looked for: away from where other servers do, since a stopped instance keeps its port.
FIRST_PORT = 20_000 + os.getpid() % 10_000
#: Seconds for anything that happens by itself between processes.
PATIENCE = 90.0


def wait_for(happened: Callable[[], Any], what: str) -> Any:
    """Wait until something is so; what it is."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = happened()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"did not happen: {what}")


@dataclass
class Instance:
    """One instance: commands run in its data folder, the platform served from it."""

    name: str
    folder: Path
    server: Cluster
    process: subprocess.Popen[str] | None = None
    port: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return f"federation_{self.name}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GOODSTANDING_")}
        return clean | {
            "GOODSTANDING_HOME": str(self.folder),
            "GOODSTANDING_ORIGIN": f"{self.name}.example/log",
            "DATABASE_URL": self.server.url(self.database),
            "DJANGO_SETTINGS_MODULE": "goodstanding.site.settings",
            "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": CODE,
        }

    def run(self, *arguments: object, status: int = 0) -> str:
        """What a command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "goodstanding", *map(str, arguments)],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, f"{self.name}: {arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of its database."""
        with psycopg.connect(self.server.url(self.database), autocommit=True) as connection:
            found = connection.execute(statement.encode(), values)
            return found.fetchall() if found.description else []

    def serve(self) -> None:
        """Start web server and worker; it keeps the port that it had."""
        command = [sys.executable, "-m", "goodstanding", "serve", "--workers", "1", "--json"]
        command += ["--port", str(self.port or FIRST_PORT)]
        self.process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "errors").open("a"),
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said, (self.folder / "errors").read_text()[-3000:]
        port = int(json.loads(said)["url"].rsplit(":", 1)[1])
        assert self.port in (0, port), "its port was taken meanwhile"
        self.port = port

    def stop(self) -> None:
        """Stop both, as Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
            self.process = None

    def token(self, username: str, *scopes: str) -> str:
        """A token of an account."""
        if username not in self.tokens:
            named = [part for scope in scopes for part in ("--scope", scope)]
            self.tokens[username] = self.run("token", username, "--name", "test", *named)
        return self.tokens[username]

    def get(self, path: str, *, token: str = "") -> httpx.Response:
        """What its API answers."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"{self.url}/api/v1{path}", headers=headers, timeout=30)

    def post(self, path: str, body: dict[str, Any], *, token: str) -> httpx.Response:
        """What its API answers to something handed in."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30)

    def record(self, record: str) -> dict[str, Any] | None:
        """A record as anyone may read it."""
        answer = self.get(f"/records/{record}")
        return answer.json() if answer.status_code == 200 else None

    def state(self, record: str) -> str:
        """The state of a record in its database; empty where it has none."""
        found = self.query("SELECT state FROM registry_record WHERE public_id = %s", record)
        return str(found[0][0]) if found else ""

    def follows(self, other: Instance, *, name_zh: str, onward: tuple[str, ...] = ()) -> None:
        """Join another instance: its operator concludes the agreement and gives the token, ours joins."""
        other.run("account", self.name, "--role", "subscriber", "--no-password")
        passed = [part for name in onward for part in ("--onward", name)]
        other.run(
            *("subscribe", self.name, "--name-zh", name_zh, "--key", self.run("federation", "key")),
            *(
                "--instance",
                self.url,
                "--kind",
                "penalty",
                "--purpose",
                "public credit",
                "--legal-basis",
                "agreement no. 1",
                *passed,
            ),
        )
        other.run(
            *("token", self.name, "--name", "feed", "--scope", "feed:read", "--scope", "receipts:write"),
            *("--scope", "cases:forward", "--out", self.folder / f"{other.name}.token"),
        )
        self.run(
            "federation", "join", other.name, other.url, "--token-file", self.folder / f"{other.name}.token"
        )

    def neighbour(self, name: str) -> dict[str, Any]:
        """How far a neighbour was followed, and why the last round failed."""
        names = ("position", "error", "failures", "confirmed")
        (row,) = self.query(
            f"SELECT {', '.join(names)} FROM registry_neighbour WHERE name = %s",
            name,
        )
        return dict(zip(names, row, strict=True))


def create_database(server: Cluster, name: str, *, template: str) -> None:
    """A copy of a database that nobody uses; one of that name goes."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        drop_database(server, name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(server: Cluster, name: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def penalise(city: Instance, *, number: int, code: str, name: str) -> str:
    """A penalty made in the city, as its bureau sends it. The record's id."""
    row = {
        "CF_XDR_MC": name,
        "CF_XDR_LB": "法人及非法人组织",
        "CF_XDR_SHXYM": code,
        "CF_FRDB": "李四光",
        "CF_FR_ZJHM": "11010519491231002X",
        "CF_WSH": f"临市监罚〔2026〕{number}号",
        "CF_WFXW": "超范围经营",
        "CF_SY": "当事人超出登记的经营范围从事经营活动。",
        "CF_YJ": "《中华人民共和国市场主体登记管理条例》第四十六条",
        "CF_CFLB": "罚款",
        "CF_NR": "罚款2000元",
        "CF_NR_FK": "0.2",
        "CF_JDRQ": "2026-05-01",
        "CF_YXQ": "2099-12-31",
        "CF_CFJG": BUREAU[1],
        "CF_CFJGDM": BUREAU[0],
        "CF_SJLY": BUREAU[1],
        "CF_SJLYDM": BUREAU[0],
    }
    firm = {
        "TYSHXYDM": code,
        "MC": name,
        "ZTLB": "法人及非法人组织",
        "LX": "有限责任公司",
        "ZCRQ": "2015-03-02",
        "XZQH": "980102",
        "DZ": "临湖市湖滨路1号",
        "ZCZB": "100万人民币",
        "ZT": "存续",
    }
    _take_in(city, f"firm-{number}.csv", firm, contract="registration")
    _take_in(city, f"penalty-{number}.csv", row, contract="double-publicity-penalties")
    (found,) = city.query("SELECT public_id FROM registry_record WHERE document_no = %s", row["CF_WSH"])
    return str(found[0])


def _take_in(city: Instance, name: str, row: dict[str, str], *, contract: str) -> None:
    file = city.folder / name
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, row)
        writer.writeheader()
        writer.writerow(row)
    city.run("take-in", file, "--contract", contract, "--authority", BUREAU[0])


def firm_code(number: int) -> str:
    """A valid code of a fictional firm."""
    return uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code_from(f"MA{number:06d}"))


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def application(record: str, *, name: str) -> dict[str, Any]:
    """An application for the restoration of a record, as a firm hands it in."""
    return {
        "kind": "restoration",
        "records": [record],
        "key": str(uuid.uuid4()),
        "statement": "已按期缴纳罚款并完成整改。",
        "commitment_name": name,
        "performed_on": "2026-06-01",
        "evidence": [
            {
                "name": "payment.pdf",
                "media_type": "application/pdf",
                "content": base64.b64encode(PDF).decode(),
                "material": "proof_of_performance",
            }
        ],
    }


def apply_at(instance: Instance, record: str, *, name: str) -> str:
    """The firm applies at an instance for the restoration of a record. The case's id there."""
    answer = instance.post(
        "/cases", application(record, name=name), token=instance.token("firm", "cases:read", "cases:write")
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["cases"][0]["id"])


def decide(city: Instance, case: str, *moves: str) -> None:
    """The bureau takes steps of a case in the city."""
    token = city.token("bureau", "cases:read", "cases:write")
    for move in moves:
        answer = city.post(
            f"/cases/{case}/moves/{move}", {"reasons": "材料齐全，经核查符合修复条件。"}, token=token
        )
        assert answer.status_code == 200, answer.text
