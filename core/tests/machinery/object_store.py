"""A real S3 server on this machine: moto over HTTP, in a process of its own that ends with the one that started it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

ACCESS_KEY, SECRET_KEY, REGION = "testing", "testing-secret", "us-east-1"

# moto looks whether an object is there, then writes it, in threads: conditional requests go one at a time, so that
# of two that race one is refused, as S3 promises. moto lists its own folder of modules at each request, which costs
# more than the answer: it does so once.
_SERVER = """
import sys, threading
from moto import backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

modules = frozenset(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules
moto = DomainDispatcherApplication(create_backend_app)
one_at_a_time = threading.Lock()

def application(environ, start_response):
    writes = environ["REQUEST_METHOD"] in ("PUT", "POST", "DELETE")
    if writes and ("HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MATCH" in environ):
        with one_at_a_time:
            return list(moto(environ, start_response))
    return moto(environ, start_response)

class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass

server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""


@dataclass(frozen=True)
class Bucket:
    """A bucket behind an endpoint, with its settings in the spelling of each library."""

    endpoint: str
    name: str

    @property
    def uri(self) -> str:
        """``s3://bucket``."""
        return f"s3://{self.name}"

    @property
    def pyiceberg(self) -> dict[str, str]:
        """Settings of a PyIceberg catalog, of its FileIO, and of Polars where it goes through PyIceberg."""
        return {
            "s3.endpoint": self.endpoint,
            "s3.access-key-id": ACCESS_KEY,
            "s3.secret-access-key": SECRET_KEY,
            "s3.region": REGION,
        }

    @property
    def polars(self) -> dict[str, str]:
        """``storage_options`` of Polars' own scans and sinks."""
        return {
            "aws_endpoint_url": self.endpoint,
            "aws_access_key_id": ACCESS_KEY,
            "aws_secret_access_key": SECRET_KEY,
            "aws_region": REGION,
            "aws_allow_http": "true",
        }

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables by which AWS's libraries find the endpoint."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, **options: Any) -> Any:
        """A boto3 client; ``options`` go to botocore's Config. It repeats nothing by itself unless told to."""
        import boto3
        from botocore.config import Config

        config = Config(**({"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}} | options))
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            config=config,
        )

    def objects(self) -> dict[str, bytes]:
        """Every object by its name."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        names = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {name: client.get_object(Bucket=self.name, Key=name)["Body"].read() for name in names}

    def at(self, endpoint: str) -> Bucket:
        """The same bucket behind another endpoint, such as a proxy."""
        return Bucket(endpoint, self.name)


class ObjectStore:
    """The server. Use it as a context; ``url`` is its endpoint. Data live in its memory."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._port: int | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``; waits for the server's first word."""
        if self._port is None:
            assert self._process.stdout is not None
            self._port = int(self._process.stdout.readline())
        return f"http://127.0.0.1:{self._port}"

    def bucket(self) -> Bucket:
        """A bucket that was not there before."""
        made = Bucket(self.url, f"lake-{uuid4().hex[:12]}")
        made.client().create_bucket(Bucket=made.name)
        return made

    def __enter__(self) -> ObjectStore:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
