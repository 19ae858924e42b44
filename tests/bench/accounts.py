#!/usr/bin/env python3
"""Many eyServis accounts on one daemon: its peak memory, and what a look that brings nothing new asks for.

accounts.py [--binary FILE] [--accounts 200] [--interval 5m] [--looks 3] [--messages 5] [--bytes 50000] [--limit MIB]

The service is on loopback, speaks PTT's wire format over TLS and serves every account. The daemon runs as its unit starts it
(MALLOC_ARENA_MAX=2) and trusts the machine's authorities and the service's own. It fetches what lies there, registers it, and then looks
in vain; the last LOOKS looks of each account are counted. With --limit the exit code says whether the peak is below.
"""
import argparse
import base64
import collections
import http.server
import os
import pathlib
import re
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time

AXIS2 = "http://ws.apache.org/axis2"
MEMBERS = "http://ws.apache.org/axis2/xsd"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
SETTINGS = """[store]
path = "store"
[trust]
anchors = "trust"
online = false
[web]
listen = "127.0.0.1:0"
[alert.email]
host = "127.0.0.1"
port = 9
security = "none"
allow_plaintext = true
from = "g@example.org"
[[alert.group]]
name = "default"
email = { to = ["a@example.org"] }
"""
MAILBOX = """[[mailbox]]
name = "ptt{number:03}"
kind = "eyservis"
address = "kurum{number}@hs01.kep.tr"
url = "https://localhost:{port}/KepEYazismaV1.1/KepEYazismaCOREWSDL.php"
tcno_file = "secret"
parola_file = "secret"
sifre_file = "secret"
interval = "{interval}"
"""


def envelope(wrapper, content):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<a:{wrapper} xmlns:a="{AXIS2}" xmlns:e="{MEMBERS}" xmlns:m="http://www.w3.org/2005/05/xmlmime">{content}</a:{wrapper}>'
        "</s:Body></s:Envelope>"
    ).encode()


def message(account, number, size):
    head = (
        f"From: Deneme <deneme{account}@hs01.kep.tr>\r\nTo: kurum{account}@hs01.kep.tr\r\nSubject: Deneme {number}\r\n"
        f"Date: Sun, 22 Nov 2026 12:00:00 +0300\r\nMessage-ID: <{account}.{number}@deneme.example>\r\n\r\n"
    ).encode()
    line = f"{account:06} {number:06} ".encode() * 5 + b"\r\n"
    return head + line * max(1, (size - len(head)) // len(line))


class Service(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, options, context):
        super().__init__(("127.0.0.1", 0), Answer)
        self.options, self.context = options, context
        self.asked = collections.defaultdict(list)
        self.lock = threading.Lock()
        self.connections = self.open = self.most_open = 0

    def process_request_thread(self, request, address):
        # The handshake here and not where connections are taken: two hundred come at once.
        with self.lock:
            self.connections += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            request.settimeout(120)
            super().process_request_thread(self.context.wrap_socket(request, server_side=True), address)
        except OSError:
            self.shutdown_request(request)
        finally:
            with self.lock:
                self.open -= 1


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        operation = re.search(r"<a:(\w+)>", body).group(1)
        account = int(re.search(r">kurum(\d+)@", body).group(1))
        with self.server.lock:
            self.server.asked[account].append(operation)
        answer = self.answer(operation, account, body)
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def answer(self, operation, account, body):
        options = self.server.options
        if operation == "PaketSorgula2":
            rows = (
                f"<a:iletiler><e:kepId>&lt;{account}.{n}@pttkep&gt;</e:kepId><e:kepSiraNo>{n + 1}</e:kepSiraNo><e:konu>K</e:konu></a:iletiler>"
                for n in range(options.messages)
            )
            return envelope("PaketSorgulaResponse2", "".join(rows) + "<a:durum>0</a:durum>")
        if operation == "Indir":
            number = int(re.search(r"&lt;\d+\.(\d+)@pttkep&gt;", body).group(1))
            data = base64.b64encode(message(account, number, options.bytes)).decode()
            return envelope("IndirResponse", f'<a:return><e:durum>0</e:durum><e:ePaket m:fileName="ileti">{data}</e:ePaket></a:return>')
        if operation == "PaketDetayDelilSorgula":
            return envelope("PaketDetayDelilSorgulaResponse", "<a:durum>0</a:durum>")
        if operation == "KontorSorgula":
            return envelope("KontorSorgulaResponse", "<a:return><e:miktar>1000</e:miktar><e:cins>K</e:cins></a:return>")
        return envelope(operation + "Response", "<a:return>INBOX</a:return>" if operation == "DizinSorgula" else "<a:return>100</a:return>")


def memory(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024 for name in ("VmHWM", "VmRSS", "RssAnon", "RssFile")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--binary", default=root / "target/release/kep-gateway")
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--interval", default="5m")
    parser.add_argument("--looks", type=int, default=3, help="looks in vain of each account that are counted")
    parser.add_argument("--messages", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=50_000)
    parser.add_argument("--limit", type=float)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "trust").mkdir()
        (folder / "secret").write_text("bench-secret\n")
        subprocess.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
            "-keyout key.pem -out cert.pem".split(),
            cwd=folder, check=True, capture_output=True,
        )
        (folder / "ca.pem").write_text(pathlib.Path(AUTHORITIES).read_text() + (folder / "cert.pem").read_text())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        service = Service(options, context)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        boxes = (MAILBOX.format(number=n, port=service.server_port, interval=options.interval) for n in range(options.accounts))
        (folder / "kep-gateway.toml").write_text(SETTINGS + "".join(boxes))
        environment = {**os.environ, "SSL_CERT_FILE": str(folder / "ca.pem"), "MALLOC_ARENA_MAX": "2", "RUST_LOG": "warn"}
        with open(folder / "log", "wb") as log:
            daemon = subprocess.Popen(
                [options.binary, "--config", folder / "kep-gateway.toml", "run"], env=environment, stdout=log, stderr=log
            )
        try:
            # Two looks bring messages and ask for their evidence; those after them are in vain.
            wanted, began = 2 + options.looks + 1, time.time()
            while min((ops.count("PaketSorgula2") for ops in map(service.asked.get, range(options.accounts)) if ops), default=0) < wanted or len(
                service.asked
            ) < options.accounts:
                time.sleep(0.2)
                if daemon.poll() is not None:
                    sys.exit("the daemon ended: " + (folder / "log").read_text()[-2000:])
            found = memory(daemon.pid)
        finally:
            daemon.terminate()
            daemon.wait()
        quiet = collections.Counter()
        for ops in service.asked.values():
            looks = [at for at, operation in enumerate(ops) if operation == "PaketSorgula2"]
            quiet.update(ops[looks[2]:looks[2 + options.looks]])
        total = sum(map(len, service.asked.values()))
        print(f"accounts {options.accounts}, interval {options.interval}, messages {options.accounts * options.messages} of {options.bytes} bytes")
        print(f"time {time.time() - began:.0f} s, requests {total}, connections {service.connections}, open at once {service.most_open}")
        print(f"{options.looks * options.accounts} looks in vain: requests {sum(quiet.values())} {dict(quiet)}")
        print(
            f"peak memory {found['VmHWM']:.0f} MiB, at the end {found['VmRSS']:.0f} MiB: "
            f"{found['RssAnon']:.0f} of its own, {found['RssFile']:.0f} of the program's file"
        )
        if options.limit and found["VmHWM"] >= options.limit:
            sys.exit(f"the peak is not below {options.limit} MiB")


main()
