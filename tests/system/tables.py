# Writes files which replace xenstore and grant tables, as seen by domain 0.
# usage: tables.py DIR DOMID:NAME:GRANTED[:MAPPED]...   DIR/store is for GRANTWATCH_XENSTORE, DIR/tables for GRANTWATCH_TABLES
import os
import struct
import sys

PERMIT, READING, WRITING, ENTRIES = 1, 1 << 3, 1 << 4, 512


def value(path, text):
    os.makedirs(path, exist_ok=True)
    open(path + "/value", "w").write(text)


root, *domains = sys.argv[1:]
os.makedirs(root + "/tables", exist_ok=True)
value(root + "/store/domid", "0")
for domain in domains:
    domid, name, granted, mapped = (domain.split(":") + ["0"])[:4]
    entries = [(PERMIT | (READING | WRITING if i < int(mapped) else 0), 0, 0x1000 + i) if i < int(granted) else (0, 0, 0)
               for i in range(ENTRIES)]
    value(f"{root}/store/local/domain/{domid}/name", name)
    new = f"{root}/tables/new"
    open(new, "wb").write(b"".join(struct.pack("<HHI", *entry) for entry in entries))
    os.rename(new, f"{root}/tables/{domid}")
