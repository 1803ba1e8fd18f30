"""The Python peer: the same pull as a careful script would do it, with msal, requests, json and csv.

Signs in as the app (client credentials), reads all detections of one address, and writes them as NDJSON, or as CSV where
the output's name ends so. Prints one JSON line.
"""

import csv
import json
import sys
import time

import msal
import requests


def main() -> None:
    told = json.loads(sys.argv[1])
    address, output = sys.argv[2], sys.argv[3]
    with open(told["client_secret_file"], encoding="utf-8") as file:
        secret = file.read().strip()
    http = requests.Session()
    # A bundle named by the environment would win over the one that is named here.
    http.trust_env = False
    if told["ca_file"]:
        http.verify = told["ca_file"]
    authority = f"{told['login']}/{told['customer_tenant']}"
    app = msal.ConfidentialClientApplication(
        told["client_id"],
        client_credential=secret,
        authority=authority,
        instance_discovery=False,
        http_client=http,
    )
    token = app.acquire_token_for_client(scopes=["https://graph.windows.net/.default"])
    if "access_token" not in token:
        sys.exit(json.dumps(token))
    started = time.monotonic()
    answer = http.get(address, headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=600)
    answer.raise_for_status()
    alerts = answer.json()
    if output.endswith(".csv"):
        with open(output, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(alerts[0]) if alerts else [])
            writer.writeheader()
            writer.writerows(alerts)
    else:
        with open(output, "w", encoding="utf-8") as file:
            for alert in alerts:
                file.write(json.dumps(alert, ensure_ascii=False) + "\n")
    print(json.dumps({"alerts": len(alerts), "seconds": round(time.monotonic() - started, 3)}))


if __name__ == "__main__":
    main()
