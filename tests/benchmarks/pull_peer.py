"""The Python peer: the same pull as a careful script would do it, with msal, requests, json and csv.

Signs in as the app (client credentials), reads all alerts, and writes them as NDJSON, or as CSV where the output's name
ends so. Prints one JSON line.

    pull_peer.py ANNOUNCEMENT ADDRESS OUTPUT [URLS]

Without URLS the address gives everything in one answer, as the legacy exporter does. With it, the address is a list of
Microsoft Graph that gives no link to the next page: it is walked along the time of last change, and the addresses that
were asked are written to URLS as a configuration of curl (`--config`).
"""

import csv
import json
import sys
import time
import urllib.parse

import msal
import requests

GRAPH = "https://graph.microsoft.com/.default"
EXPORTER = "https://graph.windows.net/.default"
PAGE = 1000


def sign_in(told: dict, http: requests.Session, graph: bool) -> str:
    with open(told["client_secret_file"], encoding="utf-8") as file:
        secret = file.read().strip()
    app = msal.ConfidentialClientApplication(
        told["client_id"],
        client_credential=secret,
        authority=f"{told['login']}/{told['customer_tenant']}",
        instance_discovery=False,
        http_client=http,
    )
    token = app.acquire_token_for_client(scopes=[GRAPH if graph else EXPORTER])
    if "access_token" not in token:
        sys.exit(json.dumps(token))
    return token["access_token"]


def read(http: requests.Session, address: str, token: str):
    answer = http.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=600)
    answer.raise_for_status()
    return answer.json()


def pages(http: requests.Session, address: str, token: str, asked: list):
    """Each page of a list without links; what an instant at a page's edge repeats is left out."""
    since, seen = None, set()
    while True:
        query = {"$orderby": "lastUpdateDateTime asc", "$top": str(PAGE)}
        if since:
            query["$filter"] = f"lastUpdateDateTime ge {since}"
        asked.append(address + "?" + urllib.parse.urlencode(query, safe="$:,", quote_via=urllib.parse.quote))
        page = read(http, asked[-1], token)["value"]
        fresh = [alert for alert in page if alert["id"] not in seen]
        yield fresh
        if len(page) < PAGE or not fresh:
            return
        since = page[-1]["lastUpdateDateTime"]
        seen = {alert["id"] for alert in page}


def main() -> None:
    told = json.loads(sys.argv[1])
    address, output = sys.argv[2], sys.argv[3]
    urls = sys.argv[4] if len(sys.argv) > 4 else None
    http = requests.Session()
    # A bundle named by the environment would win over the one that is named here.
    http.trust_env = False
    if told["ca_file"]:
        http.verify = told["ca_file"]
    token = sign_in(told, http, bool(urls))
    started = time.monotonic()
    asked: list = []
    lists = pages(http, address, token, asked) if urls else [read(http, address, token)]
    count = 0
    with open(output, "w", newline="", encoding="utf-8") as file:
        writer = None
        for alerts in lists:
            count += len(alerts)
            if not output.endswith(".csv"):
                for alert in alerts:
                    file.write(json.dumps(alert, ensure_ascii=False) + "\n")
                continue
            if writer is None:
                writer = csv.DictWriter(file, fieldnames=list(alerts[0]) if alerts else [])
                writer.writeheader()
            writer.writerows(alerts)
    seconds = round(time.monotonic() - started, 3)
    if urls:
        with open(urls, "w", encoding="utf-8") as file:
            for number, url in enumerate(asked):
                file.write(f'url = "{url}"\noutput = "{output}.{number}.json"\n')
    print(json.dumps({"alerts": count, "seconds": seconds}))


if __name__ == "__main__":
    main()
