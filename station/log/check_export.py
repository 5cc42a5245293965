"""Checks a span of a station's log with Python alone: `check.py FOLDER`. Compare who signed with `station log key`."""

import hashlib
import json
import sqlite3
import sys
from pathlib import Path

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1
D = -121665 * pow(121666, -1, P)
TABLES, text = ("inspections", "events", "heads"), json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
REALS, LATER = ("score", "distance", "decision_ms"), ("prev_hash", "record_hash", "head_hash")


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    half = times(number >> 1, add(point, point)) if number else (0, 1, 1, 0)
    return add(half, point) if number & 1 else half


def unpacked(packed):
    whole = int.from_bytes(packed, "little")
    y, sign = whole % 2**255, whole >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - square) % P else x
    if (x * x - square) % P or y >= P:
        raise ValueError("no point")
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


BASE = unpacked((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    try:
        key, signature = bytes.fromhex(key), bytes.fromhex(signature)
        s = int.from_bytes(signature[32:], "little")
        h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
        a, b = times(s, BASE), add(unpacked(signature[:32]), times(h, unpacked(key)))
    except ValueError:  # not even a point of the curve
        return False
    return s < L and all((a[i] * b[2] - b[i] * a[2]) % P == 0 for i in (0, 1))


def content(table, row):
    reals = [row[name] for name in REALS if name in row]
    told = text([table, *(row[name] for name in row if name not in REALS + LATER[2 * (table == "heads") :])])
    return told + (f"[{','.join('null' if each is None else repr(each) for each in reals)}]" if reals else "")


def main(folder):
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    signature, key = manifest.pop("signature"), manifest["public_key"]
    told = json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    wrong = [] if is_signed(key, told, signature) else ["manifest.json was changed after it was signed"]
    purged = set((listed := (folder / "purged.txt").read_bytes()).decode().split())
    wrong += ["purged.txt was changed"] * (hashlib.sha256(listed).hexdigest() != manifest["purged_sha256"])
    rows = sqlite3.connect((folder / "station.db").resolve().as_uri() + "?mode=ro", uri=True)
    rows.row_factory = sqlite3.Row
    end, last, pictures = manifest["prev_hash"], manifest["first"] - 1, 0
    order = [f"SELECT sequence, {int(each == 'heads')}, '{each}' FROM {each}" for each in TABLES]
    for sequence, _, table in rows.execute(" UNION ALL ".join(order) + " ORDER BY 1, 2"):
        row = dict(rows.execute(f"SELECT * FROM {table} WHERE sequence = ?", [sequence]).fetchone())
        wrong += [f"the columns of {table} were renamed"] * (list(row) != manifest["columns"][table])
        own = hashlib.sha256((end + "\n" + content(table, row)).encode()).hexdigest()
        if table == "heads":
            head = text(["heads", *(row[name] for name in row if name not in ("signature", "head_hash"))]).encode()
            if row["record_hash"] != end or not is_signed(row["public_key"], head, row["signature"]):
                wrong.append(f"the signed head behind record {sequence} does not hold")
        elif sequence != last + 1 or row["prev_hash"] != end:
            wrong.append(f"record {sequence} does not follow the one before")
        wrong += [f"record {sequence} is not as it was recorded"] * (own != (end := row[LATER[1 + (table == "heads")]]))
        last, day = sequence, row.get("acquired_at", "")[:10].replace("-", "/")
        for name, kind in (("image_sha256", "png"), ("frame_sha256", "jpg")):
            if (sha256 := row.get(name)) and sha256 not in purged:
                path, pictures = folder / "pictures" / day / f"{sha256}.{kind}", pictures + 1
                if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                    wrong.append(f"the picture {path.name} of record {sequence} is missing or was changed")
    if (last, end) != (manifest["last"], manifest["end"]):
        wrong.append(f"it does not end with record {manifest['last']} as the station signed")
    print(f"records {manifest['first']} to {last}, {pictures} pictures, {len(purged)} purged; signed by", end=" ")
    keys = [bytes.fromhex(each) for (each,) in rows.execute("SELECT public_key FROM heads UNION SELECT ?", [key])]
    print(*(hashlib.sha256(each).hexdigest()[:32] for each in keys), "SIMULATED" * manifest["is_simulated"])
    print("\n".join(wrong[:20]) if wrong else "whole: as the station recorded it")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)))
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as trouble:
        sys.exit(f"this is no whole span of a log: {trouble}")
