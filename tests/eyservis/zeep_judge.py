"""zeep as a judge of the wire: the gateway's requests against the schema of the WSDL, and the test service read by a client that is not ours.

zeep_judge.py WSDL REQUESTS.json CA URL
"""
import hashlib
import json
import sys

import requests
from lxml import etree
from zeep import Client
from zeep.transports import Transport

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def schema_valid(client, wanted):
    """Whether a request is what the WSDL says of its operation: zeep parses it and must find nothing left over."""
    operation = client.service._binding._operations[wanted["operation"]]
    if wanted["action"] != '"%s"' % operation.soapaction:
        return "SOAPAction " + wanted["action"]
    body = etree.fromstring(wanted["xml"].encode()).find(SOAP + "Body")
    element = body[0]
    kind = client.wsdl.types.get_element(element.tag)
    value = kind.parse(element, client.wsdl.types)
    # Written again by zeep, the two must be the same document.
    again = etree.Element("x")
    kind.render(again, value)
    # zeep writes no empty strings; the service's other clients do, for eGuvenlikId.
    flat = lambda node: [(n.tag, (n.text or "").strip()) for n in node.iter() if len(n) or n.text]
    mine, theirs = flat(element), flat(again[0])
    return None if mine == theirs else "%s != %s" % ([tag for tag, _ in mine], [tag for tag, _ in theirs])


def main(wsdl, seen, ca, url):
    session = requests.Session()
    session.verify = ca
    session.trust_env = False
    client = Client(wsdl, transport=Transport(session=session))
    valid, problems = 0, []
    for wanted in json.load(open(seen)):
        problem = schema_valid(client, wanted)
        valid += problem is None
        if problem:
            problems.append(wanted["operation"] + ": " + problem)
    service = client.create_service("{http://ws.apache.org/axis2}eyServisSOAPBinding", url)
    account = {"kepHesap": "kurum@hs01.kep.tr", "tcno": "11111111110", "parola": "p<ar>ola&1", "sifre": "Şifre\"2'"}
    days = {"kepHesap": account, "ilktarih": "2026-01-01T00:00:00", "sontarih": "2026-01-28T00:00:00", "dizin": "INBOX"}
    listed = service.PaketSorgula2(param0=days)
    ids = [row.kepId[0] for row in listed.iletiler]
    downloaded = []
    for kep_id in ids:
        got = service.Indir(param0={"kepHesap": account, "kepId": kep_id, "ePart": "ALL", "eGuvenlikId": "", "dizin": "INBOX"})
        downloaded.append(hashlib.sha256(got.ePaket[0]._value_1).hexdigest())
    print(json.dumps({"valid_requests": valid, "problems": problems, "listed": len(ids), "downloaded": downloaded}))


main(*sys.argv[1:])
