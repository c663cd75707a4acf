"""The life of keys and a deletion with two people, told with IBM's client. Prints a line of JSON for each step: what the
client got, or the status and reason code of what it was refused. What is expected stands in test/clients/story.ts."""

import base64
import json
import os
import re

import keyprotect
from keyprotect import bxauth

URL = os.environ["COUNTERSIGN_URL"]
INSTANCE = os.environ["COUNTERSIGN_INSTANCE"]
UNKNOWN = "f0ad6d36-6df5-4b21-a2c5-7c4f6b0a6d01"


def client(api_key, instance=INSTANCE):
    """As in docs/clients.md: two URLs, and nothing else."""
    return keyprotect.Client(
        credentials=bxauth.TokenManager(api_key=api_key, iam_endpoint=URL),
        region="us-south",
        service_instance_id=instance,
        endpoint_url=URL,
    )


mia, max_, will, rita, petra = (
    client(os.environ[f"{name}_API_KEY"]) for name in ("MIA", "MAX", "WILL", "RITA", "PETRA")
)


def step(name, call, got=None):
    """Prints a step. `got` makes of what the call gives what is told of it; without it the call's success is."""
    line = {"step": name}
    try:
        value = call()
        if got is not None:
            line["got"] = got(value)
    except Exception as error:
        line.update(refusal(error))
    print(json.dumps(line), flush=True)


def refusal(error):
    response = getattr(getattr(error, "http_error", None), "response", None)
    if response is None:
        return {"error": repr(error)}
    reasons = response.json()["resources"][0].get("reasons", [])
    code = [reasons[0]["code"]] if reasons else []
    return {"refused": " ".join([str(response.status_code), *code])}


def length_of(encoded):
    return len(base64.b64decode(encoded))


def new_root():
    return will.create_key("Ledger", root=True)["id"]


def keys():
    root = will.create_key("Payroll", root=True, alias_list=["payroll"])
    step("create a root key", lambda: root, lambda key: {name: key[name] for name in ("state", "extractable", "imported")})
    standard = will.create_key("Standard")["id"]
    step(
        "read a standard key",
        lambda: will.get_key(standard),
        lambda key: {"extractable": key["extractable"], "bytes": length_of(key["payload"])},
    )
    step("read it without the role", lambda: rita.get_key(standard))
    payload = os.urandom(32)
    brought = will.create_key("Brought", payload=payload)["id"]
    step(
        "import a standard key",
        lambda: will.get_key(brought),
        lambda key: {"imported": key["imported"], "same": base64.b64decode(key["payload"]) == payload},
    )
    step(
        "import a root key",
        lambda: will.create_key("Brought", payload=payload, root=True),
        lambda key: {"imported": key["imported"]},
    )
    step("list keys", rita.list_keys, lambda found: {"listed": len(found), "payloads": sum("payload" in key for key in found)})


def use():
    key = new_root()
    plaintext = os.urandom(32)
    aad = ["ledger", "2026"]
    ciphertext = rita.wrap(key, plaintext, aad=aad)["ciphertext"]
    step("wrap and unwrap", lambda: rita.unwrap(key, ciphertext, aad=aad), lambda plain: {"same": plain == plaintext})
    step("unwrap without the additional data", lambda: rita.unwrap(key, ciphertext))
    step("make a data key", lambda: rita.wrap(key, None), lambda made: {"bytes": length_of(made["plaintext"])})

    step("rotate", lambda: will.rotate_key(key))
    step("rotate again", lambda: will.rotate_key(key))
    rewrapped = rita.rewrap(key, ciphertext, aad=aad)["ciphertext"]
    step(
        "wrap anew with the newer version",
        lambda: rita.unwrap(key, rewrapped, aad=aad),
        lambda plain: {"same": plain == plaintext, "anew": rewrapped != ciphertext},
    )

    step("disable", lambda: mia.disable_key(key))
    step("wrap with a suspended key", lambda: rita.wrap(key, plaintext))
    step("enable it too early", lambda: mia.enable_key(key))
    other = new_root()
    step("sync", lambda: will.sync_associated_resources(other))
    step("sync again", lambda: will.sync_associated_resources(other))


def order():
    key = new_root()
    step(
        "create an alias",
        lambda: will.create_key_alias(key, "books")["resources"][0],
        lambda made: {"alias": made["alias"], "same": made["keyId"] == key},
    )
    step("create it for another key", lambda: will.create_key_alias(new_root(), "books"))
    step("delete the alias", lambda: will.delete_key_alias(key, "books"))
    step("read a key by an alias that is not there", lambda: will.get_key("books"))

    step("create a key ring", lambda: will.create_key_ring("shelf"))
    step("create it again", lambda: will.create_key_ring("shelf"))
    step("list the key rings", rita.get_key_rings, lambda rings: [ring["id"] for ring in rings["resources"]])
    mia.set_key_ring(key, "default", "shelf")
    step("move a key into it", lambda: will.get_key(key), lambda moved: {"keyRingID": moved["keyRingID"]})
    step("delete a ring with a key in it", lambda: mia.delete_key_ring("shelf"))
    will.create_key_ring("box")
    step("delete an empty ring", lambda: mia.delete_key_ring("box"))


def key_policies():
    key = new_root()
    step(
        "set a key's rotation policy",
        lambda: mia.set_key_rotation_policy(key, 3)["resources"][0]["rotation"],
        lambda rotation: {"interval_month": rotation["interval_month"]},
    )
    step(
        "set a key's dual authorization",
        lambda: mia.set_key_dual_auth_policy(key, True)["resources"][0],
        lambda policy: policy["dualAuthDelete"],
    )
    step("read a key's policies", lambda: mia.get_key_policies(key), lambda found: {"policies": len(found["resources"])})
    step("take a key's dual authorization off", lambda: mia.set_key_dual_auth_policy(key, False))


def instance_policies():
    step("set the instance's dual authorization", lambda: mia.set_instance_dual_auth_policy(True))
    step("set the allowed network", lambda: mia.set_instance_allowed_network_policy(True, "public-and-private"))
    step("allow the private network alone", lambda: mia.set_instance_allowed_network_policy(True, "private-only"))
    step("lock oneself out by address", lambda: mia.set_instance_allowed_ip_policy(True, ["192.0.2.0/24"]))
    step("allow addresses", lambda: mia.set_instance_allowed_ip_policy(True, ["127.0.0.1/32", "192.0.2.0/24"]))
    step("allow every address", lambda: mia.set_instance_allowed_ip_policy(False, []))
    step("switch metrics on", lambda: mia.set_instance_metrics_policy(True))
    step("switch metrics off", lambda: mia.set_instance_metrics_policy(False))
    step(
        "allow no standard keys",
        lambda: mia.set_instance_key_create_import_access_policy(True, True, False, True, True, False),
    )
    step("create one all the same", lambda: will.create_key("Standard"))
    # It sends attributes with a policy that is off too, which Key Protect does not take: so it stays on.
    step("allow keys of every kind", lambda: mia.set_instance_key_create_import_access_policy(True, True, True, True, True, False))
    step(
        "read the instance's policies",
        mia.get_instance_policies,
        lambda found: {policy["policy_type"]: policy["policy_data"]["enabled"] for policy in found["resources"]},
    )


def import_token():
    step("create an import token", lambda: will.create_import_token(300, 1), lambda token: {"left": token["remainingRetrievals"]})
    step("retrieve it", will.get_import_token, lambda token: {"nonce": length_of(token["nonce"])})
    step("retrieve it again", will.get_import_token)


def deletion():
    key = new_root()
    step("delete without an authorization", lambda: mia.delete_key(key))
    step("authorize the deletion", lambda: mia.initiate_dual_auth_delete(key))
    step("delete by the same person", lambda: mia.delete_key(key))
    step("delete by a Writer", lambda: will.delete_key(key))
    step("withdraw", lambda: will.cancel_dual_auth_delete(key))
    step("delete after that", lambda: max_.delete_key(key))
    step("authorize the deletion as a Writer", lambda: will.initiate_dual_auth_delete(key))
    step("delete by another person", lambda: max_.delete_key(key))
    step("delete again", lambda: mia.delete_key(key))
    step("read what is left of it", lambda: will.get_key(key), lambda gone: {name: gone[name] for name in ("state", "deleted")})
    step("wrap with a destroyed key", lambda: rita.wrap(key, b"material"))
    step("restore it too early", lambda: mia.restore_key(key))
    step("purge it too early", lambda: petra.purge_key(key))
    step("purge it without the role", lambda: mia.purge_key(key))


def protected_resources():
    """The key `protected` has a registration of a storage service."""
    crn = os.environ["PROTECTED_CRN"]
    key = will.get_key("protected")["id"]
    step(
        "list the registrations of a key",
        lambda: rita.get_registrations(key)["resources"],
        lambda found: {"listed": len(found), "same": found[0]["resourceCrn"] == crn},
    )
    step(
        "list the registrations of a resource",
        lambda: rita.get_registrations(crn=crn)["resources"],
        lambda found: {"listed": len(found), "same": found[0]["keyId"] == key},
    )
    mia.initiate_dual_auth_delete(key)
    step("delete a key that protects something", lambda: max_.delete_key(key))


def strangers():
    step("read a key that is not there", lambda: will.get_key(UNKNOWN))
    step("call an instance that is not there", lambda: client(os.environ["RITA_API_KEY"], UNKNOWN).list_keys())
    # The client throws no more than IAM's answer as a text.
    try:
        client("cs_unknown").list_keys()
    except Exception as error:
        refused = re.search(r"BXNIM\w+", str(error))
    step("call with an unknown API key", lambda: refused, lambda found: found.group())


for chapter in (
    keys,
    use,
    order,
    key_policies,
    instance_policies,
    import_token,
    deletion,
    protected_resources,
    strangers,
):
    chapter()
