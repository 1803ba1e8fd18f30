#!/usr/bin/env python3
"""Measures `msspctl pull` against curl and against a Python script, on one machine, in one run.

    tests/benchmarks/pull.py [--msspctl target/release/msspctl] [--python PYTHON] [--alerts 100000] [--rounds 7] [--page FILE]

Everything is asked of one practice tenant on loopback with TLS: the same addresses, the same alerts, written to the same
folder, each time as new files. Runs alternate, and the disk is at rest before each. Memory is the largest
resident set of the process, as the kernel keeps it. Nothing here fails a build: it prints figures, and a page of them.
"""

import argparse
import glob
import json
import multiprocessing
import os
import platform
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


def start(msspctl, alerts, scenarios=()):
    named = [word for name in scenarios for word in ("--scenario", name)]
    tenant = subprocess.Popen(
        [msspctl, "practice", "start", "--tls", "--alerts", str(alerts), *named],
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

    def __init__(self, msspctl, browser, folder, line, told, source, grant="app-only"):
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
            "--grant", grant,
        )
        self.msspctl("consent", "Contoso", "--timeout", "1m")
        if source == "siem-detections":
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


def token(told, version, resource):
    with open(told["client_secret_file"], encoding="utf-8") as file:
        secret = file.read().strip()
    form = {"grant_type": "client_credentials", "client_id": told["client_id"], "client_secret": secret}
    form["resource" if version == "oauth2" else "scope"] = resource
    address = f"{told['login']}/{told['customer_tenant']}/{version}/token"
    return json.loads(fetch(told, address, form))["access_token"]


def lines_of(path):
    with open(path, "rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def settled(folder):
    """What earlier runs wrote is gone, and the disk at rest: nobody pays for another's file."""
    for old in glob.glob(os.path.join(folder, "*json")):
        os.remove(old)
    os.sync()


class Exporter:
    """The legacy source: all in one answer."""

    source = "siem-detections"

    def __init__(self, told, folder):
        self.told, self.folder = told, folder
        self.address = told["siem"]["eu"] + "/api/alerts?ago=P3650D"
        self.peer = [self.address, os.path.join(folder, "python.ndjson")]

    def token(self):
        return token(self.told, "oauth2", "https://graph.windows.net")

    def targets(self):
        return ["--output", os.path.join(self.folder, "curl.json"), self.address]

    def check(self, ours):
        """The same bytes: a list in the one, a line each in the other."""
        with open(os.path.join(self.folder, "curl.json"), "rb") as theirs, open(ours, "rb") as mine:
            assert theirs.read()[1:-1] == mine.read().replace(b"\n", b",")[:-1]


class Graph:
    """The modern source: pages of a thousand. curl is told their addresses beforehand."""

    source = "graph-alerts"

    def __init__(self, told, folder):
        self.told, self.folder = told, folder
        self.urls = os.path.join(folder, "urls")
        address = told["graph"] + "/v1.0/security/alerts_v2"
        self.peer = [address, os.path.join(folder, "python.ndjson"), self.urls]

    def token(self):
        return token(self.told, "oauth2/v2.0", "https://graph.microsoft.com/.default")

    def targets(self):
        return ["--config", self.urls]

    def check(self, ours):
        """Every alert of curl's pages, once."""
        seen, kept = set(), 0
        for page in glob.glob(os.path.join(self.folder, "python.ndjson.*.json")):
            with open(page, encoding="utf-8") as file:
                seen.update(alert["id"] for alert in json.load(file)["value"])
        with open(ours, encoding="utf-8") as file:
            for line in file:
                seen.remove(json.loads(line)["id"])
                kept += 1
        assert kept and not seen


def figures(runs):
    return {
        "seconds": [round(it[0], 3) for it in runs],
        "median": round(statistics.median(it[0] for it in runs), 3),
        "processor_seconds": round(statistics.median(it[1] for it in runs), 3),
        "most_memory_mib": round(max(it[2] for it in runs), 1),
    }


def measure(kind, given, msspctl, browser):
    """One source, pulled by all."""
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        tenant, line, told = start(msspctl, given.alerts)
        customer = Customer(msspctl, browser, folder, line, told, kind.source)
        asked = kind(told, folder)
        ours, curls, pythons = [], [], []
        output, header = os.path.join(folder, "ours.ndjson"), os.path.join(folder, "header")
        load = [os.getloadavg()[0]]
        if given.python:
            for _ in range(max(1, given.rounds // 2)):
                peer = [given.python, os.path.join(HERE, "pull_peer.py"), line, *asked.peer]
                settled(folder)
                pythons.append(run(peer))
        curl = ["curl", "--silent", "--fail", "--cacert", told["ca_file"], "--header", f"@{header}"]
        for _ in range(given.rounds):
            with open(header, "w", encoding="utf-8") as file:
                file.write(f"Authorization: Bearer {asked.token()}\n")
            settled(folder)
            ours.append(customer.pull(output))
            if len(ours) < given.rounds:
                settled(folder)
            else:
                # Both of the last round stay, to be compared.
                os.sync()
            curls.append(run([*curl, *asked.targets()]))
            load.append(os.getloadavg()[0])
        # In a process of its own: the memory of a child counts from that of its parent.
        check = multiprocessing.Process(target=asked.check, args=(output,))
        check.start()
        check.join()
        assert check.exitcode == 0, "curl and msspctl wrote different alerts"
        assert lines_of(output) == given.alerts
        result = {"alerts": given.alerts, "megabytes": round(os.path.getsize(output) / 1e6, 1)}
        result["load"] = [round(min(load), 1), round(max(load), 1)]
        for name, runs in (("msspctl", ours), ("curl", curls), ("python", pythons)):
            if runs:
                result[name] = figures(runs)
        result["times_curl"] = round(result["msspctl"]["median"] / result["curl"]["median"], 2)
        result["times_curl_by_round"] = [round(mine[0] / theirs[0], 2) for mine, theirs in zip(ours, curls)]
        result["median_of_rounds"] = statistics.median(result["times_curl_by_round"])
        if pythons:
            result["faster_than_python"] = round(result["python"]["median"] / result["msspctl"]["median"], 2)
            # Without its start and its sign-in, which ours is not spared.
            bare = statistics.median(json.loads(it[3])["seconds"] for it in pythons)
            result["faster_than_python_from_its_request_on"] = round(bare / result["msspctl"]["median"], 2)
        tenant.stdin.close()
        tenant.wait()
    return result


def memory(alerts, given, msspctl, browser):
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        tenant, line, told = start(msspctl, alerts)
        customer = Customer(msspctl, browser, folder, line, told, "siem-detections")
        output = os.path.join(folder, "ours.ndjson")
        seconds, _, most, _ = customer.pull(output)
        assert lines_of(output) == alerts
        tenant.stdin.close()
        tenant.wait()
    return {"most_memory_mib": round(most, 1), "seconds": round(seconds, 1)}


def starts(msspctl, rounds):
    """`--version`, alternating: medians in milliseconds."""
    runs = {"msspctl": [], "curl": []}
    for _ in range(rounds):
        for name, program in (("msspctl", msspctl), ("curl", "curl")):
            runs[name].append(run([program, "--version"])[0] * 1000)
    told = {name: round(statistics.median(them), 2) for name, them in runs.items()}
    told["times_curl"] = round(told["msspctl"] / told["curl"], 2)
    return told


def sizes(paths):
    """In MB, of stripped copies."""
    told = {}
    for path in paths:
        if os.path.exists(path):
            with tempfile.TemporaryDirectory() as folder:
                copy = shutil.copy(path, folder)
                subprocess.run(["strip", copy], check=False)
                told[os.path.basename(path)] = round(os.path.getsize(copy) / 1e6, 1)
    return told


def page(result):
    """The results as a page."""
    text = [
        "# Results",
        "",
        f"{result['date']}, {result['processors']} processors ({result['processor']}), {result['machine']}. Written by "
        "`tests/benchmarks/pull.py`; README.md says what is measured.",
    ]
    if result["note"]:
        text += ["", result["note"]]
    for source in ("siem-detections", "graph-alerts"):
        if source not in result:
            continue
        them = result[source]
        text += [
            "",
            f"## {them['alerts']:,} alerts of {source}, {them['megabytes']} MB",
            "",
            f"{len(them['msspctl']['seconds'])} rounds, load {them['load'][0]} to {them['load'][1]}.",
            "",
            "| | seconds, median | from | to | processor seconds | most memory, MiB |",
            "|---|---|---|---|---|---|",
        ]
        for name in ("msspctl", "curl", "python"):
            if name in them:
                it = them[name]
                text.append(
                    f"| {name} | {it['median']} | {min(it['seconds'])} | {max(it['seconds'])} | "
                    f"{it['processor_seconds']} | {it['most_memory_mib']:,} |"
                )
        rounds = ", ".join(str(ratio) for ratio in them["times_curl_by_round"])
        text += ["", f"- {them['times_curl']} × curl by the medians (goal 1.25); by round: {rounds}"]
        if "python" in them:
            text.append(
                f"- {them['faster_than_python']} × faster than Python (goal 5); "
                f"{them['faster_than_python_from_its_request_on']} × without Python's start and sign-in"
            )
    text += ["", "## Memory, start, size", ""]
    for alerts, it in result["memory"].items():
        text.append(f"- {int(alerts):,} detections: {it['most_memory_mib']} MiB at most (goal 64), {it['seconds']} s")
    told = result["version"]
    text.append(
        f"- `--version`: msspctl {told['msspctl']} ms, curl {told['curl']} ms: {told['times_curl']} × (goal 2)"
    )
    for name, size in result["sizes"].items():
        text.append(f"- {name}, stripped: {size} MB (goal {15 if name == 'msspctl' else 20})")
    return "\n".join(text) + "\n"


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--msspctl", default="target/release/msspctl")
    options.add_argument("--browser", default="target/debug/scripted-browser")
    options.add_argument("--python", default=None, help="a Python with msal and requests")
    options.add_argument("--alerts", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--sources", nargs="*", default=["siem-detections", "graph-alerts"])
    options.add_argument("--memory", type=int, nargs="*", default=[10_000, 1_000_000])
    options.add_argument("--folder", default=None, help="where files are written; the temporary folder otherwise")
    options.add_argument("--out", default=None, help="all figures, as JSON")
    options.add_argument("--page", default=None, help="the results, as a page")
    options.add_argument("--note", default=None, help="a sentence for the page, such as what else the machine does")
    given = options.parse_args()
    msspctl, browser = os.path.abspath(given.msspctl), os.path.abspath(given.browser)
    result = {
        "machine": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "processors": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"),
        "note": given.note,
    }
    for kind in (Exporter, Graph):
        # The addresses of its pages are the Python peer's findings.
        if kind is Graph and not given.python:
            continue
        if kind.source in given.sources:
            result[kind.source] = measure(kind, given, msspctl, browser)
    result["memory"] = {str(alerts): memory(alerts, given, msspctl, browser) for alerts in given.memory}
    result["version"] = starts(msspctl, 60)
    result["sizes"] = sizes([msspctl, os.path.join(os.path.dirname(msspctl), "mssp-onboard")])
    text = json.dumps(result, indent=2)
    print(text)
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    if given.page:
        with open(given.page, "w", encoding="utf-8") as file:
            file.write(page(result))


if __name__ == "__main__":
    main()
