#!/usr/bin/env python3
"""Judges the practice tenant with Microsoft's own library: MSAL for Python.

Argument: the path of a JSON file with the announcement (the first line of `practice start --tls`).
Needs `pip install msal requests`. Prints each step; exits with 0 if all went well, with 1 at the first that did not.

What it is not: a test of the product. Nothing here but MSAL, requests and the pages of the practice tenant.
"""

import json
import pathlib
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import msal
import requests


class Forms(HTMLParser):
    """The forms of a page: action, fields, buttons by id."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attributes.get("action", ""), "fields": {}, "buttons": {}})
        elif tag == "input" and self.forms and attributes.get("type") != "checkbox":
            self.forms[-1]["fields"][attributes.get("name")] = attributes.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1]["buttons"][attributes.get("id")] = (attributes.get("name"), attributes.get("value", ""))


def step(text):
    print(f"ok   {text}")


def expect(condition, text, found=None):
    if not condition:
        print(f"FAIL {text}" + (f": {found}" if found is not None else ""))
        sys.exit(1)
    step(text)


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def person_signs_in(browser, address, user):
    """Goes through the pages by their forms; returns the redirect address without opening it."""
    origin = urlsplit(address)[:2]
    answer = browser.get(address, allow_redirects=False)
    for _ in range(10):
        location = answer.headers.get("Location")
        if location:
            location = urljoin(answer.url, location)
            if urlsplit(location)[:2] != origin:
                return location
            answer = browser.get(location, allow_redirects=False)
            continue
        page = Forms()
        page.feed(answer.text)
        expect(page.forms, f"a page with a form ({answer.status_code})", answer.text[:800])
        form = page.forms[0]
        fields = dict(form["fields"])
        if "loginfmt" in fields:
            fields.update(loginfmt=user["name"], passwd=read(user["password_file"]))
        elif "idBtn_Accept" in form["buttons"]:
            name, value = form["buttons"]["idBtn_Accept"]
            fields[name] = value
        answer = browser.post(urljoin(answer.url, form["action"]), data=fields, allow_redirects=False)
    expect(False, "the pages lead back to the app")


def main():
    announcement = json.loads(read(sys.argv[1]))
    verify = announcement["ca_file"] or True
    # An explicit file, and no variables of the machine: they would replace it.
    browser = requests.Session()
    browser.trust_env = False
    browser.verify = verify
    admin = next(user for user in announcement["users"] if user["role"] == "admin")
    scope = announcement["graph"] + "/SecurityAlert.Read.All"

    app = msal.ConfidentialClientApplication(
        announcement["client_id"],
        client_credential=read(announcement["client_secret_file"]),
        authority=f"{announcement['login']}/{announcement['customer_tenant']}",
        instance_discovery=False,
        http_client=browser,
    )
    step(f"discovery by MSAL {msal.__version__}")

    flow = app.initiate_auth_code_flow([scope], redirect_uri="http://localhost:53682/SiemMsspConnector")
    expect("code_challenge=" in flow["auth_uri"], "an authorize address with PKCE")
    redirect = person_signs_in(browser, flow["auth_uri"], admin)
    reply = {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}
    expect("code" in reply, "a redirect with a code", sorted(reply))
    tokens = app.acquire_token_by_auth_code_flow(flow, reply)
    expect("access_token" in tokens, "the code redeemed with its verifier", tokens.get("error_description"))
    claims = tokens["id_token_claims"]
    expect(claims["tid"] == announcement["customer_tenant"], "an id token of the customer's tenant", claims.get("tid"))
    expect(scope in tokens["scope"].split(), "the scope as it was asked", tokens["scope"])

    again = app.acquire_token_by_auth_code_flow(flow, reply)
    expect("AADSTS54005" in again.get("error_description", ""), "a code that works once", again)

    # The second try ended what the first one yielded, so a person signs in anew.
    flow = app.initiate_auth_code_flow([scope], redirect_uri="http://localhost:53682/SiemMsspConnector")
    redirect = person_signs_in(browser, flow["auth_uri"], admin)
    reply = {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}
    tokens = app.acquire_token_by_auth_code_flow(flow, reply)
    expect("refresh_token" in tokens, "a second sign-in without questions", tokens.get("error_description"))
    accounts = app.get_accounts()
    expect(len(accounts) == 1 and accounts[0]["username"] == admin["name"], "one account in the cache", accounts)
    cached = app.acquire_token_silent([scope], account=accounts[0])
    expect(cached and cached["token_source"] == "cache", "a token from the cache", cached)
    fresh = app.acquire_token_silent([scope], account=accounts[0], force_refresh=True)
    expect(fresh and fresh["token_source"] == "identity_provider", "a token by refresh", fresh)
    expect(fresh["access_token"] != tokens["access_token"], "a new access token")

    own = app.acquire_token_for_client([announcement["graph"] + "/.default"])
    expect("access_token" in own, "client credentials", own.get("error_description"))

    listed = browser.get(
        announcement["graph"] + "/v1.0/security/alerts_v2",
        params={"$top": 5, "$orderby": "lastUpdateDateTime asc"},
        headers={"Authorization": f"Bearer {fresh['access_token']}"},
    )
    expect(listed.status_code == 200, "alerts from Graph", listed.text[:400])
    alerts = listed.json()["value"]
    expect(len(alerts) == 5, "five of them", len(alerts))
    times = [alert["lastUpdateDateTime"] for alert in alerts]
    expect(times == sorted(times), "oldest first", times)
    expect(all(alert["tenantId"] == announcement["customer_tenant"] for alert in alerts), "of the customer")

    refused = msal.ConfidentialClientApplication(
        announcement["client_id"],
        client_credential="00000000-0000-4000-8000-000000000000",
        authority=f"{announcement['login']}/{announcement['customer_tenant']}",
        instance_discovery=False,
        http_client=browser,
    ).acquire_token_for_client([announcement["graph"] + "/.default"])
    expect(refused.get("error_codes") == [7000215], "a wrong secret refused by its code", refused)
    print("all well")


if __name__ == "__main__":
    main()
