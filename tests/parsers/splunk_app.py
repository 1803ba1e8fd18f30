"""Packages exported .conf files as a private Splunk app and has splunk-appinspect look at it.

Prints its summary as JSON. Exit status 1 when it finds a failure or an error; 2 for wrong usage.

    pip install splunk-appinspect
    python splunk_app.py FOLDER FILE.conf...
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tarfile

NAME = "defender_inputs"

APP_CONF = f"""[install]
is_configured = 0

[ui]
is_visible = 0
label = Defender inputs

[launcher]
author = Contoso
description = Inputs for Microsoft Defender alerts
version = 1.0.0

[id]
name = {NAME}
version = 1.0.0

[package]
id = {NAME}
check_for_updates = 0
"""

META = """[]
access = read : [ * ], write : [ admin, sc_admin ]
export = none
"""


def main(arguments):
    if len(arguments) < 2:
        print("usage: splunk_app.py FOLDER FILE.conf...", file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0])
    app = folder / NAME
    (app / "default").mkdir(parents=True)
    (app / "metadata").mkdir()
    # In `default`: the inspection refuses a `local` folder in a package.
    confs = [pathlib.Path(conf) for conf in arguments[1:]]
    # Splunk reloads its own files by itself, an add-on's only when told to.
    triggers = [f"reload.{conf.stem} = simple\n" for conf in confs if conf.stem != "inputs"]
    app_conf = APP_CONF + ("\n[triggers]\n" + "".join(triggers) if triggers else "")
    (app / "default/app.conf").write_text(app_conf, encoding="utf-8")
    (app / "metadata/default.meta").write_text(META, encoding="utf-8")
    for conf in confs:
        shutil.copyfile(conf, app / "default" / conf.name)
    for entry in [app, *app.rglob("*")]:
        entry.chmod(0o755 if entry.is_dir() else 0o644)
    package = folder / f"{NAME}.tar.gz"
    with tarfile.open(package, "w:gz") as archive:
        archive.add(app, NAME)
    report = folder / "report.json"
    inspect = [str(pathlib.Path(sys.executable).parent / "splunk-appinspect"), "inspect", str(package)]
    inspect += ["--mode", "precert", "--data-format", "json", "--output-file", str(report)]
    run = subprocess.run(inspect, cwd=folder, capture_output=True, text=True, check=False)
    if not report.exists():
        print(run.stdout[-2000:], run.stderr[-2000:], sep="\n", file=sys.stderr)
        return 1
    found = json.loads(report.read_text(encoding="utf-8"))
    print(json.dumps(found["summary"]))
    bad = [
        check
        for group in found["reports"][0]["groups"]
        for check in group["checks"]
        if check["result"] in ("failure", "error")
    ]
    for check in bad:
        print(check["name"], [message["message"] for message in check["messages"]], file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
