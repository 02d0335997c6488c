# json, sqlite3 and hashlib, whose work is in C libraries.
import hashlib
import json
import sqlite3
import zlib

data = {"text": "ünïcode \u2603", "numbers": [n / 7 for n in range(200)], "nested": {"a": [None, True, 1 << 70]}}
text = json.dumps(data, sort_keys=True, indent=1)
print(len(text), json.loads(text) == data, zlib.crc32(text.encode()))
for name in sorted(hashlib.algorithms_guaranteed):
    made = hashlib.new(name, text.encode())
    print(name, made.hexdigest(16) if "shake" in name else made.hexdigest()[:32])
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 2000).hex())
base = sqlite3.connect("base.db")
base.execute("create table t (id integer primary key, name text, value real)")
with base:
    base.executemany("insert into t values (?, ?, ?)", ((n, f"name {n % 97}", n * 0.5) for n in range(5000)))
print(base.execute("select name, count(*), sum(value) from t group by name order by 3 desc limit 3").fetchall())
print(base.execute("pragma integrity_check").fetchone(), base.total_changes)
squeezed = zlib.compress(text.encode() * 20, 9)
print(len(zlib.decompress(squeezed)), hashlib.sha1(squeezed).hexdigest())
