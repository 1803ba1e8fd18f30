#!/usr/bin/env python3
"""Measures `msspctl pull` against curl and against a Python script, on one machine, in one run.

    tests/benchmarks/pull.py --msspctl target/release/msspctl [--python PYTHON] [--alerts 100000] [--rounds 5] [--out FILE]

Everything is asked of one practice tenant on loopback: the same address, the same detections. Memory is the largest
resident set of the process, as the kernel keeps it. Nothing here fails a build: it prints a table, and says what holds.
"""

import argparse
import json
import os
import platform
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


def start(msspctl, alerts):
    tenant = subprocess.Popen(
        [msspctl, "practice", "start", "--tls", "--alerts", str(alerts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = tenant.stdout.readline()
    return tenant, line, json.loads(line)


def run(command, **more):
    """Runs a command: seconds, CPU seconds, largest resident set in MiB, standard output."""
    started = time.monotonic()
    # Progress lines may be more than a pipe holds.
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, **more)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{command[0]}: {process.returncode}\n{errors.read().decode()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.decode()


class Customer:
    """A customer of the practice tenant, onboarded with the command line alone."""

    def __init__(self, msspctl, browser, folder, line, told, source):
        passphrase = os.path.join(folder, "passphrase")
        with open(passphrase, "w", encoding="utf-8") as file:
            file.write("correct horse battery staple")
        self.base = [msspctl, "--json", "--data", os.path.join(folder, "data"), "--passphrase-file", passphrase]
        self.base += ["--cloud-file", told["cloud_file"]]
        self.env = dict(os.environ, BROWSER=f"{browser} %s", MSSP_TEST_ANNOUNCEMENT=line, MSSP_TEST_ROLE="admin")
        secret = told["client_secret_file"]
        self.msspctl(
            "customer", "add", "Contoso", "--tenant", told["customer_domain"], "--client-id", told["client_id"],
            "--home-tenant", told["provider_tenant"], "--secret-file", secret, "--source", source,
            "--grant", "app-only",
        )
        self.msspctl("consent", "Contoso", "--timeout", "1m")
        self.authorise(told)

    def authorise(self, told):
        """Submits the portal's form, as a person would."""
        values = {"tid": told["customer_tenant"]}
        page = fetch(told, told["portal"] + "?" + urllib.parse.urlencode(values))
        fields = {}
        for piece in page.split("<input")[1:]:
            tag = piece.split(">")[0]
            name = tag.split('name="')[1].split('"')[0] if 'name="' in tag else None
            value = tag.split('value="')[1].split('"')[0] if 'value="' in tag else ""
            if name:
                fields[name] = value
        for name in fields:
            lower = name.lower()
            if "app" in lower:
                fields[name] = told["client_id"]
            elif "tenant" in lower:
                fields[name] = told["provider_tenant"]
        action = page.split('action="')[1].split('"')[0] if 'action="' in page else told["portal"]
        address = urllib.parse.urljoin(told["portal"], action.replace("&amp;", "&"))
        fetch(told, address, fields)

    def msspctl(self, *arguments):
        return run([*self.base, *arguments], env=self.env)

    def pull(self, output):
        return self.msspctl("pull", "Contoso", "--ago", "P3650D", "--format", "ndjson", "--output", output)


def fetch(told, address, form=None):
    trust = ssl.create_default_context(cafile=told["ca_file"])
    body = urllib.parse.urlencode(form).encode() if form else None
    return urllib.request.urlopen(address, body, context=trust).read().decode()


def token(told):
    with open(told["client_secret_file"], encoding="utf-8") as file:
        secret = file.read().strip()
    form = {
        "grant_type": "client_credentials",
        "client_id": told["client_id"],
        "client_secret": secret,
        "resource": "https://graph.windows.net",
    }
    address = f"{told['login']}/{told['customer_tenant']}/oauth2/token"
    return json.loads(fetch(told, address, form))["access_token"]


def lines_of(path):
    with open(path, "rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--msspctl", default="target/release/msspctl")
    options.add_argument("--browser", default="target/debug/scripted-browser")
    options.add_argument("--python", default=None, help="a Python with msal and requests")
    options.add_argument("--alerts", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--memory", type=int, nargs="*", default=[10_000, 1_000_000])
    options.add_argument("--out", default=None)
    given = options.parse_args()
    msspctl, browser = os.path.abspath(given.msspctl), os.path.abspath(given.browser)
    result = {"machine": platform.platform(), "processors": os.cpu_count(), "date": time.strftime("%Y-%m-%d")}
    with tempfile.TemporaryDirectory() as folder:
        tenant, line, told = start(msspctl, given.alerts)
        customer = Customer(msspctl, browser, folder, line, told, "siem-detections")
        address = told["siem"]["eu"] + "/api/alerts?ago=P3650D"
        ours, curls, pythons = [], [], []
        target = os.path.join(folder, "alerts")
        for _ in range(given.rounds):
            header = os.path.join(folder, "header")
            with open(header, "w", encoding="utf-8") as file:
                file.write(f"Authorization: Bearer {token(told)}\n")
            curl = ["curl", "--silent", "--fail", "--cacert", told["ca_file"], "--header", f"@{header}", "--output", target + ".json", address]
            curls.append(run(curl))
            ours.append(customer.pull(target + ".ndjson"))
        if given.python:
            for _ in range(max(1, given.rounds // 2)):
                peer = [given.python, os.path.join(HERE, "pull_peer.py"), line, address, target + ".py.ndjson"]
                pythons.append(run(peer))
        result["alerts"] = given.alerts
        result["lines"] = lines_of(target + ".ndjson")
        result["megabytes"] = round(os.path.getsize(target + ".json") / 1e6, 1)
        for name, runs in (("msspctl", ours), ("curl", curls), ("python", pythons)):
            if runs:
                result[name] = {
                    "seconds": [round(it[0], 3) for it in runs],
                    "median": round(statistics.median(it[0] for it in runs), 3),
                    "processor_seconds": round(statistics.median(it[1] for it in runs), 3),
                    "most_memory_mib": round(max(it[2] for it in runs), 1),
                }
        result["times_curl"] = round(result["msspctl"]["median"] / result["curl"]["median"], 2)
        pairs = [mine[0] / theirs[0] for mine, theirs in zip(ours, curls)]
        result["times_curl_by_round"] = [round(pair, 2) for pair in pairs]
        if pythons:
            result["faster_than_python"] = round(result["python"]["median"] / result["msspctl"]["median"], 2)
        tenant.stdin.close()
        tenant.wait()
    result["memory_mib"] = {}
    for alerts in given.memory:
        with tempfile.TemporaryDirectory() as folder:
            tenant, line, told = start(msspctl, alerts)
            customer = Customer(msspctl, browser, folder, line, told, "siem-detections")
            output = os.path.join(folder, "alerts.ndjson")
            seconds, _, memory, _ = customer.pull(output)
            assert lines_of(output) == alerts
            result["memory_mib"][str(alerts)] = {"most": round(memory, 1), "seconds": round(seconds, 1)}
            tenant.stdin.close()
            tenant.wait()
    text = json.dumps(result, indent=2)
    print(text)
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    main()
