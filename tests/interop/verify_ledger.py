#!/usr/bin/env python3
"""Verifies a Portledger ledger's folder. Written from docs/format.md; needs Python 3.9, `zstd` and `openssl`.

    verify_ledger.py FOLDER [KEY]

Exit code 0: it verifies. 1: it does not; each line says why.
"""
import base64
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

FAULTS = []
SIGNING = set()
TOLD = {}


def fault(text):
    FAULTS.append(text)


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf(data):
    return sha256(b"\x00" + data)


def root_of(hashes):
    """RFC 6962 root, level by level: an odd last one rises as it is."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        pairs = [sha256(b"\x01" + hashes[i] + hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + ([hashes[-1]] if len(hashes) % 2 else [])
    return hashes[0]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def path_of(folder, *names):
    return os.path.join(folder, *names)


def tile_path(level, index, width):
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + [groups[-1]])
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")


def read(folder, name):
    try:
        with open(path_of(folder, name), "rb") as file:
            return file.read()
    except OSError:
        fault(f"{name} is missing")
        return None


def ed25519(key, message, signature):
    der = bytes.fromhex("302a300506032b6570032100") + key
    with tempfile.TemporaryDirectory() as folder:
        names = {"key": der, "message": message, "signature": signature}
        for name, data in names.items():
            with open(path_of(folder, name), "wb") as file:
                file.write(data)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", path_of(folder, "key"), "-rawin",
             "-in", path_of(folder, "message"), "-sigfile", path_of(folder, "signature")],
            capture_output=True, check=False)
        return done.returncode == 0


def open_checkpoint(folder, given_key):
    stored = read(folder, "vkey")
    note = read(folder, "checkpoint")
    if stored is None or note is None:
        return None
    own = stored.decode(errors="replace").rstrip("\n")
    handovers = read_handovers(folder)
    spans = spans_of(handovers)
    if given_key is not None and own != given_key and not {own, given_key} <= set(spans):
        fault("the stored key is not the given one, and no handover leads from one to the other")
    if handovers and (given_key or own) not in spans:
        fault("the handovers are not of the trusted key")
    text_key = own if {own, given_key or own} <= set(spans) else (given_key or own)
    head = open_note(note, text_key)
    if not stored.endswith(b"\n"):
        fault("the key does not end in a newline")
    if head is None:
        return None
    low, high = spans.get(text_key, (0, None))
    if head[0] < low or (high is not None and head[0] > high):
        fault("the checkpoint is by a key that was not the log's at that size")
    return head + (handovers, spans)


def read_handovers(folder):
    """Handovers of the key, each opened with both keys that it names: [(size, root, old key, new key)]."""
    found = []
    while os.path.exists(path_of(folder, "keys", f"{len(found) + 1:06d}.note")):
        note = read(folder, f"keys/{len(found) + 1:06d}.note")
        lines = note.decode(errors="replace").partition("\n\n")[0].split("\n")
        names = ("portledger/predecessor ", "portledger/successor ")
        if len(lines) != 5 or not all(line.startswith(name) for line, name in zip(lines[3:], names)):
            fault("a handover can't be read")
            break
        old, new = (line[len(name):] for line, name in zip(lines[3:], names))
        heads = [open_note(note, key) for key in (old, new)]
        if None in heads or (found and (found[-1][3] != old or found[-1][0] > heads[0][0])):
            fault("a handover does not follow from the one before")
            break
        found.append(heads[0] + (old, new))
    names = os.listdir(path_of(folder, "keys")) if os.path.isdir(path_of(folder, "keys")) else []
    if len(names) != len(found):
        fault("a handover is missing")
    return found


def spans_of(handovers):
    """For each key the least and the greatest size of the trees that it signs for."""
    spans = {}
    for at, (size, _, old, new) in enumerate(handovers):
        spans[old] = (handovers[at - 1][0] if at > 0 else 0, size)
        spans[new] = (size, None)
    return spans


def open_note(note, text_key):
    parts = re.fullmatch(r"([^+]+)\+([0-9a-f]{8})\+(.+)", text_key)
    if parts is None:
        fault("the key can't be read")
        return None
    name, key_id, material = parts.groups()
    key = base64.b64decode(material)
    if sha256(name.encode() + b"\n" + key)[:4].hex() != key_id or key[0] != 1:
        fault("the key's id is wrong")
    text, _, signatures = note.decode(errors="replace").partition("\n\n")
    text += "\n"
    if not note.endswith(b"\n"):
        fault("a note does not end in a newline")
    signed = False
    for line in signatures.split("\n"):
        match = re.fullmatch(r"— (\S+) (\S+)", line)
        if match and match[1] == name:
            data = base64.b64decode(match[2])
            if base64.b64encode(data).decode() == match[2] and data[:4].hex() == key_id:
                signed = ed25519(key[1:], text.encode(), data[4:])
        elif line != "" and match is None:
            fault("a signature line can't be read")
    if not signed:
        fault("the checkpoint is not signed by the log's key")
    origin, size, root = text.rstrip("\n").split("\n")[:3]
    if origin != name:
        fault("the checkpoint is of another log")
    return (int(size), base64.b64decode(root)) if signed else None


def read_bundle(folder, index, width):
    data = read(folder, tile_path("entries", index, width))
    entries, at = [], 0
    while data is not None and at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if data is not None and (at != len(data) or len(entries) != width):
        fault(f"bundle {index} does not hold {width} whole entries")
    return entries


def check_tiles(folder, hashes):
    level, expected = 0, set()
    while hashes:
        for start in range(0, len(hashes), 256):
            part = hashes[start : start + 256]
            name = tile_path(level, start // 256, len(part))
            expected.add(name)
            if level == 0:
                expected.add(tile_path("entries", start // 256, len(part)))
            if read(folder, name) != b"".join(part):
                fault(f"{name} is not what the manifests hash to")
        hashes = [root_of(hashes[i : i + 256]) for i in range(0, len(hashes) - 255, 256)]
        level += 1
    return expected


def check_lines(manifest, lines, streams, pruned):
    where = f"block {manifest['block']}"
    rows = lines.split(b"\n")
    if rows.pop() != b"" or len(rows) != manifest["count"] or len(lines) != manifest["payload_bytes"]:
        fault(f"{where}: not the lines that the manifest tells")
        return
    if base64.b64encode(root_of([leaf(row) for row in rows])).decode() != manifest["root"]:
        fault(f"{where}: the root over the lines differs")
    places = [(batch, place) for batch in manifest["batches"] for place in range(batch["count"])]
    times = []
    for row, (batch, place) in zip(rows, places):
        record = json.loads(row)
        if canonical(record).encode() != row or record["v"] != 1:
            fault(f"{where}: a line is not canonical")
        told = (record["observer"], record["session"], record["seq"])
        if told != (batch["observer"], batch["session"], batch["first_seq"] + place):
            fault(f"{where}: a line is not of the stream that the manifest tells")
        times.append(record["timestamp"])
        labels = record.get("labels", {})
        if record["action"] == "records-lost" and {"session", "from", "to"} <= set(labels):
            observer = labels.get("observer", record["observer"])
            if record["observer_kind"] == "system" or record["observer"] == observer:
                TOLD.setdefault((observer, labels["session"]), []).append((int(labels["from"]), int(labels["to"])))
        if record["action"] == "pruned" and manifest["class"] == "system":
            labels = record.get("labels", {})
            pruned.setdefault((labels.get("class"), labels.get("segment")), (manifest, record))
    if (min(times), max(times)) != (manifest["first_timestamp"], manifest["last_timestamp"]):
        fault(f"{where}: the times differ from the manifest's")


def take_streams(manifest, streams):
    for batch in manifest["batches"]:
        if "signed" in batch:
            SIGNING.add(batch["observer"])
        held = streams.setdefault((batch["observer"], batch["session"]), [])
        held.append((batch["first_seq"], batch["first_seq"] + batch["count"]))


def check_streams(streams):
    for name, ranges in streams.items():
        at = 0
        for first, end in sorted(ranges):
            if first > at and name[0] in SIGNING and not is_told(at, first, TOLD.get(name, [])):
                fault(f"{name}: numbers {at} to {first - 1} were never received, in part or whole")
            if first < at:
                fault(f"{name}: numbers from {first} on are held twice")
            at = max(at, end)


def is_told(at, end, told):
    """Whether records of loss name all numbers from `at` to before `end`."""
    for begin, stop in sorted(told):
        if begin <= at:
            at = max(at, stop)
    return at >= end


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def check_missing(missing, pruned):
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 365 * 86400}
    for (name, segment), blocks in missing.items():
        told = pruned.get((name, str(segment)))
        where = f"segment {name}/{segment}"
        if told is None:
            fault(f"{where} is missing without authority")
            continue
        manifest, record = told
        labels = record["labels"]
        age = re.fullmatch(r"(\d{1,9})([smhdwy])", labels.get("policy", ""))
        made = min(moment(record["timestamp"]), moment(manifest["sealed"]))
        newest = moment(max(block["last_timestamp"] for block in blocks))
        last = blocks[-1]["block"]
        if manifest["block"] <= last or labels.get("blocks") != f"{segment}-{last}" or age is None:
            fault(f"{where}: the record that it was pruned does not name it rightly")
        elif newest + datetime.timedelta(seconds=int(age[1]) * seconds[age[2]]) > made:
            fault(f"{where} was pruned before its age")


def verify(folder, given_key):
    head = open_checkpoint(folder, given_key)
    if head is None:
        return
    size, root, handovers, spans = head
    entries = []
    for index in range(-(-size // 256)):
        entries += read_bundle(folder, index, min(256, size - index * 256))
    hashes = [leaf(entry) for entry in entries]
    if len(hashes) != size or root_of(hashes) != root:
        fault("the root over the manifests is not the signed one")
    for at, handed_root, _, _ in handovers:
        if at > size or root_of(hashes[:at]) != handed_root:
            fault(f"the first {at} manifests are not those that the key was handed over at")
    expected = check_tiles(folder, hashes)
    streams, pruned, missing, ends, sizes = {}, {}, {}, {}, {}
    for number, entry in enumerate(entries):
        try:
            manifest = json.loads(entry)
            check_block(folder, number, entry, manifest, (streams, pruned, missing, ends, sizes))
        except (ValueError, KeyError, TypeError) as error:
            fault(f"block {number}: {error}")
    check_streams(streams)
    check_missing(missing, pruned)
    check_files(folder, expected, sizes)


def check_block(folder, number, entry, manifest, state):
    streams, pruned, missing, ends, sizes = state
    if canonical(manifest).encode() != entry or manifest["block"] != number or manifest["v"] != 1:
        raise ValueError("the manifest is not canonical, or another's")
    name, segment = manifest["class"], manifest["segment"]
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name) is None:
        raise ValueError("no class")
    if ends.get(name, (None, 0)) != (segment, manifest["offset"]) and (segment, manifest["offset"]) != (number, 0):
        fault(f"block {number} does not follow the one before it in its segment")
    ends[name] = (segment, manifest["offset"] + manifest["frame_bytes"])
    take_streams(manifest, streams)
    path = f"segments/{name}/{segment:012d}.ndjson.zst"
    sizes[path] = max(sizes.get(path, 0), manifest["offset"] + manifest["frame_bytes"])
    if not os.path.exists(path_of(folder, path)):
        missing.setdefault((name, segment), []).append(manifest)
        return
    with open(path_of(folder, path), "rb") as file:
        file.seek(manifest["offset"])
        frame = file.read(manifest["frame_bytes"])
    if hashlib.sha256(frame).hexdigest() != manifest["frame_sha256"]:
        fault(f"block {number}: the frame is not the one in the manifest")
        return
    lines = subprocess.run(["zstd", "-dcq"], input=frame, capture_output=True, check=False).stdout
    check_lines(manifest, lines, streams, pruned)


def check_files(folder, expected, sizes):
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(path_of(place, name), folder).replace(os.sep, "/")
            top = path.split("/")[0]
            if top in ("journal", "staging", "witnessed", "timestamps", "keys") or path in ("checkpoint", "vkey"):
                continue
            if top == "segments" and path in sizes:
                if os.path.getsize(path_of(folder, path)) != sizes[path]:
                    fault(f"{path} is longer or shorter than its blocks")
            elif path not in expected:
                fault(f"nothing accounts for {path}")


if __name__ == "__main__":
    verify(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    for text in FAULTS:
        print(text)
    print("it verifies" if not FAULTS else f"{len(FAULTS)} faults")
    sys.exit(1 if FAULTS else 0)
