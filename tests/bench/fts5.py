#!/usr/bin/env python3
"""SQLite FTS5 on the rows of benches/search.rs: argument 1 is the folder with rows.tsv and questions.tsv. Prints `kind p50 p99` in ms."""

import os
import sqlite3
import sys
import time

folder = sys.argv[1]
path = os.path.join(folder, "fts5.db")
db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode = OFF")
db.execute("PRAGMA synchronous = OFF")
db.execute("PRAGMA cache_size = -65536")
db.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, mailbox TEXT, unit TEXT, verdict TEXT, access INTEGER, unopened INTEGER, line TEXT)")
db.execute("CREATE TABLE hashes (sha256 TEXT, number INTEGER)")
db.execute("CREATE VIRTUAL TABLE words USING fts5(text, content='', prefix='2 3 4', tokenize='unicode61')")
begin = time.monotonic()
with open(os.path.join(folder, "rows.tsv"), encoding="utf-8") as rows:
    for row in rows:
        number, mailbox, unit, verdict, access, unopened, sha256, line, text = row.rstrip("\n").split("\t")
        db.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", (int(number), mailbox, unit, verdict, int(access), int(unopened), line))
        db.execute("INSERT INTO hashes VALUES (?, ?)", (sha256, int(number)))
        db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (int(number), text))
db.execute("CREATE INDEX by_hash ON hashes (sha256)")
db.execute("CREATE INDEX by_mailbox ON rows (mailbox, number)")
db.execute("CREATE INDEX by_verdict ON rows (verdict, number)")
db.commit()
print("build", time.monotonic() - begin, os.path.getsize(path))

SEEN = "rows.access <= 3 AND rows.mailbox IN ('evrak', 'hukuk')"
END = "ORDER BY rows.number DESC LIMIT 51"
MATCH = f"SELECT line FROM words JOIN rows ON rows.number = words.rowid WHERE words MATCH ? AND {SEEN} ORDER BY words.rowid DESC LIMIT 51"
STATEMENTS = {
    "first": f"SELECT line FROM rows WHERE {SEEN} {END}",
    "filtered": f"SELECT line FROM rows WHERE {SEEN} AND verdict = 'failed' AND unit = ? {END}",
    "deep": f"SELECT line FROM rows WHERE {SEEN} AND rows.number < ? {END}",
    "sha256": f"SELECT line FROM hashes JOIN rows USING (number) WHERE sha256 = ? AND {SEEN} {END}",
    "word": MATCH,
    "prefix": MATCH,
    "phrase": MATCH,
    "rare": MATCH,
    "two": MATCH,
}
times = {}
with open(os.path.join(folder, "questions.tsv"), encoding="utf-8") as questions:
    for question in questions:
        kind, asked = question.rstrip("\n").split("\t")
        asked = {"word": f'"{asked}"', "rare": f'"{asked}"', "phrase": f'"{asked}"', "prefix": f'"{asked}"*'}.get(kind, asked)
        if kind == "two":
            asked = " ".join(f'"{word}"' for word in asked.split(" "))
        statement = STATEMENTS.get(kind)
        if statement is None:
            continue
        begin = time.perf_counter()
        db.execute(statement, (asked,) if "?" in statement else ()).fetchall()
        times.setdefault(kind, []).append((time.perf_counter() - begin) * 1000)
for kind, taken in times.items():
    taken.sort()
    print(kind, taken[len(taken) // 2], taken[min(len(taken) - 1, len(taken) * 99 // 100)])
